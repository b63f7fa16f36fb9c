//! PKCS#11 URIs (RFC 7512), as far as they name a token.

use std::fmt;
use std::path::PathBuf;

use crate::token::percent;

/// `pkcs11:token=Card;serial=0042?module-path=/usr/lib/m.so`
///
/// Attributes that name an object or a PIN are refused: a plan says which objects it makes, and a
/// PIN in a URI can be read by everyone who sees the command line.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Uri {
    /// Label of the token.
    pub token: Option<String>,
    /// Its manufacturer.
    pub manufacturer: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// Number of the slot that it is in; it may move.
    pub slot_id: Option<u64>,
    /// The module to load.
    pub module_path: Option<PathBuf>,
}

/// A URI that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UriError {
    /// Another scheme.
    #[error("a PKCS#11 URI starts with `pkcs11:`")]
    Scheme,
    /// A part without `=`.
    #[error("the PKCS#11 URI has a part without `=`: `{0}`")]
    NoValue(String),
    /// The same attribute twice.
    #[error("the PKCS#11 URI has `{0}` twice")]
    Twice(String),
    /// A `%` that two hexadecimal digits do not follow, or bytes that are no text.
    #[error("the value of `{0}` in the PKCS#11 URI is not percent-encoded UTF-8")]
    Encoding(String),
    /// A character that has to be percent-encoded.
    #[error("the value of `{attribute}` in the PKCS#11 URI has a bare `{character}`; write {}", escaped(*character))]
    Bare {
        /// The attribute.
        attribute: String,
        /// The character.
        character: char,
    },
    /// A slot number that is none.
    #[error("the slot-id in the PKCS#11 URI is not a decimal number")]
    SlotId,
    /// A PIN, or where to find one.
    #[error(
        "`{0}` is not accepted in a PKCS#11 URI: PINs come from the fields of the job \
         (environment variable, file, descriptor or prompt)"
    )]
    Pin(String),
    /// Something that names an object.
    #[error("`{0}` in a PKCS#11 URI names an object; here it has to name a token")]
    Object(String),
    /// Something else.
    #[error(
        "`{0}` is not supported in a PKCS#11 URI; use token, serial, manufacturer, model, slot-id \
         and, behind `?`, module-path"
    )]
    Unsupported(String),
}

impl Uri {
    /// Reads a URI.
    ///
    /// # Errors
    /// [`UriError`] names the attribute that is at fault, never the value of a PIN.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        let rest = match text.split_at_checked(7) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("pkcs11:") => rest,
            _ => return Err(UriError::Scheme),
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut uri = Self::default();
        for part in path.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = attribute(part)?;
            uri.set_path(name, value)?;
        }
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = attribute(part)?;
            uri.set_query(name, value)?;
        }
        Ok(uri)
    }

    fn set_path(&mut self, name: &str, value: &str) -> Result<(), UriError> {
        let place = match name {
            "token" => &mut self.token,
            "manufacturer" => &mut self.manufacturer,
            "model" => &mut self.model,
            "serial" => &mut self.serial,
            "slot-id" => {
                let digits = value.bytes().all(|byte| byte.is_ascii_digit());
                let number = value.parse().ok().filter(|_| digits);
                return once(name, &mut self.slot_id, number.ok_or(UriError::SlotId)?);
            }
            "object" | "type" | "id" => return Err(UriError::Object(name.to_owned())),
            _ => return Err(unsupported(name)),
        };
        once(name, place, decode(name, value)?)
    }

    fn set_query(&mut self, name: &str, value: &str) -> Result<(), UriError> {
        match name {
            "module-path" => once(name, &mut self.module_path, decode(name, value)?.into()),
            _ => Err(unsupported(name)),
        }
    }
}

/// Wherever a PIN stands, it is refused for being one.
fn unsupported(name: &str) -> UriError {
    match name {
        "pin-source" | "pin-value" => UriError::Pin(name.to_owned()),
        _ => UriError::Unsupported(name.to_owned()),
    }
}

fn attribute(part: &str) -> Result<(&str, &str), UriError> {
    part.split_once('=')
        .ok_or_else(|| UriError::NoValue(part.to_owned()))
}

fn once<T>(name: &str, place: &mut Option<T>, value: T) -> Result<(), UriError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(UriError::Twice(name.to_owned())),
    }
}

fn decode(name: &str, value: &str) -> Result<String, UriError> {
    let is_bare = |byte: &u8| matches!(byte, 0..=b' ' | b'#' | b'"' | b'<' | b'>' | 0x7f);
    if let Some(bare) = value.bytes().find(is_bare) {
        return Err(UriError::Bare {
            attribute: name.to_owned(),
            character: char::from(bare),
        });
    }
    percent::decode(value)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| UriError::Encoding(name.to_owned()))
}

fn escaped(character: char) -> String {
    percent::encode(character.encode_utf8(&mut [0; 4]).as_bytes(), |_| false)
}

/// The URI in its shortest form.
impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pkcs11:")?;
        let mut separator = "";
        let texts = [
            ("token", &self.token),
            ("manufacturer", &self.manufacturer),
            ("model", &self.model),
            ("serial", &self.serial),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                write!(f, "{separator}{name}={}", encode(value, ""))?;
                separator = ";";
            }
        }
        if let Some(slot_id) = self.slot_id {
            write!(f, "{separator}slot-id={slot_id}")?;
        }
        if let Some(path) = &self.module_path {
            write!(f, "?module-path={}", encode(&path.to_string_lossy(), "/"))?;
        }
        Ok(())
    }
}

/// Percent-encodes all but the unreserved characters (RFC 3986 section 2.3) and those of `safe`.
fn encode(value: &str, safe: &str) -> String {
    percent::encode(value.as_bytes(), |byte| {
        byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || safe.as_bytes().contains(&byte)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_a_token_and_its_module() {
        let uri = Uri::parse(
            "pkcs11:model=SoftHSM%20v2;manufacturer=SoftHSM%20project;serial=d3a4;token=Ad%c3%a4\
             ;slot-id=12?module-path=/usr/lib/m.so",
        );
        let expected = Uri {
            token: Some("Adä".to_owned()),
            manufacturer: Some("SoftHSM project".to_owned()),
            model: Some("SoftHSM v2".to_owned()),
            serial: Some("d3a4".to_owned()),
            slot_id: Some(12),
            module_path: Some("/usr/lib/m.so".into()),
        };
        assert_eq!(uri, Ok(expected));
        assert_eq!(Uri::parse("pkcs11:"), Ok(Uri::default()));
    }

    #[test]
    fn a_pin_is_refused_and_not_repeated() {
        for uri in [
            "pkcs11:token=T?pin-value=4711",
            "pkcs11:pin-value=4711",
            "pkcs11:?pin-source=4711",
        ] {
            let error = Uri::parse(uri).unwrap_err();
            assert!(matches!(error, UriError::Pin(_)), "{uri}");
            assert!(!error.to_string().contains("4711"));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            ("", UriError::Scheme),
            ("sim:", UriError::Scheme),
            ("pkcs11:token", UriError::NoValue("token".to_owned())),
            (
                "pkcs11:token=A;token=B",
                UriError::Twice("token".to_owned()),
            ),
            ("pkcs11:token=%4", UriError::Encoding("token".to_owned())),
            ("pkcs11:token=%zz", UriError::Encoding("token".to_owned())),
            ("pkcs11:token=%ff", UriError::Encoding("token".to_owned())),
            ("pkcs11:slot-id=0x1", UriError::SlotId),
            ("pkcs11:slot-id=+1", UriError::SlotId),
            ("pkcs11:object=key", UriError::Object("object".to_owned())),
            (
                "pkcs11:x-vendor=1",
                UriError::Unsupported("x-vendor".to_owned()),
            ),
            (
                "pkcs11:?module-name=m",
                UriError::Unsupported("module-name".to_owned()),
            ),
        ];
        for (uri, error) in cases {
            assert_eq!(Uri::parse(uri), Err(error), "{uri}");
        }
        let bare = Uri::parse("pkcs11:token=My card").unwrap_err().to_string();
        assert!(bare.ends_with("write %20"), "{bare}");
    }

    proptest! {
        #[test]
        fn never_panics(text in "(pkcs11:)?\\PC*") {
            let _ = Uri::parse(&text);
        }

        #[test]
        fn comes_back(token: String, slot_id: u64, path in "/[a-zä ?&%]*") {
            let uri = Uri {
                token: Some(token),
                slot_id: Some(slot_id),
                module_path: Some(path.into()),
                ..Uri::default()
            };
            prop_assert_eq!(Uri::parse(&uri.to_string()), Ok(uri));
        }
    }
}
