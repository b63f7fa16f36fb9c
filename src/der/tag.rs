//! The tag of a data object: class, constructed bit and number, as it stands on the wire.

use std::fmt;

/// Class of a tag, bits 8 and 7 of its first byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// `00`: the types of ASN.1 itself.
    Universal,
    /// `01`: meaning fixed by an application standard, such as ISO 7816-4.
    Application,
    /// `10`: meaning fixed by the surrounding data object.
    Context,
    /// `11`: meaning fixed by agreement.
    Private,
}

/// A tag of one to four bytes, kept as its bytes in a big-endian number (`0x7F49`, `0x30`).
///
/// Four bytes reach beyond the three that ISO 7816-4 allows; longer ones are refused on reading.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(u32);

impl Tag {
    /// BOOLEAN.
    pub const BOOLEAN: Self = Self(0x01);
    /// INTEGER.
    pub const INTEGER: Self = Self(0x02);
    /// BIT STRING.
    pub const BIT_STRING: Self = Self(0x03);
    /// OCTET STRING.
    pub const OCTET_STRING: Self = Self(0x04);
    /// OBJECT IDENTIFIER.
    pub const OBJECT_IDENTIFIER: Self = Self(0x06);
    /// ENUMERATED.
    pub const ENUMERATED: Self = Self(0x0A);
    /// `UTF8String`.
    pub const UTF8_STRING: Self = Self(0x0C);
    /// SEQUENCE and SEQUENCE OF.
    pub const SEQUENCE: Self = Self(0x30);
    /// Longest tag that is read, in bytes.
    pub const MAX_BYTES: usize = 4;

    /// A tag from its bytes in big-endian order, leading zero bytes left out: `Tag::new(0x7F49)`.
    #[must_use]
    pub const fn new(bytes: u32) -> Self {
        Self(bytes)
    }

    /// The context-specific primitive tag `[number]`, for numbers below 31.
    #[must_use]
    pub const fn context(number: u8) -> Self {
        Self(0x80 | (number & 0x1F) as u32)
    }

    /// The context-specific constructed tag `[number]`, for numbers below 31.
    #[must_use]
    pub const fn context_constructed(number: u8) -> Self {
        Self(0xA0 | (number & 0x1F) as u32)
    }

    /// The tag's bytes in a big-endian number.
    #[must_use]
    pub const fn value(self) -> u32 {
        self.0
    }

    /// Number of bytes on the wire.
    #[must_use]
    pub const fn len(self) -> usize {
        match self.0 {
            0..=0xFF => 1,
            0x100..=0xFFFF => 2,
            0x1_0000..=0xFF_FFFF => 3,
            _ => 4,
        }
    }

    /// Always false: there is no tag without bytes.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        false
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        self.0.to_be_bytes()[Self::MAX_BYTES - self.len()..].to_vec()
    }

    /// The first byte, which holds class and constructed bit.
    const fn first(self) -> u8 {
        (self.0 >> (8 * (self.len() - 1))) as u8
    }

    /// Whether the value is itself a list of data objects (bit 6 of the first byte).
    #[must_use]
    pub const fn is_constructed(self) -> bool {
        self.first() & 0x20 != 0
    }

    /// The class.
    #[must_use]
    pub const fn class(self) -> Class {
        match self.first() >> 6 {
            0 => Class::Universal,
            1 => Class::Application,
            2 => Class::Context,
            _ => Class::Private,
        }
    }

    /// Reads a tag at the start of `bytes`; `None` if they end inside it or it is too long.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (&first, rest) = bytes.split_first()?;
        let mut tag = u32::from(first);
        if first & 0x1F != 0x1F {
            return Some(Self(tag));
        }
        for &byte in rest.iter().take(Self::MAX_BYTES - 1) {
            tag = tag << 8 | u32::from(byte);
            if byte & 0x80 == 0 {
                return Some(Self(tag));
            }
        }
        None
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0width$X}", self.0, width = 2 * self.len())
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multi_byte_tags_are_read_whole() {
        assert_eq!(Tag::read(&[0x7F, 0x49, 0x01]), Some(Tag::new(0x7F49)));
        assert_eq!(Tag::read(&[0x5F, 0x81, 0x01]), Some(Tag::new(0x5F_8101)));
        assert_eq!(Tag::read(&[0x5F]), None);
        assert_eq!(Tag::read(&[0x5F, 0x81, 0x81, 0x81, 0x01]), None);
        assert_eq!(Tag::read(&[]), None);
    }

    #[test]
    fn class_and_form_come_from_the_first_byte() {
        let template = Tag::new(0x7F49);
        assert!(template.is_constructed());
        assert_eq!(template.class(), Class::Application);
        assert_eq!(template.bytes(), [0x7F, 0x49]);
        assert_eq!(template.to_string(), "7F49");
        assert_eq!(Tag::context(4).class(), Class::Context);
        assert_eq!(Tag::INTEGER.to_string(), "02");
    }
}
