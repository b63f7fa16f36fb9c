//! A forgiving look at directory entries that may be broken: where the path, the identifiers and
//! the label lie, for whoever has to point at them.

use std::ops::Range;

use super::super::{Element, Elements, Tag};
use super::{ObjectKind, application};

/// What could be made out of one entry. A missing part is `None`; nothing here is an error.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outline {
    /// The whole entry.
    pub element: Element,
    /// The common attributes, the first SEQUENCE of an object.
    pub common: Option<Element>,
    /// The label's text.
    pub label: Option<Element>,
    /// The identifier of the PIN that protects the object.
    pub auth_id: Option<Element>,
    /// The object's own identifier: `CKA_ID`, or the identifier of a PIN.
    pub id: Option<Element>,
    /// The path's file identifiers.
    pub path: Option<Element>,
    /// The entry holds the object itself, or says where on the net it is: then it needs no path.
    pub lies_elsewhere: bool,
}

/// Looks at each entry of an object directory of this kind, up to the padding.
///
/// The frames must have passed [`verify`](super::super::verify); a misfit just ends the list.
#[must_use]
pub fn objects(data: &[u8], kind: ObjectKind) -> Vec<Outline> {
    Elements::new(data)
        .map_while(Result::ok)
        .map(|element| object(data, element, kind))
        .collect()
}

/// Looks at each entry of EF.ODF.
#[must_use]
pub fn directory(data: &[u8]) -> Vec<(Option<ObjectKind>, Outline)> {
    Elements::new(data)
        .map_while(Result::ok)
        .map(|element| {
            let kind = ObjectKind::from_tag(element.tag);
            let path = child(data, &element, Tag::SEQUENCE).and_then(|it| path_of(data, &it));
            (kind, bare(element, path))
        })
        .collect()
}

fn bare(element: Element, path: Option<Element>) -> Outline {
    Outline {
        element,
        common: None,
        label: None,
        auth_id: None,
        id: None,
        path,
        lies_elsewhere: false,
    }
}

fn object(data: &[u8], element: Element, kind: ObjectKind) -> Outline {
    let parts: Vec<Element> = children(data, &element);
    let common = parts.first().filter(|it| it.tag == Tag::SEQUENCE);
    let class = parts.get(1).filter(|it| it.tag == Tag::SEQUENCE);
    let own = parts
        .iter()
        .find(|it| it.tag == Tag::context_constructed(1))
        .and_then(|it| child(data, it, Tag::SEQUENCE));
    let in_common = |tag| common.and_then(|it| child(data, it, tag));
    Outline {
        label: in_common(Tag::UTF8_STRING),
        auth_id: in_common(Tag::OCTET_STRING),
        id: class.and_then(|it| child(data, it, Tag::OCTET_STRING)),
        path: own.as_ref().and_then(|own| match kind {
            ObjectKind::DataObjects => path_of(data, own),
            _ => child(data, own, Tag::SEQUENCE).and_then(|it| path_of(data, &it)),
        }),
        lies_elsewhere: own.as_ref().is_some_and(|own| lies_elsewhere(data, own))
            || parts
                .iter()
                .any(|it| it.tag == Tag::context_constructed(1) && lies_elsewhere(data, it)),
        common: common.cloned(),
        element,
    }
}

/// Whether the first part of an object's own attributes is a value (`[0]`) or an address on the
/// net (`PrintableString`, `IA5String`, `[3]`) instead of a path.
fn lies_elsewhere(data: &[u8], own: &Element) -> bool {
    const ADDRESSES: [Tag; 2] = [Tag::new(0x13), Tag::new(0x16)];
    let forms = [
        Tag::context(0),
        Tag::context_constructed(0),
        Tag::context(3),
        Tag::context_constructed(3),
    ];
    children(data, own)
        .first()
        .is_some_and(|it| forms.contains(&it.tag) || ADDRESSES.contains(&it.tag))
}

/// The bytes of the file identifiers in a `Path`.
fn path_of(data: &[u8], path: &Element) -> Option<Element> {
    child(data, path, Tag::OCTET_STRING)
}

fn child(data: &[u8], element: &Element, tag: Tag) -> Option<Element> {
    children(data, element).into_iter().find(|it| it.tag == tag)
}

fn children(data: &[u8], element: &Element) -> Vec<Element> {
    element.children(data).map_while(Result::ok).collect()
}

/// What could be made out of one entry of EF.DIR.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApplicationOutline {
    /// The whole entry.
    pub element: Element,
    /// The application identifier.
    pub aid: Option<Element>,
    /// The path.
    pub path: Option<Element>,
}

/// Looks at each application template (tag 61) of EF.DIR.
#[must_use]
pub fn applications(data: &[u8]) -> Vec<ApplicationOutline> {
    Elements::new(data)
        .map_while(Result::ok)
        .filter(|element| element.tag == application::TEMPLATE)
        .map(|element| ApplicationOutline {
            aid: child(data, &element, application::AID),
            path: child(data, &element, application::PATH),
            element,
        })
        .collect()
}

/// What EF.TokenInfo lacks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenInfoOutline {
    /// The tag of what should be the SEQUENCE.
    pub tag: Range<usize>,
    /// Whether it is a SEQUENCE with a version and flags.
    pub complete: bool,
}

/// Looks at EF.TokenInfo; `None` if there is no data object at all.
#[must_use]
pub fn token_info(data: &[u8]) -> Option<TokenInfoOutline> {
    let element = Elements::new(data).next()?.ok()?;
    let has = |tag| child(data, &element, tag).is_some();
    Some(TokenInfoOutline {
        tag: element.start..element.start + element.tag.len(),
        complete: element.tag == Tag::SEQUENCE && has(Tag::INTEGER) && has(Tag::BIT_STRING),
    })
}
