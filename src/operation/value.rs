//! Where a value comes from when the plan is run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::OperationId;

/// An argument of an operation. The list is closed: whatever a description can say about a value
/// is one of these.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Value {
    /// Text that stands in the source.
    Text {
        /// The text.
        text: String,
        /// Whether it is a credential that the author wrote down; masked wherever it is shown.
        #[serde(default, skip_serializing_if = "is_false")]
        secret: bool,
    },
    /// Bytes that stand in the source.
    Bytes {
        /// Upper-case hexadecimal.
        hex: String,
        /// Whether they are a credential that the author wrote down.
        #[serde(default, skip_serializing_if = "is_false")]
        secret: bool,
    },
    /// A field, bound by the job.
    Field {
        /// Its name; letter case counts.
        name: String,
        /// How its text is to be read.
        encoding: FieldEncoding,
        /// Whether it is a credential.
        #[serde(default, skip_serializing_if = "is_false")]
        secret: bool,
    },
    /// What an earlier operation gave.
    Result {
        /// The operation.
        operation: OperationId,
        /// Which part of its result.
        part: Part,
    },
    /// A secret that the profile makes (`SECRANDOM`).
    Generated {
        /// The variable of the profile.
        name: String,
    },
    /// An answer that a person gives at the card.
    Dialog {
        /// Which dialog.
        form: DialogForm,
        /// Which of its answers.
        #[serde(default, skip_serializing_if = "is_false")]
        old: bool,
        /// Whether a reader with a PIN pad asks instead (`_AUTO`).
        #[serde(default, skip_serializing_if = "is_false")]
        reader_aware: bool,
    },
    /// Entered at the PIN pad of the reader; never seen by the program.
    ProtectedPath,
    /// Parts one behind the other.
    Concatenation {
        /// The parts.
        parts: Vec<Value>,
    },
    /// One of two values, as a flag decides at the run.
    Conditional {
        /// The flag: a field with the text `true` or `false`.
        flag: Box<Value>,
        /// The value when it is true.
        when_true: Box<Value>,
        /// The value when it is false.
        when_false: Box<Value>,
    },
}

/// How the text of a field becomes bytes.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FieldEncoding {
    /// Its UTF-8 bytes.
    Text,
    /// Decoded from Base64 (RFC 4648).
    Base64,
    /// `true` or `false`.
    Flag,
    /// A flag that is true when the text is `Signature`, in any letter case (`Location`; SIGN).
    SignatureSlot,
}

/// A part of the result of an operation.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// A certificate request, PKCS#10 in DER.
    Request,
    /// A certificate, X.509 in DER.
    Certificate,
    /// The issuer's PKCS#12, for an archived key.
    Container,
    /// The password of that PKCS#12.
    Password,
    /// The blob of the encrypted PINs.
    PinBlob,
    /// A serial number, as text.
    Serial,
}

/// The documented dialogs (INIT, TMPL).
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum DialogForm {
    /// Dialog 1: one entry, to log in.
    Authenticate,
    /// Dialog 2: a new PIN, typed twice.
    NewPin,
    /// Dialog 3: the present PIN and a new one, typed twice.
    ChangePin,
}

impl Part {
    /// What it is, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Certificate => "certificate",
            Self::Container => "container",
            Self::Password => "password",
            Self::PinBlob => "encrypted PINs",
            Self::Serial => "serial number",
        }
    }
}

impl Value {
    /// Text that is no secret.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text {
            text: text.into(),
            secret: false,
        }
    }

    /// Bytes that are no secret.
    #[must_use]
    pub fn bytes(bytes: &[u8]) -> Self {
        use std::fmt::Write as _;
        let mut hex = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            // Writing to a `String` cannot fail.
            let _ = write!(hex, "{byte:02X}");
        }
        Self::Bytes { hex, secret: false }
    }

    /// Whether it is a secret, or is put together from one.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        match self {
            Self::Text { secret, .. } | Self::Bytes { secret, .. } | Self::Field { secret, .. } => {
                *secret
            }
            Self::Generated { .. } | Self::Dialog { .. } | Self::ProtectedPath => true,
            Self::Result { part, .. } => matches!(part, Part::Container | Part::Password),
            Self::Concatenation { parts } => parts.iter().any(Self::is_secret),
            Self::Conditional {
                when_true,
                when_false,
                ..
            } => when_true.is_secret() || when_false.is_secret(),
        }
    }

    /// Calls `visit` with this value and every value inside it.
    pub fn walk<'v>(&'v self, visit: &mut impl FnMut(&'v Self)) {
        visit(self);
        match self {
            Self::Concatenation { parts } => parts.iter().for_each(|part| part.walk(visit)),
            Self::Conditional {
                flag,
                when_true,
                when_false,
            } => {
                for value in [flag, when_true, when_false] {
                    value.walk(visit);
                }
            }
            _ => {}
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde calls"
)]
fn is_false(flag: &bool) -> bool {
    !*flag
}
