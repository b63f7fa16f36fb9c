//! A lowered card profile: files, PINs and contents as typed operations.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{Algorithm, OperationId, Origin, UndoClass, Value};

/// Everything a card profile does to a card, in the order of fewest commands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CardProgram")]
pub struct CardProgram<V = Value> {
    /// Name of the profile, as the description names it.
    pub profile: String,
    /// The card it is written for, by its identity in stdlib.
    pub card: String,
    /// Whether the card can be erased without credentials, also after it is activated.
    pub eraseable: bool,
    /// Secrets that the profile makes, in the order they are made.
    pub generated: Vec<Generated>,
    /// What is done, in order.
    pub operations: Vec<CardOperation<V>>,
}

/// A secret that is drawn for each card (`SECRANDOM`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Generated {
    /// The variable of the profile that holds it.
    pub name: String,
    /// Number of characters.
    pub length: u16,
    /// The characters to draw from.
    pub alphabet: String,
}

/// One operation of a card program.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CardOperation")]
pub struct CardOperation<V = Value> {
    /// Its name.
    pub id: OperationId,
    /// What is done.
    #[serde(flatten)]
    pub action: CardAction<V>,
    /// Whether it can be taken back without erasing the card.
    pub undo: UndoClass,
    /// The place in the profile.
    pub origin: Origin,
}

impl<V> CardOperation<V> {
    /// How the names of operations begin that perso added to a profile on request.
    pub const ADDITION: &'static str = "synthesized.";

    /// Whether perso added it, at the request of whoever compiled (`--synthesize-pkcs15`).
    #[must_use]
    pub fn is_addition(&self) -> bool {
        self.id.0.starts_with(Self::ADDITION)
    }
}

/// What is done to the file system of a card.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "operation", rename_all = "kebab-case")]
#[expect(
    clippy::large_enum_variant,
    reason = "a profile has a few dozen of them"
)]
#[schemars(rename = "CardAction")]
pub enum CardAction<V = Value> {
    /// Selects the master file.
    SelectMasterFile,
    /// Creates a file, which becomes the current one (ISO 7816-9).
    CreateFile {
        /// Its path from the master file, which is not part of it.
        path: FilePath,
        /// Its name in the profile.
        name: String,
        /// What it is.
        #[serde(flatten)]
        shape: FileShape<V>,
        /// Who may do what.
        access: AccessRules,
    },
    /// Writes a file from its first byte on.
    WriteFile {
        /// Its path.
        path: FilePath,
        /// Its name in the profile.
        name: String,
        /// The content.
        content: V,
    },
    /// Makes a PIN object.
    CreatePin {
        /// The PIN.
        pin: PinObject,
        /// Its first value.
        value: V,
    },
    /// Makes a key pair on the card (`CreateKey`, perso).
    CreateKey {
        /// The key pair.
        key: KeyObject,
        /// The file that receives the public key, if the profile names one.
        public: Option<FilePath>,
    },
    /// Encrypts credentials for the PIN letter; the result is the blob.
    EncryptPins {
        /// Name of the profile, the first element of the content.
        profile_name: Option<V>,
        /// Credentials by name (`PIN1` … `MAN`), in the order they were put in.
        secrets: Vec<(String, V)>,
    },
    /// Puts the card into operation: from here on access rules are enforced (`BurnFuse`).
    Activate,
}

/// A file identifier (ISO 7816-4), as four hexadecimal digits in a plan.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FileId(pub u16);

/// File identifiers from below the master file down to the file; empty for the master file.
pub type FilePath = Vec<FileId>;

/// What a file is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "file", rename_all = "kebab-case")]
#[schemars(rename = "FileShape")]
pub enum FileShape<V = Value> {
    /// A dedicated file.
    Dedicated {
        /// Reserved space in bytes, where the profile says so.
        size: Option<u16>,
        /// Application identifier, 1 to 16 bytes, upper-case hexadecimal.
        aid: Option<String>,
    },
    /// A transparent elementary file.
    Transparent {
        /// Its size in bytes.
        size: SizeOf<V>,
        /// Short file identifier, 1 to 30.
        sfi: Option<u8>,
    },
}

/// The size of an elementary file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "SizeOf")]
pub enum SizeOf<V = Value> {
    /// This many bytes.
    Bytes(u16),
    /// As many as the content has, which is known before the file is created.
    Content(V),
}

/// Who may do what with a file. What is absent is not set, and the card's default holds.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are those of the attributes")]
pub struct AccessRules {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<AccessRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update: Option<AccessRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub append: Option<AccessRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create: Option<AccessRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<AccessRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activate: Option<AccessRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deactivate: Option<AccessRule>,
}

/// A condition for access.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AccessRule {
    /// One word.
    Only(Access),
    /// Any of these suffices.
    Any(Vec<Access>),
    /// All of these are needed.
    All(Vec<Access>),
}

/// A word of an access rule.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[expect(
    missing_docs,
    reason = "the eight credentials of a card by their names"
)]
pub enum Access {
    /// Without any credential.
    Always,
    /// Not at all.
    Never,
    /// The PUK or the operator PIN, as the description says.
    #[serde(rename = "SO")]
    SecurityOfficer,
    #[serde(rename = "PIN1")]
    Pin1,
    #[serde(rename = "PIN2")]
    Pin2,
    #[serde(rename = "PIN3")]
    Pin3,
    #[serde(rename = "PUK")]
    Puk,
    #[serde(rename = "PUK1")]
    Puk1,
    #[serde(rename = "PUK2")]
    Puk2,
    #[serde(rename = "OP")]
    Operator,
    #[serde(rename = "MAN")]
    Manager,
}

impl Access {
    /// The eight credentials of a card, in the order of their default references 1 to 8 (perso).
    pub const CREDENTIALS: [Self; 8] = [
        Self::Pin1,
        Self::Pin2,
        Self::Pin3,
        Self::Puk,
        Self::Puk1,
        Self::Puk2,
        Self::Operator,
        Self::Manager,
    ];

    /// The word in rules and in the record of credentials: `PIN1` … `MAN`, `SO`, `always`, `never`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Never => "never",
            Self::SecurityOfficer => "SO",
            Self::Pin1 => "PIN1",
            Self::Pin2 => "PIN2",
            Self::Pin3 => "PIN3",
            Self::Puk => "PUK",
            Self::Puk1 => "PUK1",
            Self::Puk2 => "PUK2",
            Self::Operator => "OP",
            Self::Manager => "MAN",
        }
    }

    /// The credential of this name.
    #[must_use]
    pub fn credential(name: &str) -> Option<Self> {
        Self::CREDENTIALS
            .into_iter()
            .find(|credential| credential.word() == name)
    }

    /// The reference of a credential where a profile names no other (perso); none for the words
    /// that are no single credential.
    #[must_use]
    pub fn default_reference(self) -> Option<u8> {
        (1..)
            .zip(Self::CREDENTIALS)
            .find_map(|(reference, credential)| (credential == self).then_some(reference))
    }
}

/// A PIN object.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct PinObject {
    /// Which credential it is.
    pub credential: Access,
    /// Its reference, 1 to 15.
    pub reference: u8,
    /// Wrong tries until it is blocked, 1 to 15.
    pub retries: u8,
    /// Least number of bytes.
    pub min_length: u8,
    /// Greatest number of bytes.
    pub max_length: u8,
    /// Reference of the PIN that unblocks it.
    pub unblocked_by: Option<u8>,
}

/// A key pair that the card makes itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct KeyObject {
    /// Its name in the profile.
    pub name: String,
    /// Its reference, 1 to 15.
    pub reference: u8,
    /// What kind.
    pub algorithm: Algorithm,
    /// What it may be used for.
    pub usage: KeyUsage,
    /// Who may use it.
    pub access: AccessRule,
}

/// What a key of a card may be used for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyUsage {
    /// Signing, which is also logging in.
    Sign,
    /// Deciphering.
    Decipher,
    /// Both.
    #[default]
    Both,
}

impl Serialize for FileId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FileId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str>>::deserialize(deserializer)?;
        let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = u16::from_str_radix(&text, 16).ok().filter(|_| digits);
        id.map(Self)
            .ok_or_else(|| serde::de::Error::custom("expected four hexadecimal digits"))
    }
}

impl JsonSchema for FileId {
    fn schema_name() -> Cow<'static, str> {
        "FileId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A file identifier (ISO 7816-4).",
            "type": "string",
            "pattern": "^[0-9A-Fa-f]{4}$"
        })
    }
}

impl std::fmt::Display for FileId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}
