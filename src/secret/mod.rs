//! Secret values: PINs, PUKs, passwords, private keys.
//!
//! This room owns the one type that may hold such a value, the encodings in which people write it
//! down, and, with feature `native`, the places it can come from. A [`Secret`] is wiped when it is
//! dropped, prints as `***`, compares in constant time and cannot be serialized. What a value is
//! for (a PIN, a key) is not known here.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

mod encoding;
#[cfg(feature = "native")]
mod source;

pub use encoding::{DecodeError, Encoding};
#[cfg(feature = "native")]
pub use source::{Exposure, Problem, Source, SourceError};

/// Bytes that must never be shown.
///
/// ```
/// use perso::secret::Secret;
///
/// let pin = Secret::from("1234".to_owned());
/// assert_eq!(format!("{pin} {pin:?}"), "*** Secret(***)");
/// assert_eq!(pin.expose(), b"1234");
/// ```
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes over `bytes` without copying them; the buffer is wiped when the secret is dropped.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes. Whoever calls this answers for where they go.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The bytes as text.
    ///
    /// # Errors
    /// [`NotText`] if they are not UTF-8.
    pub fn expose_text(&self) -> Result<&str, NotText> {
        std::str::from_utf8(&self.0).map_err(|_| NotText)
    }

    /// Number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A secret that has to be text is not UTF-8.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the secret value is not UTF-8 text")]
pub struct NotText;

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(bytes)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text.into_bytes())
    }
}

/// Constant time for secrets of equal length; the length itself is not hidden.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_neither_value_nor_length() {
        let secret = Secret::from("12345678".to_owned());
        let shown = format!("{secret} {secret:?} {secret:#?} {:?}", Some(&secret));
        assert!(!shown.contains("1234") && !shown.contains('8'), "{shown}");
    }

    #[test]
    fn compares_by_value() {
        assert_eq!(Secret::new(vec![1, 2]), Secret::new(vec![1, 2]));
        assert_ne!(Secret::new(vec![1, 2]), Secret::new(vec![1, 3]));
        assert_ne!(Secret::new(vec![1, 2]), Secret::new(vec![1, 2, 0]));
        assert_eq!(Secret::default(), Secret::new(Vec::new()));
    }

    #[test]
    fn text_must_be_utf8() {
        assert_eq!(Secret::from("ä".to_owned()).expose_text(), Ok("ä"));
        assert_eq!(Secret::new(vec![0xff]).expose_text(), Err(NotText));
    }
}
