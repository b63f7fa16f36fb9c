//! What can go wrong with a module and its tokens.

use std::path::PathBuf;

use cryptoki::error::Error as Cryptoki;

use super::{HeaderError, ReturnCode, UriError};
use crate::pki;

/// A PKCS#11 operation failed. No variant holds a PIN or a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A `C_` function returned something else than `CKR_OK`.
    #[error("{code} in {function}{}", colon(code.explanation(function)))]
    Call {
        /// What it returned.
        code: ReturnCode,
        /// Its name, `C_Login`.
        function: String,
    },
    /// The file cannot be a module for this process.
    #[error("the PKCS#11 module `{}` cannot be loaded: {reason}", path.display())]
    Unloadable {
        /// The file.
        path: PathBuf,
        /// What its header shows.
        #[source]
        reason: HeaderError,
    },
    /// The loader of the operating system refused the file.
    #[error(
        "the PKCS#11 module `{}` cannot be loaded: {reason}; a library that it needs may be missing",
        path.display()
    )]
    Loader {
        /// The file.
        path: PathBuf,
        /// The loader's words.
        reason: String,
    },
    /// A library without the functions of PKCS#11.
    #[error(
        "`{}` is a library, but no PKCS#11 module: it has no function C_GetFunctionList",
        path.display()
    )]
    NoModule {
        /// The file.
        path: PathBuf,
    },
    /// A function of the specification is missing in the module.
    #[error("the PKCS#11 module lacks a function that is needed here")]
    MissingFunction,
    /// The module's answer makes no sense.
    #[error("the PKCS#11 module returned an invalid value: {0}")]
    InvalidAnswer(String),
    /// A PKCS#11 URI that cannot be used.
    #[error(transparent)]
    Uri(#[from] UriError),
    /// No token is the one that was asked for.
    #[error("no token matches {wanted}; {}", there_is(present))]
    NoToken {
        /// The selection.
        wanted: String,
        /// The tokens that are there.
        present: Vec<String>,
    },
    /// More than one token is.
    #[error(
        "{} tokens match {wanted} ({}); name the serial number too",
        matching.len(),
        matching.join(", ")
    )]
    SeveralTokens {
        /// The selection.
        wanted: String,
        /// The tokens that match.
        matching: Vec<String>,
    },
    /// A token label above 32 bytes.
    #[error("the token label `{0}` is longer than the 32 bytes that PKCS#11 has for it")]
    LabelTooLong(String),
    /// A PIN that is no text.
    #[error("the PIN is not UTF-8 text")]
    PinNotText,
    /// An object lacks an attribute, or the token does not give it away.
    #[error("the object has no readable {0}")]
    MissingAttribute(&'static str),
    /// A key on the token that cannot be used.
    #[error("the key on the token cannot be used: {0}")]
    Key(#[from] pki::KeyError),
    /// A certificate on the token that cannot be used, or one that cannot be written.
    #[error(transparent)]
    Certificate(#[from] pki::CertificateError),
    /// A name that cannot be written.
    #[error(transparent)]
    Name(#[from] pki::NameError),
    /// The token does not take private keys in any way that is known here.
    #[error(
        "the token does not take private keys by C_CreateObject ({code}); \
         importing by C_UnwrapKey is not supported yet"
    )]
    NoKeyImport {
        /// What it returned to C_CreateObject.
        code: ReturnCode,
    },
}

impl Error {
    /// What the token returned, if it was a token that failed.
    #[must_use]
    pub const fn code(&self) -> Option<ReturnCode> {
        match self {
            Self::Call { code, .. } | Self::NoKeyImport { code } => Some(*code),
            _ => None,
        }
    }
}

impl From<Cryptoki> for Error {
    fn from(error: Cryptoki) -> Self {
        match error {
            Cryptoki::Pkcs11(code, function) => Self::Call {
                code: code.into(),
                function: format!("C_{function:?}"),
            },
            Cryptoki::NullFunctionPointer | Cryptoki::MissingSymbol(_) => Self::MissingFunction,
            other => Self::InvalidAnswer(other.to_string()),
        }
    }
}

fn colon(explanation: Option<&str>) -> String {
    explanation.map_or_else(String::new, |text| format!(": {text}"))
}

fn there_is(tokens: &[String]) -> String {
    if tokens.is_empty() {
        "the module shows no token at all".to_owned()
    } else {
        format!("there is {}", tokens.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_call_is_named_first_and_explained_after() {
        let error = Error::Call {
            code: ReturnCode::PIN_LEN_RANGE,
            function: "C_InitPIN".to_owned(),
        };
        assert_eq!(
            error.to_string(),
            "CKR_PIN_LEN_RANGE (0xA2) in C_InitPIN: the PIN is too short or too long for this token"
        );
        let bare = Error::Call {
            code: ReturnCode(0x8000_0001),
            function: "C_Login".to_owned(),
        };
        assert_eq!(bare.to_string(), "vendor's code 0x80000001 in C_Login");
    }
}
