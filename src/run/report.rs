//! What a run has done. No secret is in it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::operation::{Capability, OperationId, Origin};
use crate::plan::FollowUp;
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
    /// What the server has to do, once the run is done.
    pub follow_up: Vec<FollowUp>,
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
    /// What became of it.
    #[serde(flatten)]
    pub state: StepState,
}

/// What became of an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum StepState {
    /// Done, and read back if it writes.
    Done,
    /// Left out, for want of this or because of what it needs.
    Skipped {
        /// What was given to `--skip`.
        capability: Capability,
    },
    /// It ended the run.
    Failed,
    /// The run did not get there.
    NotReached,
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
    /// What it means for the next run.
    #[serde(skip)]
    pub retry: Retry,
}
