//! Writing: data objects are put together as values and encoded with the shortest lengths (DER).

use zeroize::Zeroize;

use super::Tag;

/// A data object to be written. Its value may be secret: it is wiped when dropped and not shown
/// by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Tlv {
    tag: Tag,
    value: Vec<u8>,
}

impl Tlv {
    /// A data object with these value bytes.
    #[must_use]
    pub fn new(tag: Tag, value: impl Into<Vec<u8>>) -> Self {
        Self {
            tag,
            value: value.into(),
        }
    }

    /// A constructed data object around others.
    #[must_use]
    pub fn list(tag: Tag, children: impl IntoIterator<Item = Self>) -> Self {
        let mut value = Vec::new();
        for child in children {
            child.encode_to(&mut value);
        }
        Self { tag, value }
    }

    /// The tag.
    #[must_use]
    pub const fn tag(&self) -> Tag {
        self.tag
    }

    /// The encoding: tag, shortest length, value.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.value.len() + 2 * Tag::MAX_BYTES);
        self.encode_to(&mut out);
        out
    }

    /// Appends the encoding to `out`.
    pub fn encode_to(&self, out: &mut Vec<u8>) {
        out.extend(self.tag.bytes());
        write_length(out, self.value.len());
        out.extend_from_slice(&self.value);
    }
}

impl Drop for Tlv {
    fn drop(&mut self) {
        self.value.zeroize();
    }
}

impl std::fmt::Debug for Tlv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tlv({}, {} bytes)", self.tag, self.value.len())
    }
}

fn write_length(out: &mut Vec<u8>, length: usize) {
    if length < 0x80 {
        out.push(length as u8);
        return;
    }
    let bytes = length.to_be_bytes();
    let leading = bytes.iter().take_while(|&&byte| byte == 0).count();
    out.push(0x80 | (bytes.len() - leading) as u8);
    out.extend_from_slice(&bytes[leading..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_as_short_as_they_can_be() {
        let header = |length: usize| Tlv::new(Tag::OCTET_STRING, vec![0; length]).encode();
        assert_eq!(header(0x7F)[..2], [0x04, 0x7F]);
        assert_eq!(header(0x80)[..3], [0x04, 0x81, 0x80]);
        assert_eq!(header(0x100)[..4], [0x04, 0x82, 0x01, 0x00]);
        assert_eq!(header(0x1_0000)[..5], [0x04, 0x83, 0x01, 0x00, 0x00]);
    }

    #[test]
    fn a_value_is_not_shown() {
        let shown = format!("{:?}", Tlv::new(Tag::OCTET_STRING, *b"1234"));
        assert_eq!(shown, "Tlv(04, 4 bytes)");
    }
}
