//! What a run has done. No secret is in it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Omission;
use super::waiting::Waiting;
use crate::operation::{Action, Capability, OperationId, Origin};
use crate::plan::FollowUp;
use crate::secret::Secret;
use crate::token::Retry;

/// What a run has done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// Version of this form.
    pub format_version: u32,
    /// Names this card's job.
    pub job: String,
    /// Content digest of the plan.
    pub plan: String,
    /// The token, as it is at the end.
    pub token: TokenReport,
    /// Every operation, in the order of the run.
    pub steps: Vec<StepReport>,
    /// Fields that the run filled; secret ones are left out.
    pub outputs: BTreeMap<String, String>,
    /// Fields that receive credentials. Never shown; they go to a file of their own.
    #[serde(skip)]
    pub secret_outputs: BTreeMap<String, Secret>,
    /// What the server has to do, once the run is done.
    pub follow_up: Vec<FollowUp>,
    /// Certificates that come later; the run is to be resumed then.
    pub waiting: Vec<Waiting>,
    /// What ended it early.
    pub failure: Option<Failure>,
}

/// A token.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct TokenReport {
    /// `simulator`, `pkcs11` or `card`.
    pub kind: &'static str,
    /// Its label.
    pub label: String,
    /// Its serial number.
    pub serial: String,
}

/// One operation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct StepReport {
    /// Its name in the plan.
    pub operation: OperationId,
    /// What it does, in a few words.
    pub what: &'static str,
    /// What became of it.
    #[serde(flatten)]
    pub state: StepState,
    /// The parts of it that `--skip` left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<Omission>,
}

/// What became of an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum StepState {
    /// Done, and read back if it writes.
    Done,
    /// The run that was resumed had done it.
    DoneBefore,
    /// Left out, for want of this or because of what it needs.
    Skipped {
        /// What was given to `--skip`.
        capability: Capability,
    },
    /// It asked for a certificate, which comes later.
    Waiting,
    /// It ended the run.
    Failed,
    /// The run did not get there.
    NotReached,
    /// What it had made was taken back.
    Undone,
    /// What it had done cannot be taken back, or it is not known to be of this job.
    Stays,
    /// It had done nothing that could be taken back.
    NothingToUndo,
}

/// What ended a run early.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Failure {
    /// The operation.
    pub operation: OperationId,
    /// The place that asked for it.
    pub origin: Origin,
    /// What the token answered.
    pub problem: String,
    /// Likely causes, the likeliest first.
    pub causes: Vec<String>,
    /// Whether running it again is safe.
    pub retry_is_safe: bool,
    /// Whether this run has written something, so that the next one has to resume it.
    pub has_written: bool,
    /// What it means for the next run.
    #[serde(skip)]
    pub retry: Retry,
}

/// What an action does, for people.
#[must_use]
pub const fn words<V>(action: &Action<V>) -> &'static str {
    match action {
        Action::SelectCard { .. } => "find the card",
        Action::ListTokens { .. } => "list the cards",
        Action::DeleteProfile { .. } => "erase the card",
        Action::Initialise { .. } => "initialise the card",
        Action::SetPin { .. } => "set a PIN",
        Action::ChangePin { .. } => "change a PIN",
        Action::ChangePuk { .. } => "change the PUK",
        Action::WriteSerialNumber { .. } => "write the serial number",
        Action::GenerateKeyPair { .. } => "generate a key pair",
        Action::FindKeyPair { .. } => "find a key pair",
        Action::SignRequest { .. } => "sign a certificate request",
        Action::ObtainCertificate { .. } => "obtain a certificate",
        Action::WriteCertificate { .. } => "write a certificate",
        Action::ImportPkcs12 { .. } => "import a PKCS#12",
        Action::WriteCertificateList { .. } => "write a list of certificates",
        Action::WriteData { .. } => "write a data object",
        Action::BlockPin { .. } => "block the PIN",
        Action::RunApduScript { .. } => "execute an APDU script",
        Action::ReadSerial { .. } => "read the serial number",
        Action::ReadEncryptedPins { .. } => "read the encrypted PINs",
        Action::ClearFields { .. } => "empty fields",
    }
}
