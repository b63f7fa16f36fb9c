//! The few ASN.1 types that PKCS#15 is made of: SEQUENCE read field by field, INTEGER, BOOLEAN,
//! named bits, text. Knows types, not their meaning.

use std::collections::VecDeque;

use super::{Element, Elements, Tag, Tlv, TlvError};

/// Why bytes are not the type that was expected, and where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Asn1Error {
    /// The frame itself is broken.
    #[error(transparent)]
    Frame(#[from] TlvError),
    /// A field that the type requires is not there.
    #[error("expected {field} at byte {at}")]
    Missing {
        /// The field, with its type.
        field: &'static str,
        /// Offset where it should have been.
        at: usize,
    },
    /// A field is there, but its value is not of its type.
    #[error("the value at byte {at} is no {expected}")]
    Value {
        /// The type.
        expected: &'static str,
        /// Offset of the value.
        at: usize,
    },
}

/// The fields of a SEQUENCE, taken from the front in the order of the type's definition.
#[derive(Debug)]
pub struct Fields<'a> {
    data: &'a [u8],
    left: VecDeque<Element>,
    end: usize,
}

impl<'a> Fields<'a> {
    /// Opens a constructed element.
    ///
    /// # Errors
    /// If the data objects inside do not fit.
    pub fn of(data: &'a [u8], element: &Element) -> Result<Self, Asn1Error> {
        Ok(Self {
            data,
            left: element.children(data).collect::<Result<_, _>>()?,
            end: element.value.end,
        })
    }

    /// Takes the next field if it has this tag.
    pub fn optional(&mut self, tag: Tag) -> Option<Element> {
        if self.left.front()?.tag == tag {
            self.left.pop_front()
        } else {
            None
        }
    }

    /// Takes the next field, which must have this tag.
    ///
    /// # Errors
    /// [`Asn1Error::Missing`] with the name given here.
    pub fn required(&mut self, tag: Tag, field: &'static str) -> Result<Element, Asn1Error> {
        let at = self.left.front().map_or(self.end, |it| it.start);
        self.optional(tag).ok_or(Asn1Error::Missing { field, at })
    }

    /// Takes the next field and opens it.
    ///
    /// # Errors
    /// If it is missing or its inside does not fit.
    pub fn open(&mut self, tag: Tag, field: &'static str) -> Result<Self, Asn1Error> {
        Self::of(self.data, &self.required(tag, field)?)
    }

    /// Takes the next field if it has this tag, and reads its value.
    ///
    /// # Errors
    /// If the value is not of its type.
    pub fn value<T: Value>(&mut self, tag: Tag) -> Result<Option<T>, Asn1Error> {
        self.optional(tag)
            .map(|element| decode(self.data, &element))
            .transpose()
    }

    /// Takes the next field, which must have this tag, and reads its value.
    ///
    /// # Errors
    /// If it is missing or its value is not of its type.
    pub fn need<T: Value>(&mut self, tag: Tag, field: &'static str) -> Result<T, Asn1Error> {
        decode(self.data, &self.required(tag, field)?)
    }
}

/// Reads the value of `element`.
///
/// # Errors
/// [`Asn1Error::Value`] if it is not of the type.
pub fn decode<T: Value>(data: &[u8], element: &Element) -> Result<T, Asn1Error> {
    T::decode(element.bytes(data)).ok_or(Asn1Error::Value {
        expected: T::NAME,
        at: element.value.start,
    })
}

/// The first data object of `data`, if it has this tag.
///
/// # Errors
/// If it does not fit, is absent or has another tag.
pub fn outermost(data: &[u8], tag: Tag, field: &'static str) -> Result<Element, Asn1Error> {
    match Elements::new(data).next().transpose()? {
        Some(element) if element.tag == tag => Ok(element),
        _ => Err(Asn1Error::Missing { field, at: 0 }),
    }
}

/// A type with a primitive encoding. The tag is chosen by the field.
pub trait Value: Sized {
    /// The ASN.1 name, for messages.
    const NAME: &'static str;
    /// Reads the value bytes; `None` if they are not of the type.
    fn decode(bytes: &[u8]) -> Option<Self>;
    /// The value bytes in DER.
    fn encode(&self) -> Vec<u8>;
    /// The data object with this tag.
    fn tlv(&self, tag: Tag) -> Tlv {
        Tlv::new(tag, self.encode())
    }
}

impl Value for Vec<u8> {
    const NAME: &'static str = "OCTET STRING";

    fn decode(bytes: &[u8]) -> Option<Self> {
        Some(bytes.to_vec())
    }

    fn encode(&self) -> Vec<u8> {
        self.clone()
    }
}

impl Value for String {
    const NAME: &'static str = "UTF8String";

    fn decode(bytes: &[u8]) -> Option<Self> {
        Self::from_utf8(bytes.to_vec()).ok()
    }

    fn encode(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}

impl Value for bool {
    const NAME: &'static str = "BOOLEAN";

    fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [byte] => Some(*byte != 0),
            _ => None,
        }
    }

    fn encode(&self) -> Vec<u8> {
        vec![if *self { 0xFF } else { 0x00 }]
    }
}

/// INTEGER and ENUMERATED, not negative and at most 64 bits: all that PKCS#15 directories hold.
impl Value for u64 {
    const NAME: &'static str = "INTEGER from 0 to 2^64-1";

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (&first, _) = bytes.split_first()?;
        let significant = bytes.strip_prefix(&[0]).unwrap_or(bytes);
        if first & 0x80 != 0 || significant.len() > 8 {
            return None;
        }
        Some(significant.iter().fold(0, |n, &b| n << 8 | Self::from(b)))
    }

    fn encode(&self) -> Vec<u8> {
        let bytes = self.to_be_bytes();
        let leading = bytes.iter().take_while(|&&byte| byte == 0).count().min(7);
        let mut out = bytes[leading..].to_vec();
        if out[0] & 0x80 != 0 {
            out.insert(0, 0);
        }
        out
    }
}

/// A BIT STRING of named bits: bit *n* of the definition is `1 << n` here.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct NamedBits(pub u32);

impl NamedBits {
    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl std::fmt::Debug for NamedBits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NamedBits({:b})", self.0)
    }
}

impl Value for NamedBits {
    const NAME: &'static str = "BIT STRING of at most 32 named bits";

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (&unused, bits) = bytes.split_first()?;
        if unused > 7 || bits.len() > 4 || (bits.is_empty() && unused > 0) {
            return None;
        }
        let set = bits
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | u32::from(byte.reverse_bits()));
        let length = (8 * bits.len() as u32).saturating_sub(u32::from(unused));
        let mask = 1_u32.checked_shl(length).map_or(u32::MAX, |top| top - 1);
        Some(Self(set & mask))
    }

    /// Trailing zero bits are left out, as DER asks of named bits (X.690 clause 11.2.2).
    fn encode(&self) -> Vec<u8> {
        let length = (u32::BITS - self.0.leading_zeros()) as usize;
        let bytes = length.div_ceil(8);
        let mut out = vec![(8 * bytes - length) as u8];
        out.extend(
            self.0.to_le_bytes()[..bytes]
                .iter()
                .map(|b| b.reverse_bits()),
        );
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn named_bits_count_from_the_left() {
        assert_eq!(NamedBits::decode(&[0x06, 0x40]), Some(NamedBits(0b10)));
        assert_eq!(NamedBits(0b10).encode(), [0x06, 0x40]);
        assert_eq!(NamedBits::decode(&[0x03, 0xB8]), Some(NamedBits(0b1_1101)));
        assert_eq!(NamedBits(0).encode(), [0x00]);
        assert_eq!(NamedBits::decode(&[0x00]), Some(NamedBits(0)));
        assert_eq!(NamedBits::decode(&[0x01]), None);
        assert_eq!(NamedBits::decode(&[]), None);
    }

    #[test]
    fn integers_are_not_negative() {
        assert_eq!(u64::decode(&[0x00, 0x80]), Some(0x80));
        assert_eq!(u64::decode(&[0x80]), None);
        assert_eq!(u64::decode(&[]), None);
        assert_eq!(0_u64.encode(), [0]);
        assert_eq!(0x80_u64.encode(), [0, 0x80]);
    }

    proptest! {
        #[test]
        fn values_survive_encoding(number: u64, bits: u32, flag: bool) {
            prop_assert_eq!(u64::decode(&number.encode()), Some(number));
            prop_assert_eq!(NamedBits::decode(&NamedBits(bits).encode()), Some(NamedBits(bits)));
            prop_assert_eq!(bool::decode(&flag.encode()), Some(flag));
        }
    }
}
