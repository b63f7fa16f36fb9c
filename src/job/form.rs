//! The form of a job file: what serde reads and the JSON Schema shows. The comments here are what an
//! editor shows to the author of the file.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{MapAccess, SeqAccess};

use super::check_id;
use super::issuer::LONGEST_TIMEOUT;
use crate::secret::Encoding;
use crate::settings::{Entries, Key, List, Name, Table, Written, Wrong, word};

/// The values for one card: what its fields hold, which token it is, who answers.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(title = "perso job")]
pub(super) struct Form {
    /// The value of each input field of the description, by the name of the field; letter case
    /// counts.
    pub(super) fields: Key<Entries<GivenForm>>,
    /// This job itself.
    pub(super) job: Key<Table<JobForm>>,
    /// Which token. Default: `sim:`, a simulated card that lives as long as the command.
    pub(super) token: Key<Table<TokenForm>>,
    /// The answers to dialogs, by the key of the description that asks: `PIN`. Default: they are
    /// asked at the terminal.
    pub(super) dialogs: Key<Entries<AnswersForm>>,
    /// Who answers certificate requests. Default: nobody, and a plan that makes requests is refused.
    pub(super) issuer: Key<Table<IssuerForm>>,
    /// For whom the PINs are encrypted that a profile stores on the card.
    pub(super) pin_encryption: Key<Table<PinEncryptionForm>>,
    /// The keys that decrypt the PINs that a description reads from the card.
    pub(super) pin_decryption: Key<Table<PinDecryptionForm>>,
}

/// This job itself.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(rename = "Job")]
pub(super) struct JobForm {
    /// The name of this card's job, 1 to 64 printable characters: the same name finds the objects
    /// of an interrupted run again. Default: a random name, which the run tells.
    pub(super) id: Key<JobId>,
}

/// The name of a job.
#[derive(JsonSchema)]
#[schemars(inline, transparent)]
pub(super) struct JobId(#[schemars(length(min = 1, max = 64))] pub(super) String);

/// Which token.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(rename = "Token")]
pub(super) struct TokenForm {
    /// Where it is: `sim:`, `sim:FILE`, `pkcs11:…` (RFC 7512) or `pcsc:READER`. Default: `sim:`.
    pub(super) uri: Key<String>,
    /// Where the token of the signature slot is. Default: the signature slot is on the same token.
    pub(super) signature: Key<String>,
    /// The serial number that the token must have; any other is refused. Default: any.
    pub(super) serial: Key<String>,
}

/// Who answers certificate requests.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(rename = "Issuer", extend("required" = ["kind"], "oneOf" = kinds_of_issuers()))]
pub(super) struct IssuerForm {
    /// Who it is.
    pub(super) kind: Key<IssuerWord>,
    /// Of a development CA: the file that the run writes its certificate to, in PEM; relative to
    /// this file. Default: none.
    pub(super) certificate: Key<String>,
    /// The folder that a development CA is kept in from run to run, else it dies with the run; or
    /// the folder of an exchange, which has to be there. Relative to this file.
    pub(super) folder: Key<String>,
    /// The program and its arguments, without a shell between. It runs in the folder of this file.
    pub(super) command: Key<List<String>>,
    /// Seconds after which the command is ended, 1 to 86400. Default: 60.
    pub(super) timeout: Key<Seconds>,
}

/// Who answers certificate requests.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "IssuerKind")]
pub(super) enum IssuerWord {
    /// A development CA of perso, in the process; its name says that it is not for production.
    DevCa,
    /// A command that is run for each request: the request in PEM (PKCS#10) on its standard input,
    /// the certificate, alone or with its chain, on its standard output.
    Command,
    /// A folder for requests and certificates: the run puts each request there and ends; once the
    /// certificates lie beside them it is resumed.
    Exchange,
}

/// Seconds that a command may take.
#[derive(JsonSchema)]
#[schemars(inline, transparent)]
pub(super) struct Seconds(#[schemars(range(min = 1, max = 86_400))] pub(super) u64);

/// For whom PINs are encrypted.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(rename = "PinEncryption", extend("required" = ["certificate"]))]
pub(super) struct PinEncryptionForm {
    /// Files with one certificate each, X.509 in PEM or DER; relative to this file. Whoever has the
    /// key of one can decrypt.
    pub(super) certificate: Key<OneOrMore>,
}

/// One file, or a list of files.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum OneOrMore {
    /// One file.
    One(String),
    /// A list of files.
    More(List<String>),
}

/// The keys that decrypt PINs.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(rename = "PinDecryption", extend("minProperties" = 1))]
pub(super) struct PinDecryptionForm {
    /// The keys; the one that fits is used.
    pub(super) keys: Key<List<Table<KeyForm>>>,
    /// The configuration of Identity Manager that lists keys.
    pub(super) identity_manager: Key<Table<IdentityManagerForm>>,
}

/// The configuration of Identity Manager that lists keys.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(rename = "IdentityManager", extend("required" = ["engine", "properties"]))]
pub(super) struct IdentityManagerForm {
    /// `engineSignEncrypt.xml`, which has descriptors and keys; relative to this file.
    pub(super) engine: Key<String>,
    /// `system.properties`, whose `pinBlobDecryptor.keyDescriptorNames` names the descriptors;
    /// relative to this file.
    pub(super) properties: Key<String>,
}

/// A key that decrypts PINs, in a PKCS#12 file or in a hardware security module.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(rename = "DecryptionKey", extend("oneOf" = kinds_of_keys()))]
pub(super) struct KeyForm {
    /// The PKCS#12 file that holds it; relative to this file.
    pub(super) pkcs12: Key<String>,
    /// The password of that file.
    pub(super) password: Key<GivenForm>,
    /// The PKCS#11 module of the HSM that holds it; relative to this file. A bare file name is
    /// searched where the operating system has its libraries.
    pub(super) module: Key<String>,
    /// The label of the token of the HSM. Default: any, if the module shows only one.
    pub(super) token: Key<String>,
    /// The number of the slot of the HSM. Default: any, if the module shows only one token.
    pub(super) slot: Key<SlotNumber>,
    /// The label of the private key on the token. Default: every RSA key there.
    pub(super) alias: Key<String>,
    /// The user PIN of the token.
    pub(super) pin: Key<GivenForm>,
}

/// The number of a slot of a PKCS#11 module.
#[derive(JsonSchema)]
#[schemars(inline, transparent)]
pub(super) struct SlotNumber(pub(super) u64);

/// A value, or where it is.
#[derive(JsonSchema)]
#[schemars(untagged, rename = "Value")]
pub(super) enum GivenForm {
    /// The value itself. That of a secret is warned about.
    Text(String),
    /// The value of a flag.
    Flag(bool),
    /// Where it is.
    From(Box<Table<SourceForm>>),
}

/// Where a value is: one of `env`, `file`, `fd` and `prompt`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(rename = "Source", extend("oneOf" = one_of(&["env", "file", "fd", "prompt"])))]
pub(super) struct SourceForm {
    /// The name of an environment variable.
    pub(super) env: Key<String>,
    /// A file; relative to this file.
    pub(super) file: Key<String>,
    /// The number of a file descriptor that is open for reading.
    pub(super) fd: Key<Descriptor>,
    /// What a person is asked for at the terminal, without echo.
    pub(super) prompt: Key<String>,
    /// How the value is written there. Default: as the field itself is.
    pub(super) encoding: Key<Encoding>,
}

/// The number of a file descriptor.
#[derive(JsonSchema)]
#[schemars(inline, transparent)]
pub(super) struct Descriptor(pub(super) u32);

/// The answers to a dialog: one value, or the present PIN and the new one.
#[derive(JsonSchema)]
#[schemars(untagged, rename = "Answers")]
pub(super) enum AnswersForm {
    /// The PIN to enter, or the new one.
    One(GivenForm),
    /// The present PIN and the new one.
    Two(Box<Table<TwoForm>>),
}

/// The answers to a dialog that changes a PIN.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(rename = "PinChange", extend("minProperties" = 1))]
pub(super) struct TwoForm {
    /// The present PIN.
    pub(super) old: Key<GivenForm>,
    /// The new PIN.
    pub(super) new: Key<GivenForm>,
}

/// Which keys an issuer of each kind has, and which of them it needs.
fn kinds_of_issuers() -> serde_json::Value {
    serde_json::json!([
        { "properties": { "kind": { "const": "dev-ca" }, "command": false, "timeout": false } },
        {
            "properties": {
                "kind": { "const": "command" },
                "command": { "minItems": 1 },
                "certificate": false,
                "folder": false,
            },
            "required": ["command"],
        },
        {
            "properties": {
                "kind": { "const": "exchange" },
                "certificate": false,
                "command": false,
                "timeout": false,
            },
            "required": ["folder"],
        },
    ])
}

/// A key is in a file or in an HSM; what belongs to the one is no key of the other.
fn kinds_of_keys() -> serde_json::Value {
    serde_json::json!([
        {
            "properties": {
                "module": false, "token": false, "slot": false, "alias": false, "pin": false,
            },
            "required": ["pkcs12", "password"],
        },
        {
            "properties": { "pkcs12": false, "password": false },
            "required": ["module", "pin"],
        },
    ])
}

fn one_of(keys: &[&str]) -> serde_json::Value {
    let alternatives = keys
        .iter()
        .map(|key| serde_json::json!({ "required": [key] }));
    alternatives.collect()
}

impl Written for JobId {
    const WANTED: &'static str = "text in quotes";

    fn text(text: &str) -> Result<Self, Wrong> {
        match check_id(text) {
            Ok(()) => Ok(Self(text.to_owned())),
            Err(message) => Err(Wrong::said(
                message,
                "name it after the card: `employee-0815`",
            )),
        }
    }
}

impl Written for IssuerWord {
    const WANTED: &'static str = "text in quotes";

    fn text(text: &str) -> Result<Self, Wrong> {
        word(text, "kind of issuer")
    }
}

impl Written for Encoding {
    const WANTED: &'static str = "text in quotes";

    fn text(text: &str) -> Result<Self, Wrong> {
        word(text, "encoding")
    }
}

impl Written for Descriptor {
    const WANTED: &'static str = "the number of a descriptor, 0 or more";

    fn number(number: i128) -> Result<Self, Wrong> {
        let small = u32::try_from(number).map(Self);
        small.map_err(|_| Wrong::kind::<Self>("another number"))
    }
}

impl Written for SlotNumber {
    const WANTED: &'static str = "the number of a slot, 0 or more";

    fn number(number: i128) -> Result<Self, Wrong> {
        let slot = u64::try_from(number).map(Self);
        slot.map_err(|_| Wrong::kind::<Self>("another number"))
    }
}

impl Written for Seconds {
    const WANTED: &'static str = "a number of seconds";

    fn number(number: i128) -> Result<Self, Wrong> {
        match u64::try_from(number) {
            Ok(seconds @ 1..=LONGEST_TIMEOUT) => Ok(Self(seconds)),
            _ => Err(Wrong::said(
                format!("`timeout` is 1 to {LONGEST_TIMEOUT} seconds"),
                "for an issuer that takes longer there is the kind `exchange`",
            )),
        }
    }
}

impl Written for OneOrMore {
    const WANTED: &'static str = "text in quotes or a list";

    fn text(text: &str) -> Result<Self, Wrong> {
        Ok(Self::One(text.to_owned()))
    }

    fn list<'de, A: SeqAccess<'de>>(items: A) -> Result<Result<Self, Wrong>, A::Error> {
        Ok(List::list(items)?.map(Self::More))
    }
}

impl Written for GivenForm {
    const WANTED: &'static str = "text in quotes, digits too, or a table that says where it is";

    fn text(text: &str) -> Result<Self, Wrong> {
        Ok(Self::Text(text.to_owned()))
    }

    fn flag(flag: bool) -> Result<Self, Wrong> {
        Ok(Self::Flag(flag))
    }

    fn table<'de, A: MapAccess<'de>>(entries: A) -> Result<Result<Self, Wrong>, A::Error> {
        Ok(Table::table(entries)?.map(|table| Self::From(Box::new(table))))
    }
}

impl Written for AnswersForm {
    const WANTED: &'static str = GivenForm::WANTED;

    fn text(text: &str) -> Result<Self, Wrong> {
        GivenForm::text(text).map(Self::One)
    }

    fn flag(flag: bool) -> Result<Self, Wrong> {
        GivenForm::flag(flag).map(Self::One)
    }

    /// The first key tells which of the two tables it is.
    fn table<'de, A: MapAccess<'de>>(mut entries: A) -> Result<Result<Self, Wrong>, A::Error> {
        let Ok(first) = Name::next(&mut entries) else {
            return Ok(Err(Wrong::kind::<Self>("a date")));
        };
        let is_two = |name: &Name| ["old", "new"].contains(&name.text.as_str());
        Ok(Ok(match first.as_ref().is_some_and(is_two) {
            true => Self::Two(Box::new(Table::from_first(first, entries)?)),
            false => Self::One(GivenForm::From(Box::new(Table::from_first(
                first, entries,
            )?))),
        }))
    }
}
