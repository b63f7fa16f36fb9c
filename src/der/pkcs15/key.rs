//! Private and public keys, RSA and elliptic curve.

use super::super::asn1::{Asn1Error, Fields, NamedBits, Value};
use super::super::{Element, Tag, Tlv};
use super::attributes::{CommonAttributes, Parts, object, sequence};
use super::{Entry, Path};

/// `KeyUsageFlags`.
pub mod key_usage {
    use super::NamedBits;

    /// Encrypt.
    pub const ENCRYPT: NamedBits = NamedBits(1);
    /// Decrypt.
    pub const DECRYPT: NamedBits = NamedBits(1 << 1);
    /// Sign.
    pub const SIGN: NamedBits = NamedBits(1 << 2);
    /// Sign with message recovery, which raw RSA is.
    pub const SIGN_RECOVER: NamedBits = NamedBits(1 << 3);
    /// Wrap keys.
    pub const WRAP: NamedBits = NamedBits(1 << 4);
    /// Unwrap keys.
    pub const UNWRAP: NamedBits = NamedBits(1 << 5);
    /// Verify.
    pub const VERIFY: NamedBits = NamedBits(1 << 6);
    /// Verify with message recovery.
    pub const VERIFY_RECOVER: NamedBits = NamedBits(1 << 7);
    /// Derive keys.
    pub const DERIVE: NamedBits = NamedBits(1 << 8);
    /// Signatures that a person answers for.
    pub const NON_REPUDIATION: NamedBits = NamedBits(1 << 9);
}

/// `KeyAccessFlags`.
pub mod key_access {
    use super::NamedBits;

    /// Cannot be read in the clear.
    pub const SENSITIVE: NamedBits = NamedBits(1);
    /// Can leave the card, encrypted.
    pub const EXTRACTABLE: NamedBits = NamedBits(1 << 1);
    /// Has always been sensitive.
    pub const ALWAYS_SENSITIVE: NamedBits = NamedBits(1 << 2);
    /// Has never been extractable.
    pub const NEVER_EXTRACTABLE: NamedBits = NamedBits(1 << 3);
    /// Was generated on the card.
    pub const LOCAL: NamedBits = NamedBits(1 << 4);
}

/// `CommonKeyAttributes`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeyAttributes {
    /// Identifier that key pair and certificate share: `CKA_ID` of PKCS#11.
    pub id: Vec<u8>,
    /// See [`key_usage`].
    pub usage: NamedBits,
    /// Whether the card itself calculates with the key.
    pub native: Option<bool>,
    /// See [`key_access`].
    pub access: Option<NamedBits>,
    /// Reference for MANAGE SECURITY ENVIRONMENT.
    pub reference: Option<u64>,
}

impl KeyAttributes {
    fn read(mut fields: Fields<'_>) -> Result<Self, Asn1Error> {
        Ok(Self {
            id: fields.need(Tag::OCTET_STRING, "the key's identifier (OCTET STRING)")?,
            usage: fields.need(Tag::BIT_STRING, "the key usage (BIT STRING)")?,
            native: fields.value(Tag::BOOLEAN)?,
            access: fields.value(Tag::BIT_STRING)?,
            reference: fields.value(Tag::INTEGER)?,
        })
    }

    fn tlv(&self) -> Tlv {
        sequence([
            Some(self.id.tlv(Tag::OCTET_STRING)),
            Some(self.usage.tlv(Tag::BIT_STRING)),
            self.native.map(|it| it.tlv(Tag::BOOLEAN)),
            self.access.map(|it| it.tlv(Tag::BIT_STRING)),
            self.reference.map(|it| it.tlv(Tag::INTEGER)),
        ])
    }
}

/// The algorithm family and size of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyKind {
    /// RSA.
    Rsa {
        /// Length of the modulus in bits.
        modulus_bits: u64,
    },
    /// Elliptic curve.
    Ec {
        /// Size of the field in bits; a field of OpenSC that the standard does not have.
        field_bits: Option<u64>,
    },
}

impl KeyKind {
    const EC: Tag = Tag::context_constructed(0);

    const fn tag(self) -> Tag {
        match self {
            Self::Rsa { .. } => Tag::SEQUENCE,
            Self::Ec { .. } => Self::EC,
        }
    }

    const fn bits(self) -> Option<u64> {
        match self {
            Self::Rsa { modulus_bits } => Some(modulus_bits),
            Self::Ec { field_bits } => field_bits,
        }
    }

    fn read(tag: Tag, at: usize, fields: &mut Fields<'_>) -> Result<Self, Asn1Error> {
        match tag {
            Tag::SEQUENCE => Ok(Self::Rsa {
                modulus_bits: fields.need(Tag::INTEGER, "the modulus length (INTEGER)")?,
            }),
            Self::EC => Ok(Self::Ec {
                field_bits: fields.value(Tag::INTEGER)?,
            }),
            _ => Err(Asn1Error::Missing {
                field: "an RSA key (tag 30) or an EC key (tag A0)",
                at,
            }),
        }
    }
}

/// Half of a key pair: what tells a private key's entry from a public key's, which are written
/// alike.
pub trait KeyHalf: Copy + Default + Eq + std::fmt::Debug {}

/// The private half.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Private;

/// The public half.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Public;

impl KeyHalf for Private {}
impl KeyHalf for Public {}

/// A private key of a private key directory; its path is the directory or file of the key.
pub type PrivateKey = Key<Private>;

/// A public key of a public key directory; its path is the file that holds the key's value.
pub type PublicKey = Key<Public>;

/// An entry of a key directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Key<Half> {
    /// Which half of the pair it is; the directory tells, not the entry's bytes.
    pub half: Half,
    /// Label, flags, protecting PIN.
    pub common: CommonAttributes,
    /// Identifier, usage, reference.
    pub key: KeyAttributes,
    /// Where the key lies.
    pub path: Path,
    /// Family and size.
    pub kind: KeyKind,
}

impl<Half: KeyHalf> Entry for Key<Half> {
    fn decode(data: &[u8], element: &Element) -> Result<Self, Asn1Error> {
        let mut parts = Parts::of(data, element)?;
        let mut own = parts
            .kind
            .open(Tag::SEQUENCE, "the key attributes (SEQUENCE)")?;
        Ok(Self {
            half: Half::default(),
            common: parts.common,
            key: KeyAttributes::read(parts.class)?,
            path: Path::read(&mut own)?,
            kind: KeyKind::read(element.tag, element.start, &mut own)?,
        })
    }

    fn tlv(&self) -> Tlv {
        let bits = self.kind.bits().map(|it| it.tlv(Tag::INTEGER));
        let own = sequence([Some(self.path.tlv()), bits]);
        object(self.kind.tag(), &self.common, self.key.tlv(), own)
    }
}
