//! How a value is written down: as text, Base64 or hexadecimal digits.
//!
//! Errors name a position, never the character found there.

use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurpose, GeneralPurposeConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Secret;

/// Base64 of RFC 4648 section 4; the padding may be missing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How the bytes of a value are written down.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// UTF-8 text, taken as it stands.
    #[default]
    Text,
    /// Base64 (RFC 4648 section 4); blanks and line ends are skipped, padding may be missing.
    Base64,
    /// Pairs of hexadecimal digits; blanks and line ends are skipped.
    Hex,
}

/// A value that is not what its encoding promises.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecodeError {
    /// Text that is not UTF-8.
    #[error("the value is not UTF-8 text")]
    NotText,
    /// Something that is no Base64.
    #[error("the value is not Base64")]
    NotBase64,
    /// A character that is no hexadecimal digit.
    #[error("the value is not hexadecimal: byte {offset} is no hexadecimal digit")]
    NotHex {
        /// 0-based position of the byte.
        offset: usize,
    },
    /// Half a byte at the end.
    #[error("the value is not hexadecimal: it has an odd number of digits")]
    OddHex,
}

impl Encoding {
    /// The bytes that `written` stands for.
    ///
    /// # Errors
    /// [`DecodeError`] if `written` does not follow the encoding.
    pub fn decode(self, written: &Secret) -> Result<Secret, DecodeError> {
        match self {
            Self::Text => text(written),
            Self::Base64 => base64(written),
            Self::Hex => hex(written),
        }
    }

    /// The word for people and files: `text`, `base64`, `hex`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Base64 => "base64",
            Self::Hex => "hex",
        }
    }
}

fn text(written: &Secret) -> Result<Secret, DecodeError> {
    match written.expose_text() {
        Ok(_) => Ok(written.clone()),
        Err(_) => Err(DecodeError::NotText),
    }
}

fn base64(written: &Secret) -> Result<Secret, DecodeError> {
    let mut compact = Zeroizing::new(Vec::with_capacity(written.len()));
    compact.extend(written.expose().iter().filter(|b| !b.is_ascii_whitespace()));
    // Sized beforehand: a buffer that grew would leave copies behind.
    let mut bytes = Zeroizing::new(vec![0; base64::decoded_len_estimate(compact.len())]);
    let length = BASE64
        .decode_slice(&*compact, &mut bytes)
        .map_err(|_| DecodeError::NotBase64)?;
    bytes.truncate(length);
    Ok(Secret(bytes))
}

fn hex(written: &Secret) -> Result<Secret, DecodeError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(written.len() / 2));
    let mut high = None;
    for (offset, &byte) in written.expose().iter().enumerate() {
        if byte.is_ascii_whitespace() {
            continue;
        }
        let digit = hex_digit(byte).ok_or(DecodeError::NotHex { offset })?;
        high = match high {
            None => Some(digit),
            Some(high) => {
                bytes.push(high << 4 | digit);
                None
            }
        };
    }
    match high {
        None => Ok(Secret(bytes)),
        Some(_) => Err(DecodeError::OddHex),
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(encoding: Encoding, written: &str) -> Result<Vec<u8>, DecodeError> {
        encoding
            .decode(&Secret::from(written.to_owned()))
            .map(|secret| secret.expose().to_vec())
    }

    #[test]
    fn text_is_taken_as_it_stands() {
        assert_eq!(decode(Encoding::Text, " 1\n"), Ok(b" 1\n".to_vec()));
        let binary = Secret::new(vec![0xc3]);
        assert_eq!(Encoding::Text.decode(&binary), Err(DecodeError::NotText));
    }

    #[test]
    fn base64_may_be_wrapped_and_unpadded() {
        assert_eq!(
            decode(Encoding::Base64, "AAEC\r\nAw=="),
            Ok(vec![0, 1, 2, 3])
        );
        assert_eq!(decode(Encoding::Base64, "AAECAw"), Ok(vec![0, 1, 2, 3]));
        assert_eq!(decode(Encoding::Base64, ""), Ok(vec![]));
        assert_eq!(decode(Encoding::Base64, "A"), Err(DecodeError::NotBase64));
        assert_eq!(
            decode(Encoding::Base64, "AA-_"),
            Err(DecodeError::NotBase64)
        );
    }

    #[test]
    fn hex_tells_the_place_and_not_the_character() {
        assert_eq!(decode(Encoding::Hex, "00 fF\n10"), Ok(vec![0, 255, 16]));
        assert_eq!(decode(Encoding::Hex, "00f"), Err(DecodeError::OddHex));
        let error = decode(Encoding::Hex, "00zz").unwrap_err();
        assert_eq!(error, DecodeError::NotHex { offset: 2 });
        assert!(!error.to_string().contains("zz"));
    }

    proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>) {
            let secret = Secret::new(bytes);
            for encoding in [Encoding::Text, Encoding::Base64, Encoding::Hex] {
                let _ = encoding.decode(&secret);
            }
        }

        #[test]
        fn base64_comes_back(bytes: Vec<u8>) {
            prop_assert_eq!(decode(Encoding::Base64, &BASE64.encode(&bytes)), Ok(bytes));
        }
    }
}
