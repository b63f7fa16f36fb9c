//! Runs a plan against a token: pre-flight, then one operation behind the other.
//!
//! Everything that can be known to go wrong is told before anything is written. From then on no PIN
//! is tried twice, every mutating operation is journalled before and after and read back, and the
//! first failure ends the run with the operation, its place in the source and the answer of the
//! token. Randomness and time are handed in; how a token does a thing is its own business, and how
//! anything is shown is the command line's.

mod dialog;
mod execute;
mod journal;
mod lock;
mod obtain;
mod omission;
mod order;
mod preflight;
mod report;
mod resume;
mod secrets;
mod undo;
pub(crate) mod value;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use sha2::{Digest as _, Sha256};

pub use dialog::{Answers, Dialog, Entry as DialogEntry};
pub use journal::{Entry, FileJournal, Journal, NoJournal, Phase};
pub use lock::{LockError, WriterLock};
pub use omission::Omission;
pub use preflight::{Foreseen, Preflight};
pub use report::{Failure, Report, StepReport, StepState, TokenReport, words};
pub use resume::{Past, PastError, PinState};
pub use secrets::{DecryptPins, EncryptPins};
pub use waiting::Waiting;

use crate::issuer::Issuer;
use crate::operation::{Action, Capability, Operation, OperationId, Value};
use crate::pki::UnixTime;
use crate::plan::Plan;
use crate::secret::Secret;
use crate::token::{ObjectId, Token};

/// One run of a plan.
pub struct Run<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Names this card's job.
    pub job: &'a str,
    /// The serial number that the token must have, if the job binds one.
    pub serial: Option<&'a str>,
    /// The texts of the fields.
    pub fields: &'a BTreeMap<String, Secret>,
    /// What persons answered to the dialogs of the description.
    pub answers: &'a Answers,
    /// What the token is not asked for although the plan wants it.
    pub skip: &'a BTreeSet<Capability>,
    /// The token.
    pub token: &'a mut dyn Token,
    /// Who answers certificate requests.
    pub issuer: Option<&'a mut dyn Issuer>,
    /// Who encrypts the PINs that a profile asks to be encrypted.
    pub encrypt_pins: Option<&'a mut EncryptPins<'a>>,
    /// Who decrypts the PINs that a card holds encrypted.
    pub decrypt_pins: Option<&'a mut DecryptPins<'a>>,
    /// Whether somebody receives the fields that hold credentials.
    pub takes_secret_outputs: bool,
    /// Whether a card that is no simulator may be put into operation for good.
    pub irreversible: bool,
    /// The run that is resumed.
    pub resume: Option<&'a Past>,
    /// Which PIN holds, where neither journal nor token tells.
    pub pin_state: Option<PinState>,
    /// Keeps other runs off the token.
    pub lock: &'a mut WriterLock,
    /// Fills a buffer with randomness, for the secrets that a profile makes.
    pub random: &'a mut dyn FnMut(&mut [u8]) -> io::Result<()>,
    /// The present time, for certificates.
    pub now: &'a dyn Fn() -> UnixTime,
    /// Receives a line before and after each mutating operation.
    pub journal: &'a mut dyn Journal,
    /// Is told what is about to be done: number, of how many, and which operation.
    pub progress: &'a mut dyn FnMut(usize, usize, &Operation),
}

/// An operation as this run does it.
struct Planned<'p> {
    operation: &'p Operation,
    /// Without the profile when that is skipped.
    action: Action<Value>,
    /// What a person is asked for it.
    dialogs: Vec<Dialog>,
    /// Why it is left out.
    left_out: Option<Capability>,
    /// The parts of an initialisation that are left out.
    without: Vec<Omission>,
}

/// The first 20 bytes of SHA-256 over content digest, job and operation, each ended by NUL, which
/// none of them holds. No secret and no serial number is in it.
#[must_use]
pub fn object_id(plan: &Plan, job: &str, operation: &OperationId) -> ObjectId {
    let mut hash = Sha256::new();
    for part in [&plan.digests.content, job, &operation.0] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut id = [0; 20];
    id.copy_from_slice(hash.finalize().split_at(20).0);
    ObjectId(id)
}

/// The operations that an action takes results of.
fn needs(action: &Action<Value>) -> BTreeSet<OperationId> {
    let mut needed = BTreeSet::new();
    match action {
        Action::ObtainCertificate { request, .. } => {
            needed.insert(request.clone());
        }
        Action::SignRequest { key, .. } | Action::WriteCertificate { key: Some(key), .. } => {
            needed.insert(key.clone());
        }
        _ => {}
    }
    action.visit_values(&mut |value| {
        if let Value::Result { operation, .. } = value {
            needed.insert(operation.clone());
        }
    });
    needed
}

/// The key whose reference an action takes.
fn key_of<V>(action: &Action<V>) -> Option<&OperationId> {
    match action {
        Action::SignRequest { key, .. } => Some(key),
        Action::WriteCertificate { key, .. } => key.as_ref(),
        _ => None,
    }
}
