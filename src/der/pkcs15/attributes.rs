//! What all PKCS#15 objects have in common: label, flags, the PIN that protects them; and the
//! frame in which an object is built.

use super::super::asn1::{Asn1Error, Fields, NamedBits, Value};
use super::super::{Element, Tag, Tlv};

/// `CommonObjectFlags`.
pub mod object_flags {
    use super::NamedBits;

    /// Reading needs authentication.
    pub const PRIVATE: NamedBits = NamedBits(1);
    /// The object may be changed.
    pub const MODIFIABLE: NamedBits = NamedBits(1 << 1);
}

/// `CommonObjectAttributes`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CommonAttributes {
    /// Name for people.
    pub label: String,
    /// See [`object_flags`].
    pub flags: NamedBits,
    /// Identifier of the PIN that protects the object, as in the authentication object directory.
    pub auth_id: Option<Vec<u8>>,
    /// How often the key may be used after one PIN entry.
    pub user_consent: Option<u64>,
}

impl CommonAttributes {
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, Asn1Error> {
        let mut own = fields.open(Tag::SEQUENCE, "the common attributes (SEQUENCE)")?;
        Ok(Self {
            label: own.value(Tag::UTF8_STRING)?.unwrap_or_default(),
            flags: own.value(Tag::BIT_STRING)?.unwrap_or_default(),
            auth_id: own.value(Tag::OCTET_STRING)?,
            user_consent: own.value(Tag::INTEGER)?,
        })
    }

    pub(super) fn tlv(&self) -> Tlv {
        let label = (!self.label.is_empty()).then(|| self.label.tlv(Tag::UTF8_STRING));
        let flags = (self.flags.0 != 0).then(|| self.flags.tlv(Tag::BIT_STRING));
        let auth_id = self.auth_id.as_ref().map(|it| it.tlv(Tag::OCTET_STRING));
        let consent = self.user_consent.map(|it| it.tlv(Tag::INTEGER));
        sequence([label, flags, auth_id, consent])
    }
}

/// A SEQUENCE of the fields that are there.
pub(super) fn sequence<const N: usize>(fields: [Option<Tlv>; N]) -> Tlv {
    Tlv::list(Tag::SEQUENCE, fields.into_iter().flatten())
}

/// `PKCS15Object`: common attributes, class attributes, type attributes behind tag `[1]`.
pub(super) fn object(tag: Tag, common: &CommonAttributes, class: Tlv, kind: Tlv) -> Tlv {
    let kind = Tlv::list(Tag::context_constructed(1), [kind]);
    Tlv::list(tag, [common.tlv(), class, kind])
}

/// The three parts of an object, opened.
pub(super) struct Parts<'a> {
    pub common: CommonAttributes,
    pub class: Fields<'a>,
    /// The field behind tag `[1]`.
    pub kind: Fields<'a>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(data: &'a [u8], element: &Element) -> Result<Self, Asn1Error> {
        let mut fields = Fields::of(data, element)?;
        let common = CommonAttributes::read(&mut fields)?;
        let class = fields.open(Tag::SEQUENCE, "the class attributes (SEQUENCE)")?;
        // Attributes of the subclass, such as the subject of a private key: nothing of ours.
        let _ = fields.optional(Tag::context_constructed(0));
        let kind = fields.open(Tag::context_constructed(1), "the type attributes (tag A1)")?;
        Ok(Self {
            common,
            class,
            kind,
        })
    }
}
