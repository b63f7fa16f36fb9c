//! Objects whose value is a file: X.509 certificates and opaque data.

use super::super::asn1::{Asn1Error, Value};
use super::super::{Element, Tag, Tlv};
use super::attributes::{CommonAttributes, Parts, object, sequence};
use super::{Entry, Path};

/// An X.509 certificate of a certificate directory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Certificate {
    /// Label, flags, protecting PIN.
    pub common: CommonAttributes,
    /// Identifier that key pair and certificate share: `CKA_ID` of PKCS#11.
    pub id: Vec<u8>,
    /// Whether it is a certification authority's.
    pub authority: bool,
    /// The file that holds the certificate in DER.
    pub path: Path,
}

impl Entry for Certificate {
    fn decode(data: &[u8], element: &Element) -> Result<Self, Asn1Error> {
        if element.tag != Tag::SEQUENCE {
            return Err(Asn1Error::Missing {
                field: "an X.509 certificate (tag 30)",
                at: element.start,
            });
        }
        let mut parts = Parts::of(data, element)?;
        let mut own = parts
            .kind
            .open(Tag::SEQUENCE, "the certificate attributes (SEQUENCE)")?;
        Ok(Self {
            common: parts.common,
            id: parts.class.need(
                Tag::OCTET_STRING,
                "the certificate's identifier (OCTET STRING)",
            )?,
            authority: parts.class.value(Tag::BOOLEAN)?.unwrap_or_default(),
            path: Path::read(&mut own)?,
        })
    }

    fn tlv(&self) -> Tlv {
        let authority = self.authority.then(|| true.tlv(Tag::BOOLEAN));
        let class = sequence([Some(self.id.tlv(Tag::OCTET_STRING)), authority]);
        let own = sequence([Some(self.path.tlv())]);
        object(Tag::SEQUENCE, &self.common, class, own)
    }
}

/// An opaque data object of a data object directory.
///
/// Its path stands directly behind tag `[1]`: one SEQUENCE less than in certificates and keys.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DataObject {
    /// Label, flags, protecting PIN.
    pub common: CommonAttributes,
    /// Name of the application that the data belongs to.
    pub application: Option<String>,
    /// Object identifier of that application, as the value bytes of its encoding.
    pub oid: Option<Vec<u8>>,
    /// The file that holds the data.
    pub path: Path,
}

impl Entry for DataObject {
    fn decode(data: &[u8], element: &Element) -> Result<Self, Asn1Error> {
        if element.tag != Tag::SEQUENCE {
            return Err(Asn1Error::Missing {
                field: "an opaque data object (tag 30)",
                at: element.start,
            });
        }
        let mut parts = Parts::of(data, element)?;
        Ok(Self {
            common: parts.common,
            application: parts.class.value(Tag::UTF8_STRING)?,
            oid: parts.class.value(Tag::OBJECT_IDENTIFIER)?,
            path: Path::read(&mut parts.kind)?,
        })
    }

    fn tlv(&self) -> Tlv {
        let application = self.application.as_ref().map(|it| it.tlv(Tag::UTF8_STRING));
        let oid = self.oid.as_ref().map(|it| it.tlv(Tag::OBJECT_IDENTIFIER));
        let class = sequence([application, oid]);
        object(Tag::SEQUENCE, &self.common, class, self.path.tlv())
    }
}
