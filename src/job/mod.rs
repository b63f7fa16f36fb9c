//! The job: the values for one card, from a TOML file and the command line.
//!
//! A job is read and checked whole: every problem is listed, with its place, before anything is
//! run. Errors name fields and sources, never values. What the values are for is told by
//! [`Declaration`]s; plans and tokens are not known here.

mod bind;
mod form;
mod identity_manager;
mod issuer;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

pub use bind::{Answered, Declaration};
pub use identity_manager::{IdentityManager, IdentityManagerError};
pub use issuer::IssuerChoice;
use read::check_id;

use crate::secret::{Encoding, Secret, Source};
use crate::settings;

/// The values for one card.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Job {
    /// Names this card's job; the same name finds the same objects again.
    pub id: Option<String>,
    /// Which token.
    pub token: TokenChoice,
    /// Who answers certificate requests.
    pub issuer: Option<IssuerChoice>,
    /// Values by field.
    pub fields: BTreeMap<String, Given>,
    /// Answers by dialog: by the key of the description that asks.
    pub dialogs: BTreeMap<String, Answers>,
    /// For whom the PINs of the card are encrypted, where its profile asks for that.
    pub pin_encryption: Option<PinEncryption>,
    /// The keys that decrypt the PINs of a card, where a description reads them.
    pub pin_decryption: Vec<DecryptionKey>,
    /// More of them, as Identity Manager lists them.
    pub identity_manager: Option<IdentityManager>,
}

/// A key that decrypts PINs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DecryptionKey {
    /// In a file.
    Pkcs12 {
        /// The PKCS#12 file that holds it.
        file: PathBuf,
        /// The password of that file.
        password: Given,
    },
    /// In a hardware security module.
    Hsm(HsmKey),
}

/// A key, or the keys, on a token behind a PKCS#11 module. What is `None` does not matter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HsmKey {
    /// The PKCS#11 module; a bare file name is searched by the loader.
    pub module: PathBuf,
    /// The label of the token.
    pub token: Option<String>,
    /// The number of the slot (`CK_SLOT_ID`).
    pub slot: Option<u64>,
    /// The label of the private key (`CKA_LABEL`).
    pub alias: Option<String>,
    /// The user PIN of the token.
    pub pin: Given,
}

impl HsmKey {
    /// Where a module is: a bare file name is left to the loader of the operating system.
    fn module_in(folder: &Path, module: &str) -> PathBuf {
        match Path::new(module).components().count() {
            1 => PathBuf::from(module),
            _ => folder.join(module),
        }
    }
}

impl DecryptionKey {
    /// What opens it: a password or a PIN.
    #[must_use]
    pub const fn credential(&self) -> &Given {
        match self {
            Self::Pkcs12 { password, .. } => password,
            Self::Hsm(key) => &key.pin,
        }
    }
}

/// For whom PINs are encrypted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PinEncryption {
    /// Files with one certificate each, X.509 in PEM or DER; whoever has the key of one can decrypt.
    pub certificates: Vec<PathBuf>,
}

/// Which token the job is for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TokenChoice {
    /// Where it is: `sim:`, `pkcs11:…`, `pcsc:…`, `dsc:`.
    pub uri: Option<String>,
    /// The token of the signature slot, where it is one of its own.
    pub signature: Option<String>,
    /// The serial number that it must have.
    pub serial: Option<String>,
}

/// A value as the job gives it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Given {
    /// Where it is.
    pub supply: Supply,
    /// How it is written there; as the field itself is when absent.
    pub encoding: Option<Encoding>,
    /// Bytes of the job file that give it; `None` from the command line.
    pub at: Option<Range<usize>>,
}

/// Where a value is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Supply {
    /// In the job file or on the command line.
    Literal(Secret),
    /// Elsewhere.
    From(Source),
}

/// The answers to a dialog.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answers {
    /// Bytes of the job file that name the dialog.
    pub at: Option<Range<usize>>,
    /// The present PIN.
    pub old: Option<Given>,
    /// The PIN to enter, or the new one.
    pub new: Option<Given>,
}

/// How much a problem weighs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Weight {
    /// The job cannot be run.
    Error,
    /// It can, but should not stay so.
    Warning,
}

/// One problem of a job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// How much it weighs.
    pub weight: Weight,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where in the job file.
    pub at: Option<Range<usize>>,
}

impl Problem {
    fn error(message: impl Into<String>, at: Option<Range<usize>>) -> Self {
        Self {
            weight: Weight::Error,
            message: message.into(),
            help: None,
            at,
        }
    }

    fn warning(message: impl Into<String>, at: Option<Range<usize>>) -> Self {
        Self {
            weight: Weight::Warning,
            ..Self::error(message, at)
        }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Job {
    /// Reads the text of a job file; paths in it are relative to `folder`.
    ///
    /// Whatever can be read is in the job, and everything else among the problems.
    #[must_use]
    pub fn read(text: &str, folder: &Path) -> (Self, Vec<Problem>) {
        read::read(text, folder)
    }

    /// The form of a job file as JSON Schema.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        settings::schema::<form::Form>()
    }

    /// The environment variables that the job takes values from.
    #[must_use]
    pub fn variables(&self) -> BTreeSet<&str> {
        let answers = self.dialogs.values();
        let answers = answers.flat_map(|answers| answers.old.iter().chain(&answers.new));
        let passwords = self.pin_decryption.iter().map(DecryptionKey::credential);
        let given = self.fields.values().chain(answers).chain(passwords);
        given
            .filter_map(|given| match &given.supply {
                Supply::From(Source::Env(name)) => Some(name.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Whether a text can name a job.
    ///
    /// # Errors
    /// Says what the name of a job is made of.
    pub fn check_id(id: &str) -> Result<(), String> {
        check_id(id)
    }

    /// Binds fields as `NAME=VALUE` of the command line does, over what the file says.
    ///
    /// # Errors
    /// A field that is secret: every user of the machine can read a command line.
    pub fn set(&mut self, given: &str, declared: &[Declaration]) -> Result<(), Problem> {
        let Some((name, value)) = given.split_once('=') else {
            return Err(Problem::error("`--field` has no value", None).help("write NAME=VALUE"));
        };
        if declared
            .iter()
            .any(|input| input.secret && input.field == name)
        {
            let message =
                format!("the field `{name}` is secret and not taken from the command line");
            let help =
                format!("bind it in the job: {name} = {{ env = \"…\" }}, or file, fd, prompt");
            return Err(Problem::error(message, None).help(help));
        }
        let given = Given {
            supply: Supply::Literal(Secret::from(value.to_owned())),
            encoding: None,
            at: None,
        };
        self.fields.insert(name.to_owned(), given);
        Ok(())
    }
}
