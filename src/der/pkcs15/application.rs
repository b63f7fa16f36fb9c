//! EF.DIR: the application template (ISO/IEC 7816-4 clause 12.2.1).

use super::super::asn1::{Asn1Error, Fields, Value};
use super::super::{Element, Tag, Tlv};
use super::Entry;

/// Application template.
pub(super) const TEMPLATE: Tag = Tag::new(0x61);
/// Application identifier.
pub(super) const AID: Tag = Tag::new(0x4F);
/// Application label.
const LABEL: Tag = Tag::new(0x50);
/// Path from the MF.
pub(super) const PATH: Tag = Tag::new(0x51);

/// One application that the card announces.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Application {
    /// Application identifier, 1 to 16 bytes.
    pub aid: Vec<u8>,
    /// Name for people.
    pub label: Option<String>,
    /// File identifiers from the MF, `3F00` first. Without it OpenSC lists the token and cannot
    /// read its certificates.
    pub path: Option<Vec<u8>>,
}

impl Entry for Application {
    fn decode(data: &[u8], element: &Element) -> Result<Self, Asn1Error> {
        if element.tag != TEMPLATE {
            return Err(Asn1Error::Missing {
                field: "an application template (tag 61)",
                at: element.start,
            });
        }
        let mut fields = Fields::of(data, element)?;
        Ok(Self {
            aid: fields.need(AID, "an application identifier (tag 4F)")?,
            label: fields.value(LABEL)?,
            path: fields.value(PATH)?,
        })
    }

    fn tlv(&self) -> Tlv {
        let label = self.label.as_ref().map(|it| it.tlv(LABEL));
        let path = self.path.as_ref().map(|it| it.tlv(PATH));
        let fields = [Some(self.aid.tlv(AID)), label, path];
        Tlv::list(TEMPLATE, fields.into_iter().flatten())
    }
}
