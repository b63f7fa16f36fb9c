//! EF.TokenInfo: what the token says about itself. OpenSC rejects a card without it.

use super::super::asn1::{Asn1Error, Fields, NamedBits, Value, outermost};
use super::super::{Tag, Tlv};
use super::attributes::sequence;

/// `TokenFlags`.
pub mod token_flags {
    use super::NamedBits;

    /// Nothing can be written.
    pub const READ_ONLY: NamedBits = NamedBits(1);
    /// Some operations need a login.
    pub const LOGIN_REQUIRED: NamedBits = NamedBits(1 << 1);
    /// The card generates random numbers.
    pub const PRN_GENERATION: NamedBits = NamedBits(1 << 2);
    /// EID compliant.
    pub const EID_COMPLIANT: NamedBits = NamedBits(1 << 3);
}

/// A serial number for people: text where it is text, as perso writes one of a card's own, else
/// hexadecimal.
#[must_use]
pub fn shown_serial(serial: &[u8]) -> String {
    match std::str::from_utf8(serial) {
        Ok(text)
            if text
                .bytes()
                .all(|byte| byte.is_ascii_graphic() || byte == b' ') =>
        {
            text.to_owned()
        }
        _ => serial.iter().map(|byte| format!("{byte:02X}")).collect(),
    }
}

/// `TokenInfo`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TokenInfo {
    /// 0 for PKCS#15 version 1.
    pub version: u64,
    /// Serial number. Without it readers ask the card itself.
    pub serial_number: Option<Vec<u8>>,
    /// Manufacturer.
    pub manufacturer: Option<String>,
    /// Name of the token; PKCS#11 shows 32 bytes of it.
    pub label: Option<String>,
    /// See [`token_flags`].
    pub flags: NamedBits,
}

impl TokenInfo {
    /// Reads the content of EF.TokenInfo.
    ///
    /// # Errors
    /// What is missing or of the wrong type.
    pub fn decode(data: &[u8]) -> Result<Self, Asn1Error> {
        let element = outermost(data, Tag::SEQUENCE, "TokenInfo (SEQUENCE)")?;
        let mut fields = Fields::of(data, &element)?;
        let version = fields.need(Tag::INTEGER, "the version (INTEGER)")?;
        let serial_number = fields.value(Tag::OCTET_STRING)?;
        let manufacturer = fields.value(Tag::UTF8_STRING)?;
        let label = fields.value(Tag::context(0))?;
        let flags = fields.need(Tag::BIT_STRING, "the token flags (BIT STRING)")?;
        Ok(Self {
            version,
            serial_number,
            manufacturer,
            label,
            flags,
        })
    }

    /// The content of EF.TokenInfo with another label or serial number; `None` leaves one as it is.
    /// All other fields keep their bytes, those that this type does not know included.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn relabelled(
        data: &[u8],
        label: Option<&str>,
        serial_number: Option<&[u8]>,
    ) -> Result<Vec<u8>, Asn1Error> {
        Self::decode(data)?;
        let element = outermost(data, Tag::SEQUENCE, "TokenInfo (SEQUENCE)")?;
        let mut fields = element.children(data).map_while(Result::ok).peekable();
        let mut keep = |tag| {
            fields
                .next_if(|it| it.tag == tag)
                .map(|it| &data[it.span()])
        };
        let new = |tag, value: Option<&[u8]>| value.map(|it| Tlv::new(tag, it).encode());
        let or_kept = |new: Option<Vec<u8>>, kept: Option<&[u8]>| {
            new.or_else(|| kept.map(<[u8]>::to_vec)).unwrap_or_default()
        };
        let mut value = or_kept(None, keep(Tag::INTEGER));
        let serial_number = new(Tag::OCTET_STRING, serial_number);
        value.extend(or_kept(serial_number, keep(Tag::OCTET_STRING)));
        value.extend(or_kept(None, keep(Tag::UTF8_STRING)));
        let label = new(Tag::context(0), label.map(str::as_bytes));
        value.extend(or_kept(label, keep(Tag::context(0))));
        fields.for_each(|it| value.extend_from_slice(&data[it.span()]));
        Ok(Tlv::new(Tag::SEQUENCE, value).encode())
    }

    /// The content of EF.TokenInfo.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let serial_number = &self.serial_number;
        let fields: [Option<Tlv>; 5] = [
            Some(self.version.tlv(Tag::INTEGER)),
            serial_number.as_ref().map(|it| it.tlv(Tag::OCTET_STRING)),
            self.manufacturer
                .as_ref()
                .map(|it| it.tlv(Tag::UTF8_STRING)),
            self.label.as_ref().map(|it| it.tlv(Tag::context(0))),
            Some(self.flags.tlv(Tag::BIT_STRING)),
        ];
        sequence(fields).encode()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Version, serial number, label, flags, and a field that this type leaves out.
    const CARD: &[u8] =
        b"\x30\x18\x02\x01\x00\x04\x02\x12\x34\x80\x04Card\x03\x02\x04\x10\xA5\x05\x04\x03abc";

    #[test]
    fn only_what_is_given_changes() {
        assert_eq!(TokenInfo::relabelled(CARD, None, None).unwrap(), CARD);
        let label = TokenInfo::relabelled(CARD, Some("Ada"), None).unwrap();
        let read = TokenInfo::decode(&label).unwrap();
        assert_eq!(read.label.as_deref(), Some("Ada"));
        assert_eq!(read.serial_number.as_deref(), Some(&b"\x12\x34"[..]));
        assert!(label.ends_with(b"\xA5\x05\x04\x03abc"));
        let both = TokenInfo::relabelled(CARD, Some("Ada"), Some(b"4711")).unwrap();
        let read = TokenInfo::decode(&both).unwrap();
        assert_eq!(read.serial_number.as_deref(), Some(&b"4711"[..]));
    }

    #[test]
    fn what_was_absent_is_added_in_its_place() {
        let smallest = b"\x30\x07\x02\x01\x00\x03\x02\x00\x00\xFF\xFF";
        let amended = TokenInfo::relabelled(smallest, Some("Ada"), Some(b"1")).unwrap();
        assert_eq!(
            amended,
            b"\x30\x0F\x02\x01\x00\x04\x01\x31\x80\x03Ada\x03\x02\x00\x00"
        );
        assert!(TokenInfo::relabelled(b"\x30\x00", Some("Ada"), None).is_err());
    }
}
