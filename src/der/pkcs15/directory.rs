//! EF.ODF: the list of object directories.

use super::super::asn1::{Asn1Error, Fields};
use super::super::{Element, Tag, Tlv};
use super::{Entry, Path};

/// What the objects of a directory are. The value is the tag's number: `A0` … `A8`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ObjectKind {
    /// Private keys (PrKDF).
    PrivateKeys = 0,
    /// Public keys (PuKDF).
    PublicKeys = 1,
    /// Public keys that the card holder trusts.
    TrustedPublicKeys = 2,
    /// Secret keys (SKDF).
    SecretKeys = 3,
    /// Certificates (CDF).
    Certificates = 4,
    /// Certificates that the card holder trusts.
    TrustedCertificates = 5,
    /// Certificates that may help.
    UsefulCertificates = 6,
    /// Data objects (DODF).
    DataObjects = 7,
    /// PINs (AODF).
    AuthenticationObjects = 8,
}

impl ObjectKind {
    /// All kinds, in the order of their tags.
    pub const ALL: [Self; 9] = [
        Self::PrivateKeys,
        Self::PublicKeys,
        Self::TrustedPublicKeys,
        Self::SecretKeys,
        Self::Certificates,
        Self::TrustedCertificates,
        Self::UsefulCertificates,
        Self::DataObjects,
        Self::AuthenticationObjects,
    ];

    /// The tag of an entry in the object directory.
    #[must_use]
    pub const fn tag(self) -> Tag {
        Tag::context_constructed(self as u8)
    }

    /// The kind that a tag in the object directory stands for.
    #[must_use]
    pub fn from_tag(tag: Tag) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.tag() == tag)
    }

    /// The name of the directory file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PrivateKeys => "PrKDF",
            Self::PublicKeys => "PuKDF",
            Self::TrustedPublicKeys => "PuKDF (trusted)",
            Self::SecretKeys => "SKDF",
            Self::Certificates => "CDF",
            Self::TrustedCertificates => "CDF (trusted)",
            Self::UsefulCertificates => "CDF (useful)",
            Self::DataObjects => "DODF",
            Self::AuthenticationObjects => "AODF",
        }
    }
}

/// One entry of EF.ODF: a directory file and what it lists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirectoryEntry {
    /// What the directory lists.
    pub kind: ObjectKind,
    /// Where it lies.
    pub path: Path,
}

impl Entry for DirectoryEntry {
    fn decode(data: &[u8], element: &Element) -> Result<Self, Asn1Error> {
        let kind = ObjectKind::from_tag(element.tag).ok_or(Asn1Error::Missing {
            field: "an object directory entry (tag A0 to A8)",
            at: element.start,
        })?;
        let path = Path::read(&mut Fields::of(data, element)?)?;
        Ok(Self { kind, path })
    }

    fn tlv(&self) -> Tlv {
        Tlv::list(self.kind.tag(), [self.path.tlv()])
    }
}
