//! `Path`: where an object's value lies.

use super::super::asn1::{Asn1Error, Fields, Value};
use super::super::{Element, Tag, Tlv};

/// Where the value of an object lies: a path of file identifiers, and the part of the file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Path {
    /// File identifiers, two bytes each; from the MF if it starts with `3F00`.
    pub file: Vec<u8>,
    /// Offset in the file, with `length`.
    pub index: Option<u64>,
    /// Number of bytes, with `index`.
    pub length: Option<u64>,
}

impl Path {
    /// The whole file behind these file identifiers.
    #[must_use]
    pub fn of(ids: &[u16]) -> Self {
        Self {
            file: ids.iter().flat_map(|id| id.to_be_bytes()).collect(),
            index: None,
            length: None,
        }
    }

    /// The file identifiers; `None` if the number of bytes is odd.
    #[must_use]
    pub fn ids(&self) -> Option<Vec<u16>> {
        let (pairs, rest) = self.file.as_chunks::<2>();
        rest.is_empty()
            .then(|| pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect())
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, Asn1Error> {
        fields
            .open(Tag::SEQUENCE, "a path (SEQUENCE)")
            .and_then(Self::from_fields)
    }

    pub(super) fn decode(data: &[u8], element: &Element) -> Result<Self, Asn1Error> {
        Self::from_fields(Fields::of(data, element)?)
    }

    fn from_fields(mut fields: Fields<'_>) -> Result<Self, Asn1Error> {
        Ok(Self {
            file: fields.need(Tag::OCTET_STRING, "a path (OCTET STRING)")?,
            index: fields.value(Tag::INTEGER)?,
            length: fields.value(Tag::context(0))?,
        })
    }

    pub(super) fn tlv(&self) -> Tlv {
        let index = self.index.map(|it| it.tlv(Tag::INTEGER));
        let length = self.length.map(|it| it.tlv(Tag::context(0)));
        let fields = [Some(self.file.tlv(Tag::OCTET_STRING)), index, length];
        Tlv::list(Tag::SEQUENCE, fields.into_iter().flatten())
    }
}
