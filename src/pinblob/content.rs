//! The plain text: the profile's name and the credentials, padded to hide their lengths.
//!
//! ```text
//! Content ::= SEQUENCE OF Element
//! Element ::= SEQUENCE { name UTF8String, value OCTET STRING }
//! ```
//!
//! The first element is `PROFILE`, its value the name of the profile in UTF-8. The credentials
//! follow in the order of [`CredentialName`], then elements `PADDING` of zeros, which fill the
//! whole to the next multiple of 256 bytes: nearly every card gives exactly 256. One `PADDING` does
//! unless no length of its value fits to the byte; then there is an empty one before it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use der::asn1::{OctetStringRef, Utf8StringRef};
use der::{Decode as _, Encode as _, Sequence};

use crate::secret::Secret;

const PROFILE: &str = "PROFILE";
const PADDING: &str = "PADDING";

/// The length of the plain text is a multiple of it.
const BLOCK: usize = 256;

/// A credential of a card, as profiles name it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CredentialName {
    /// PIN of the default slot.
    Pin1,
    /// PIN of the signature slot.
    Pin2,
    /// A third PIN.
    Pin3,
    /// Unblocks the first PIN.
    Puk,
    /// A second PUK.
    Puk1,
    /// A third PUK.
    Puk2,
    /// PIN of the officer.
    Op,
    /// Credential of the manufacturer.
    Man,
}

impl CredentialName {
    /// All of them, in the order of the container.
    pub const ALL: [Self; 8] = [
        Self::Pin1,
        Self::Pin2,
        Self::Pin3,
        Self::Puk,
        Self::Puk1,
        Self::Puk2,
        Self::Op,
        Self::Man,
    ];

    /// `PIN1`, as the container writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pin1 => "PIN1",
            Self::Pin2 => "PIN2",
            Self::Pin3 => "PIN3",
            Self::Puk => "PUK",
            Self::Puk1 => "PUK1",
            Self::Puk2 => "PUK2",
            Self::Op => "OP",
            Self::Man => "MAN",
        }
    }
}

impl fmt::Display for CredentialName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not the name of a credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("credentials are named PIN1, PIN2, PIN3, PUK, PUK1, PUK2, OP and MAN")]
pub struct UnknownCredential;

impl FromStr for CredentialName {
    type Err = UnknownCredential;

    fn from_str(name: &str) -> Result<Self, UnknownCredential> {
        Self::ALL
            .into_iter()
            .find(|credential| credential.as_str() == name)
            .ok_or(UnknownCredential)
    }
}

/// What a container holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Content {
    /// Name of the profile that the card was made by.
    pub profile: String,
    /// The credentials.
    pub credentials: BTreeMap<CredentialName, Secret>,
}

/// How long the parts of a content are, in bytes, or at most are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContentLengths {
    /// Of the name of the profile.
    pub profile: usize,
    /// Of the credentials.
    pub credentials: BTreeMap<CredentialName, usize>,
}

/// A plain text that is not perso's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// Not the structure.
    #[error("it is no SEQUENCE OF SEQUENCE {{ UTF8String, OCTET STRING }} in DER")]
    Structure,
    /// The first element is another.
    #[error("its first element is not {PROFILE} with a name in UTF-8")]
    NoProfile,
    /// An element of another name, which is not shown: it may be a secret in the wrong place.
    #[error(
        "element {position} has a name that perso does not know; a later version may have written it"
    )]
    UnknownName {
        /// Counted from 1.
        position: usize,
    },
    /// A credential twice.
    #[error("it holds {0} twice")]
    Twice(CredentialName),
}

#[derive(Sequence)]
struct Element<'a> {
    name: Utf8StringRef<'a>,
    value: &'a OctetStringRef,
}

impl<'a> Element<'a> {
    fn new(name: &'a str, value: &'a [u8]) -> der::Result<Self> {
        Ok(Self {
            name: Utf8StringRef::new(name)?,
            value: OctetStringRef::new(value)?,
        })
    }
}

impl Content {
    /// A content without credentials.
    #[must_use]
    pub fn new(profile: impl Into<String>) -> Self {
        Self {
            profile: profile.into(),
            credentials: BTreeMap::new(),
        }
    }

    /// This with one credential more, or another value of it.
    #[must_use]
    pub fn with(mut self, name: CredentialName, value: Secret) -> Self {
        self.credentials.insert(name, value);
        self
    }

    /// The lengths of its parts.
    #[must_use]
    pub fn lengths(&self) -> ContentLengths {
        ContentLengths {
            profile: self.profile.len(),
            credentials: self
                .credentials
                .iter()
                .map(|(name, value)| (*name, value.len()))
                .collect(),
        }
    }

    /// The padded plain text in DER.
    ///
    /// # Errors
    /// The error of DER for a content of gigabytes.
    pub fn to_der(&self) -> Result<Secret, der::Error> {
        let padding: Vec<_> = self.lengths().padding();
        let zeros = vec![0; padding.iter().copied().max().unwrap_or_default()];
        let mut elements = vec![Element::new(PROFILE, self.profile.as_bytes())?];
        for (name, value) in &self.credentials {
            elements.push(Element::new(name.as_str(), value.expose())?);
        }
        for length in padding {
            let value = zeros.get(..length).unwrap_or_default();
            elements.push(Element::new(PADDING, value)?);
        }
        elements.to_der().map(Secret::new)
    }

    /// Reads a plain text, padded or not.
    ///
    /// # Errors
    /// [`ContentError`], without anything of what was read.
    pub fn from_der(plain: &Secret) -> Result<Self, ContentError> {
        let elements = Vec::<Element<'_>>::from_der(plain.expose());
        let elements = elements.map_err(|_| ContentError::Structure)?;
        let (first, rest) = elements.split_first().ok_or(ContentError::NoProfile)?;
        let profile = std::str::from_utf8(first.value.as_bytes());
        let mut content = match profile {
            Ok(profile) if first.name.as_str() == PROFILE => Self::new(profile),
            _ => return Err(ContentError::NoProfile),
        };
        for (position, element) in (2..).zip(rest) {
            if element.name.as_str() == PADDING {
                continue;
            }
            let name = element.name.as_str().parse();
            let name = name.map_err(|_| ContentError::UnknownName { position })?;
            let value = Secret::new(element.value.as_bytes().to_vec());
            if content.credentials.insert(name, value).is_some() {
                return Err(ContentError::Twice(name));
            }
        }
        Ok(content)
    }
}

impl ContentLengths {
    /// Length of the padded plain text: never less for longer parts.
    #[must_use]
    pub fn padded(&self) -> usize {
        tlv(self.elements().saturating_add(element(PADDING, 0)))
            .checked_next_multiple_of(BLOCK)
            .unwrap_or(usize::MAX)
    }

    /// Length of the elements without padding.
    fn elements(&self) -> usize {
        let credentials = self
            .credentials
            .iter()
            .map(|(name, length)| element(name.as_str(), *length));
        credentials.fold(element(PROFILE, self.profile), usize::saturating_add)
    }

    /// Lengths of the values of the elements `PADDING`.
    fn padding(&self) -> Vec<usize> {
        let inside = inside(self.padded());
        let room = inside.saturating_sub(self.elements());
        if let Some(length) = filling(room) {
            return vec![length];
        }
        let second = filling(room.saturating_sub(element(PADDING, 0)));
        std::iter::once(0).chain(second).collect()
    }
}

/// Length of a data object with a tag of one byte.
fn tlv(length: usize) -> usize {
    let length_bytes = match length {
        0..=0x7F => 1,
        0x80..=0xFF => 2,
        0x100..=0xFFFF => 3,
        0x1_0000..=0xFF_FFFF => 4,
        _ => 5,
    };
    length.saturating_add(1 + length_bytes)
}

/// Length of an [`Element`].
fn element(name: &str, length: usize) -> usize {
    tlv(tlv(name.len()).saturating_add(tlv(length)))
}

/// Length of what lies inside of a data object that is `whole` bytes long.
fn inside(whole: usize) -> usize {
    (2..=6)
        .filter_map(|header| whole.checked_sub(header))
        .find(|inside| tlv(*inside) == whole)
        .unwrap_or_default()
}

/// Length of the value that makes an element `PADDING` exactly `room` bytes long.
fn filling(room: usize) -> Option<usize> {
    let least = element(PADDING, 0);
    (least..=least + 8)
        .filter_map(|around| room.checked_sub(around))
        .find(|length| element(PADDING, *length) == room)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(elements: &[(&str, &[u8])]) -> Secret {
        let elements: Result<Vec<_>, _> = elements
            .iter()
            .map(|(name, value)| Element::new(name, value))
            .collect();
        Secret::new(elements.unwrap().to_der().unwrap())
    }

    #[test]
    fn every_length_is_padded_to_whole_blocks() {
        for length in (0..1500).chain(65_000..66_000) {
            let content =
                Content::new("P").with(CredentialName::Pin1, Secret::new(vec![7; length]));
            let plain = content.to_der().unwrap();
            assert_eq!(plain.len(), content.lengths().padded(), "{length}");
            assert_eq!(plain.len() % BLOCK, 0, "{length}");
            assert_eq!(Content::from_der(&plain), Ok(content), "{length}");
        }
    }

    #[test]
    fn the_pins_of_a_card_fit_one_block() {
        let content = CredentialName::ALL
            .into_iter()
            .fold(Content::new("Standard profile"), |content, name| {
                content.with(name, Secret::new(vec![b'0'; 8]))
            });
        assert_eq!(content.lengths().padded(), 256);
        assert_eq!(Content::new("").lengths().padded(), 256);
    }

    #[test]
    fn a_plain_text_without_padding_is_read() {
        let plain = encoded(&[("PROFILE", b"P"), ("PIN1", b"1234")]);
        let pin = Secret::from("1234".to_owned());
        let expected = Content::new("P").with(CredentialName::Pin1, pin);
        assert_eq!(Content::from_der(&plain), Ok(expected));
    }

    #[test]
    fn other_plain_texts_are_refused() {
        let profile = ("PROFILE", &b"P"[..]);
        let read = |elements: &[_]| Content::from_der(&encoded(elements));
        assert_eq!(read(&[]), Err(ContentError::NoProfile));
        assert_eq!(read(&[("PIN1", b"1")]), Err(ContentError::NoProfile));
        assert_eq!(read(&[("PROFILE", b"\xff")]), Err(ContentError::NoProfile));
        let unknown = Err(ContentError::UnknownName { position: 2 });
        assert_eq!(read(&[profile, ("pin1", b"1")]), unknown);
        assert_eq!(read(&[profile, profile]), unknown);
        let twice = Err(ContentError::Twice(CredentialName::Op));
        assert_eq!(read(&[profile, ("OP", b"1"), ("OP", b"1")]), twice);
        for bytes in [&b""[..], b"\x30\x80", b"\x30\x02\x30\x00", b"\x04\x00"] {
            let read = Content::from_der(&Secret::new(bytes.to_vec()));
            assert_eq!(read, Err(ContentError::Structure), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>) {
            let _ = Content::from_der(&Secret::new(bytes));
        }

        #[test]
        fn longer_parts_never_give_less(profile in 0..600_usize, pin in 0..600_usize, more in 0..300_usize) {
            let padded = |profile, pin| {
                let credentials = [(CredentialName::Puk, pin)].into();
                ContentLengths { profile, credentials }.padded()
            };
            prop_assert!(padded(profile, pin) <= padded(profile, pin + more));
            prop_assert!(padded(profile, pin) <= padded(profile + more, pin));
        }
    }
}
