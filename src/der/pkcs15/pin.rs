//! Authentication objects: PINs.

use super::super::asn1::{Asn1Error, NamedBits, Value};
use super::super::{Element, Tag, Tlv};
use super::attributes::{CommonAttributes, Parts, object, sequence};
use super::{Entry, Path};

/// `PinFlags`.
pub mod pin_flags {
    use super::NamedBits;

    /// Upper and lower case differ.
    pub const CASE_SENSITIVE: NamedBits = NamedBits(1);
    /// Belongs to the application's directory.
    pub const LOCAL: NamedBits = NamedBits(1 << 1);
    /// The user cannot change it.
    pub const CHANGE_DISABLED: NamedBits = NamedBits(1 << 2);
    /// It cannot be unblocked.
    pub const UNBLOCK_DISABLED: NamedBits = NamedBits(1 << 3);
    /// It has a value.
    pub const INITIALIZED: NamedBits = NamedBits(1 << 4);
    /// It is padded to the stored length.
    pub const NEEDS_PADDING: NamedBits = NamedBits(1 << 5);
    /// It is a PUK.
    pub const UNBLOCKING: NamedBits = NamedBits(1 << 6);
    /// It is the security officer's.
    pub const SO_PIN: NamedBits = NamedBits(1 << 7);
}

/// `PinType`: which characters are allowed and how they are sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PinType {
    /// Packed decimal, two digits a byte.
    Bcd,
    /// Decimal digits in ASCII.
    #[default]
    AsciiNumeric,
    /// UTF-8.
    Utf8,
    /// One digit a byte, in the low half.
    HalfNibbleBcd,
    /// ISO 9564-1.
    Iso9564,
}

impl PinType {
    const ALL: [Self; 5] = [
        Self::Bcd,
        Self::AsciiNumeric,
        Self::Utf8,
        Self::HalfNibbleBcd,
        Self::Iso9564,
    ];
}

/// A PIN object of an authentication object directory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pin {
    /// Label, flags; `auth_id` here is the PIN that unblocks this one.
    pub common: CommonAttributes,
    /// The identifier by which other objects name this PIN.
    pub auth_id: Vec<u8>,
    /// See [`pin_flags`].
    pub flags: NamedBits,
    /// Characters and encoding.
    pub kind: PinType,
    /// Fewest characters.
    pub min_length: u64,
    /// Bytes on the card.
    pub stored_length: u64,
    /// Most characters.
    pub max_length: Option<u64>,
    /// Reference for VERIFY.
    pub reference: u64,
    /// Padding byte.
    pub pad: Option<Vec<u8>>,
    /// The directory to select before VERIFY.
    pub path: Option<Path>,
}

impl Entry for Pin {
    fn decode(data: &[u8], element: &Element) -> Result<Self, Asn1Error> {
        let Parts {
            common,
            mut class,
            mut kind,
        } = Parts::of(data, element)?;
        let auth_id = class.need(Tag::OCTET_STRING, "the PIN's identifier (OCTET STRING)")?;
        let mut own = kind.open(Tag::SEQUENCE, "the PIN attributes (SEQUENCE)")?;
        Ok(Self {
            common,
            auth_id,
            flags: own.need(Tag::BIT_STRING, "the PIN flags (BIT STRING)")?,
            kind: own.need(Tag::ENUMERATED, "the PIN type (ENUMERATED)")?,
            min_length: own.need(Tag::INTEGER, "the minimum length (INTEGER)")?,
            stored_length: own.need(Tag::INTEGER, "the stored length (INTEGER)")?,
            max_length: own.value(Tag::INTEGER)?,
            reference: own.value(Tag::context(0))?.unwrap_or_default(),
            pad: own.value(Tag::OCTET_STRING)?,
            path: {
                let _last_change = own.optional(Tag::new(0x18));
                own.optional(Tag::SEQUENCE)
                    .map(|element| Path::decode(data, &element))
                    .transpose()?
            },
        })
    }

    fn tlv(&self) -> Tlv {
        let class = sequence([Some(self.auth_id.tlv(Tag::OCTET_STRING))]);
        let own = sequence([
            Some(self.flags.tlv(Tag::BIT_STRING)),
            Some(self.kind.tlv(Tag::ENUMERATED)),
            Some(self.min_length.tlv(Tag::INTEGER)),
            Some(self.stored_length.tlv(Tag::INTEGER)),
            self.max_length.map(|it| it.tlv(Tag::INTEGER)),
            (self.reference != 0).then(|| self.reference.tlv(Tag::context(0))),
            self.pad.as_ref().map(|it| it.tlv(Tag::OCTET_STRING)),
            self.path.as_ref().map(Path::tlv),
        ]);
        object(Tag::SEQUENCE, &self.common, class, own)
    }
}

impl Value for PinType {
    const NAME: &'static str = "PIN type (0 to 4)";

    fn decode(bytes: &[u8]) -> Option<Self> {
        let number = usize::try_from(u64::decode(bytes)?).ok()?;
        Self::ALL.get(number).copied()
    }

    fn encode(&self) -> Vec<u8> {
        vec![*self as u8]
    }
}
