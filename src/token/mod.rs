//! Whatever executes a plan: a [`Token`].
//!
//! A token gets one [`Step`] at a time, its values resolved to bytes, and answers with an
//! [`Outcome`] or a [`TokenError`]. It knows how a thing is done and how to find out whether it was
//! done; in which order, for which plan, and what to do after a failure is not known here, and
//! neither are fields, jobs and certification authorities.

use std::collections::{BTreeMap, BTreeSet};

use crate::operation::{Action, Capability, Input, OperationId, Origin, Part};
use crate::pki::DistinguishedName;
use crate::secret::Secret;

#[cfg(feature = "native")]
pub mod card;
#[cfg(feature = "native")]
mod certificate_list;
mod content;
#[cfg(feature = "native")]
mod hsm;
#[cfg(feature = "native")]
mod module_token;
#[cfg(feature = "native")]
mod percent;
#[cfg(feature = "native")]
pub mod pkcs11;

#[cfg(feature = "native")]
pub use hsm::{HsmKeys, HsmPlace};
#[cfg(feature = "native")]
pub use module_token::ModuleToken;

/// What tells a token from others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// What kind it is.
    pub kind: Kind,
    /// Its label; empty while it is blank.
    pub label: String,
    /// Its serial number; some tokens have none while they are blank.
    pub serial: String,
}

/// The kind of a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// The simulated card.
    Simulator,
    /// Behind a PKCS#11 module.
    Pkcs11,
    /// A card in a reader.
    Card,
}

impl Kind {
    /// The word for it in reports: `simulator`, `pkcs11`, `card`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Simulator => "simulator",
            Self::Pkcs11 => "pkcs11",
            Self::Card => "card",
        }
    }
}

/// `CKA_ID` of what a step makes: the first 20 bytes of SHA-256 over the plan's content digest, the
/// job and the operation, so that it can be found again when the answer of the token is lost.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ObjectId(pub [u8; 20]);

/// A key pair on the token, as an earlier step left it or as it was found: by `CKA_ID`, since
/// handles do not outlive a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyReference {
    /// `CKA_ID`, in bytes.
    pub id: Vec<u8>,
    /// Whether it lies in the signature slot.
    pub signature_slot: bool,
}

/// One operation, ready to be done.
#[derive(Clone, Copy, Debug)]
pub struct Step<'run> {
    /// The operation of the plan, for messages.
    pub operation: &'run OperationId,
    /// What to do, with which values.
    pub action: &'run Action<Input>,
    /// Identifier for whatever it makes.
    pub object_id: ObjectId,
    /// The key that an earlier operation made or found, where the action names one.
    pub key: Option<&'run KeyReference>,
    /// Whom a certificate request is for; set for [`Action::SignRequest`].
    pub subject: Option<&'run DistinguishedName>,
}

impl Step<'_> {
    /// `CKA_ID` of what the step writes: that of the key it belongs to, else its own.
    #[must_use]
    pub fn identifier(&self) -> Vec<u8> {
        self.key
            .map_or_else(|| self.object_id.0.to_vec(), |key| key.id.clone())
    }
}

/// What a step gave.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// Its results by part. They may be secret.
    pub parts: BTreeMap<Part, Secret>,
    /// The key pair that it made or found.
    pub key: Option<KeyReference>,
    /// Texts for fields of the description, by name, where an operation fills several or others
    /// than a part of its result: status words, decrypted PINs. They may be secret.
    pub fields: BTreeMap<String, Secret>,
}

impl Outcome {
    /// An outcome with one part.
    #[must_use]
    pub fn part(part: Part, bytes: impl Into<Secret>) -> Self {
        Self {
            parts: BTreeMap::from([(part, bytes.into())]),
            ..Self::default()
        }
    }

    /// An outcome with the text of one field.
    #[must_use]
    pub fn field(name: &str, text: Secret) -> Self {
        Self {
            fields: BTreeMap::from([(name.to_owned(), text)]),
            ..Self::default()
        }
    }

    /// An outcome with a key pair.
    #[must_use]
    pub const fn key(key: KeyReference) -> Self {
        Self {
            parts: BTreeMap::new(),
            key: Some(key),
            fields: BTreeMap::new(),
        }
    }
}

/// Whether a step was done already, as the token itself tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// Nothing of it is there, and the token was there to say so.
    Absent,
    /// A part of it is there, as a killed run leaves it: a half key pair, a token without PIN.
    Partial,
    /// All of it is there.
    Done(Outcome),
    /// The token cannot tell, as with the value of a PIN.
    Unknown,
}

/// Why a token will not do an action; found out before anything is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// A sentence without the full stop: what is wrong, with what.
    pub problem: String,
    /// What can be done about it.
    pub help: Option<String>,
}

impl Refusal {
    /// A refusal.
    #[must_use]
    pub fn new(problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            help: None,
        }
    }

    /// Says what can be done about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// What a failed step means for the next run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Retry {
    /// Nothing was changed, or what was changed is found again: run it again.
    Safe,
    /// A person must look first: a PIN was counted, or the state of the token is not known.
    LookFirst,
    /// It was refused before anything was written.
    Refused,
}

/// A step failed. No part of it is a secret.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{problem}")]
pub struct TokenError {
    /// What the token answered, in one sentence without the full stop.
    pub problem: String,
    /// Likely causes, the likeliest first.
    pub causes: Vec<String>,
    /// What it means for the next run.
    pub retry: Retry,
    /// Whether the step may have been done all the same: its answer was lost.
    pub undecided: bool,
    /// The operation inside the step that failed, with its place, where a card profile has more
    /// than one.
    pub within: Option<Box<(OperationId, Origin)>>,
}

impl TokenError {
    /// An error of class `retry`.
    #[must_use]
    pub fn new(retry: Retry, problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            causes: Vec::new(),
            retry,
            undecided: false,
            within: None,
        }
    }

    /// The step may have been done all the same.
    #[must_use]
    pub const fn undecided(mut self) -> Self {
        self.undecided = true;
        self
    }

    /// Says which operation inside the step failed.
    #[must_use]
    pub fn within(mut self, operation: OperationId, origin: Origin) -> Self {
        self.within = Some(Box::new((operation, origin)));
        self
    }

    /// Adds a likely cause.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }
}

/// Whatever executes the operations of a plan.
///
/// [`Action::ObtainCertificate`] and [`Action::ClearFields`] are no matter of a token and never get
/// here. A PIN is never tried twice, and one login serves all steps of a role.
pub trait Token {
    /// Which token this is, as it tells now.
    ///
    /// # Errors
    /// [`TokenError`] if it does not answer.
    fn identity(&mut self) -> Result<Identity, TokenError>;

    /// What it can do.
    ///
    /// # Errors
    /// [`TokenError`] if it does not answer.
    fn capabilities(&mut self) -> Result<BTreeSet<Capability>, TokenError>;

    /// Everything that speaks against `action`, beyond capabilities: lengths of PINs, sizes of keys,
    /// blocked PINs. Nothing is written and no PIN is tried. Values that only the run makes are
    /// absent.
    ///
    /// # Errors
    /// [`TokenError`] if it does not answer.
    fn preflight(&mut self, action: &Action<Option<Input>>) -> Result<Vec<Refusal>, TokenError>;

    /// Whether `step` was done before. May log in, as the step itself would. A certificate that is
    /// not known yet is empty; the one that is found belongs to the outcome then.
    ///
    /// # Errors
    /// [`TokenError`] if it does not answer.
    fn probe(&mut self, step: &Step<'_>) -> Result<State, TokenError>;

    /// Removes what is there of a step that [`Self::probe`] found to be [`State::Partial`]; what is
    /// removed bears the identifier of the step and nothing else. Nothing to do where
    /// [`Self::apply`] copes with the remains.
    ///
    /// # Errors
    /// [`TokenError`] if it does not answer.
    fn remove_partial(&mut self, step: &Step<'_>) -> Result<(), TokenError> {
        let _ = step;
        Ok(())
    }

    /// Removes what `step` made, found by its identifier; a data object, which has none, by label
    /// and content. The values of certificates are empty. Whether there was something to remove.
    ///
    /// # Errors
    /// [`TokenError`] if it does not answer, or keeps what it has.
    fn undo(&mut self, step: &Step<'_>) -> Result<bool, TokenError> {
        let _ = step;
        Err(TokenError::new(
            Retry::Refused,
            "nothing can be removed from this token",
        ))
    }

    /// Whether an object with one of these identifiers is there. Nobody logs in for that, so
    /// `false` may mean that it is hidden.
    ///
    /// # Errors
    /// [`TokenError`] if it does not answer.
    fn holds(&mut self, ids: &BTreeSet<ObjectId>) -> Result<bool, TokenError> {
        let _ = ids;
        Ok(false)
    }

    /// Whether there is any object that shows without a login.
    ///
    /// # Errors
    /// [`TokenError`] if it does not answer.
    fn shows_objects(&mut self) -> Result<bool, TokenError> {
        Ok(false)
    }

    /// Whether PINs are entered at the reader.
    ///
    /// # Errors
    /// [`TokenError`] if it does not answer.
    fn has_pin_pad(&mut self) -> Result<bool, TokenError> {
        Ok(false)
    }

    /// The run takes up one that was killed: what looks finished may be its work.
    fn resumes(&mut self) {}

    /// Does `step`.
    ///
    /// # Errors
    /// [`TokenError`] with its class.
    fn apply(&mut self, step: &Step<'_>) -> Result<Outcome, TokenError>;

    /// Reads back what `step` wrote and compares it.
    ///
    /// # Errors
    /// [`TokenError`] if it is not there, or not the same.
    fn read_back(&mut self, step: &Step<'_>, outcome: &Outcome) -> Result<(), TokenError>;

    /// The file system of the token as its owner sees it, where it has one that can be looked at.
    #[cfg(feature = "native")]
    fn picture(&self) -> Option<crate::card::tree::Picture> {
        None
    }
}
