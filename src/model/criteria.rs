//! Values in the form of PKCS#11: the filter of `ObjectCriteria` and the list of
//! `AttributesDataObject`.
//!
//! What is wrong with them is told part by part, with places; what they mean to a token is the
//! work of `lower`.

use crate::source::Span;
use crate::stdlib::Key;

use super::value::{len, list_items};

/// A part of a value that does not fit, and what would.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadPart {
    /// The part; the place behind the value for one that is missing.
    pub span: Span,
    /// What was expected there, in words.
    pub expected: String,
}

/// Whether a part has the form that its place demands.
type Fits = fn(&str) -> bool;

/// The classes of objects that PKCS#11 2.40 knows.
const CLASSES: [&str; 9] = [
    "CKO_DATA",
    "CKO_CERTIFICATE",
    "CKO_PUBLIC_KEY",
    "CKO_PRIVATE_KEY",
    "CKO_SECRET_KEY",
    "CKO_HW_FEATURE",
    "CKO_DOMAIN_PARAMETERS",
    "CKO_MECHANISM",
    "CKO_OTP_KEY",
];

/// What is wrong with a filter `class,attribute,type,"value"` that covers `span` of `text`. The
/// quoted value may hold commas.
#[must_use]
pub fn filter_errors(text: &str, span: Span) -> Vec<BadPart> {
    let mut parts = Vec::with_capacity(4);
    let mut rest = span;
    while parts.len() < 3 {
        let Some(at) = rest.of(text).find(',') else {
            break;
        };
        let comma = rest.start + len(&rest.of(text)[..at]);
        parts.push(trimmed(text, Span::new(rest.start, comma)));
        rest.start = comma + 1;
    }
    parts.push(trimmed(text, rest));
    let bad = |span, expected: &str| BadPart {
        span,
        expected: expected.to_owned(),
    };
    let missing = |expected| bad(Span::empty(span.end), expected);
    let mut errors = Vec::new();
    let tests: [(Fits, &str); 4] = [
        (
            |part| CLASSES.contains(&part),
            "a PKCS#11 object class such as `CKO_PUBLIC_KEY`",
        ),
        (is_attribute, "an attribute such as `CKA_LABEL`"),
        (is_word, "a type such as `string`"),
        (is_quoted, "a value in double quotes"),
    ];
    for (index, (fits, expected)) in tests.into_iter().enumerate() {
        match parts.get(index) {
            None => {
                errors.push(missing(expected));
                break;
            }
            Some(part) if part.is_empty() => errors.push(missing(expected)),
            Some(part) if !fits(part.of(text)) => errors.push(bad(*part, expected)),
            Some(_) => {}
        }
    }
    errors
}

/// What is wrong with a list `CKA_X=TRUE,CKA_Y="text",CKA_Z=1.2.3` that covers `span` of `text`.
/// The forms are those of the examples that stdlib has for the key.
#[must_use]
pub fn attribute_errors(text: &str, span: Span, key: Key) -> Vec<BadPart> {
    let known = key.keyword().values;
    list_items_outside_quotes(text, span)
        .filter_map(|item| {
            let (name, value) = item.of(text).split_once('=').unwrap_or((item.of(text), ""));
            let example = known.iter().find_map(|example| {
                let (known, example) = example.split_once('=')?;
                (known == name.trim()).then_some(example)
            });
            let Some(example) = example else {
                let names: Vec<_> = known
                    .iter()
                    .filter_map(|one| one.split('=').next())
                    .collect();
                return Some(BadPart {
                    span: item,
                    expected: format!("one of `{}`", names.join("`, `")),
                });
            };
            let form = Form::of(example);
            let value = value.trim();
            (!form.fits(value)).then(|| BadPart {
                span: item,
                expected: format!("{} behind `{}=`", form.words(), name.trim()),
            })
        })
        .collect()
}

/// The form of an attribute's value.
#[derive(Clone, Copy)]
enum Form {
    Boolean,
    Text,
    Oid,
}

impl Form {
    fn of(example: &str) -> Self {
        match example.as_bytes() {
            b"TRUE" | b"FALSE" => Self::Boolean,
            [b'"', ..] => Self::Text,
            _ => Self::Oid,
        }
    }

    fn fits(self, value: &str) -> bool {
        match self {
            Self::Boolean => matches!(value, "TRUE" | "FALSE"),
            Self::Text => is_quoted(value),
            Self::Oid => {
                let arcs = || value.split('.');
                arcs().count() > 1
                    && arcs().all(|arc| !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit()))
            }
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Boolean => "`TRUE` or `FALSE`",
            Self::Text => "a text in double quotes",
            Self::Oid => "an object identifier such as `1.2.3`",
        }
    }
}

fn is_attribute(text: &str) -> bool {
    text.strip_prefix("CKA_").is_some_and(|rest| {
        !rest.is_empty()
            && rest
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    })
}

fn is_word(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_quoted(text: &str) -> bool {
    text.len() >= 2
        && text
            .strip_prefix('"')
            .is_some_and(|rest| rest.find('"') == Some(rest.len() - 1))
}

/// The items of a comma list in which quoted parts may hold commas.
fn list_items_outside_quotes(text: &str, span: Span) -> impl Iterator<Item = Span> {
    let mut open: Option<Span> = None;
    let mut items: Vec<Span> = Vec::new();
    for piece in list_items(text, span) {
        let joined = open.map_or(piece.span, |open| open.cover(piece.span));
        let quotes = joined.of(text).matches('"').count();
        // An item with many pieces is counted again for each: quoted texts are short, and one that
        // is never closed is cut off here.
        if quotes == 1 && joined.len() < 1024 {
            open = Some(joined);
        } else {
            items.push(joined);
            open = None;
        }
    }
    items.extend(open);
    items.into_iter()
}

fn trimmed(text: &str, span: Span) -> Span {
    let part = span.of(text);
    let start = span.start + len(part) - len(part.trim_start());
    Span::new(start, start + len(part.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(value: &str) -> Vec<String> {
        filter_errors(value, Span::new(0, len(value)))
            .into_iter()
            .map(|bad| bad.span.of(value).to_owned())
            .collect()
    }

    #[test]
    fn each_bad_part_of_a_filter_is_told() {
        let ok = "CKO_PUBLIC_KEY,CKA_LABEL, string, \"Login, new\"";
        assert!(parts(ok).is_empty());
        assert_eq!(parts("CKO_KEY,LABEL,string,\"x\""), ["CKO_KEY", "LABEL"]);
        assert_eq!(parts("CKO_DATA,CKA_LABEL"), [""]);
        assert_eq!(parts("CKO_DATA,CKA_LABEL,string,x"), ["x"]);
        assert_eq!(parts("CKO_DATA,CKA_LABEL,string,\"x\",y"), ["\"x\",y"]);
    }

    #[test]
    fn attributes_have_the_form_of_their_examples() {
        let bad = |value: &str| -> Vec<String> {
            attribute_errors(value, Span::new(0, len(value)), Key::AttributesDataObject)
                .into_iter()
                .map(|bad| bad.span.of(value).to_owned())
                .collect()
        };
        assert!(bad("CKA_PRIVATE=TRUE,CKA_APPLICATION=\"a,b\", CKA_OBJECT_ID=1.2.3").is_empty());
        assert_eq!(
            bad("CKA_PRIVATE=true,CKA_APPLICATION=x,CKA_OBJECT_ID=1,CKA_ID=\"1\""),
            [
                "CKA_PRIVATE=true",
                "CKA_APPLICATION=x",
                "CKA_OBJECT_ID=1",
                "CKA_ID=\"1\""
            ]
        );
    }
}
