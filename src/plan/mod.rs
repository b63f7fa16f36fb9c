//! The plan: a versioned document around the operations of one encoding description.
//!
//! It is the waist of perso. What is above compiles a description into a [`Plan`]; what is below
//! executes it. The document holds no clock, no path of the place where it was compiled and no
//! secret but the credentials that an author wrote into a description; those are marked, masked in
//! all that is shown, and left out of the published digest. This room knows neither language and
//! no token.

mod diff;
mod digest;
mod document;
mod graph;
mod libraries;
mod mask;
mod schema;
mod show;

pub use diff::{Difference, diff};
pub use document::{FORMAT, PlanError, VERSION};
pub use graph::{graph, svg};
pub use libraries::Libraries;
pub use mask::MASK;
pub use schema::schema;
pub use show::show;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::operation::{Capability, CardProgram, FieldEncoding, Operation};

/// Everything that is done to one token, compiled from one description.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Plan {
    /// Always [`FORMAT`].
    #[schemars(description = "Marks a plan.", extend("const" = FORMAT))]
    pub format: String,
    /// Version of the format; this perso writes and reads [`VERSION`].
    #[schemars(description = "Version of the format.", extend("const" = VERSION))]
    pub version: u32,
    /// Version of the knowledge that the plan was compiled with.
    pub stdlib: String,
    /// The description and its companions, the description first.
    pub sources: Vec<PlanSource>,
    /// What the description is written for.
    pub target: PlanTarget,
    /// The libraries that the description names for the token.
    pub libraries: Libraries,
    /// What a token must offer, each once, in the order of [`Capability::ALL`].
    pub requires: Vec<Capability>,
    /// Fields that the job binds, in the order of their declaration.
    pub inputs: Vec<Input>,
    /// Fields that the run fills, in the order of their declaration.
    pub outputs: Vec<Output>,
    /// What an error does to the job (`ExtendedErrorMode`; ERR).
    pub errors: ErrorReport,
    /// First block: card, profile, credentials, serial number.
    pub initialization: Vec<Operation>,
    /// Second block: the applications.
    pub applications: Applications,
    /// Third block: what is read back, and the fields that are emptied.
    pub finalization: Vec<Operation>,
    /// What the server does after success.
    pub follow_up: Vec<FollowUp>,
    /// The profile for a blank card token where the description names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback_program: Option<CardProgram>,
    /// Digests of the plan itself.
    pub digests: Digests,
}

/// A file that the plan was compiled from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlanSource {
    /// Its name without any folder, as the description names it.
    pub name: String,
    /// SHA-256 of its bytes, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// What the description is written for; absent is unknown.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlanTarget {
    /// Identity of the middleware in stdlib.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middleware: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middleware_version: Option<String>,
    /// Identity of the card in stdlib.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
    /// Version of Identity Manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_manager: Option<String>,
    /// Identity of the program that talks to the card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoder: Option<String>,
}

/// A field that the job binds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Input {
    /// Its name; letter case counts.
    pub field: String,
    /// What it is for.
    pub kind: InputKind,
    /// Whether it is a credential.
    pub secret: bool,
    /// How its text is read.
    pub encoding: FieldEncoding,
    /// Whether the run can do without it: only applications use it that the list may leave out.
    pub optional: bool,
}

/// What an input is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InputKind {
    /// An argument of operations.
    Value,
    /// A parameter of the card profile.
    ProfileParameter,
    /// The characters of the applications to run.
    ApplicationList,
}

/// A field that the run fills.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Output {
    /// Its name; letter case counts.
    pub field: String,
    /// Whether it receives a credential.
    pub secret: bool,
    /// The key that names it.
    pub key: String,
}

/// What an error does to the job (ERR).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct ErrorReport {
    /// Which errors are reported in fields instead of ending the job.
    pub mode: ErrorMode,
    /// `ResponseStatusIdField`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_id: Option<String>,
    /// `ResponseStatusTextField`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_text: Option<String>,
    /// `EncodingStepsAllField`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps_all: Option<String>,
    /// `EncodingStepsDoneField`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps_done: Option<String>,
}

/// Which errors are reported in fields instead of ending the job.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorMode {
    /// None: every error ends the job.
    #[default]
    None,
    /// All (`APPLY_ON_ALL_ERRORS`).
    All,
    /// Those of applications (`APPLY_ON_APP_ERRORS_ONLY`).
    Applications,
}

/// The second block.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "order", rename_all = "kebab-case")]
pub enum ApplicationOrder {
    /// Those that are listed, as they stand.
    Listed,
    /// Those that a field names, one character each.
    FromField {
        /// The field.
        field: String,
    },
}

/// The second block: the applications, in the order of the list or, where a field holds the list,
/// in the order of the description.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Applications {
    /// What decides which of them run, and in which order.
    #[serde(flatten)]
    pub order: ApplicationOrder,
    /// All that were compiled.
    pub list: Vec<Application>,
}

/// One application.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Application {
    /// What stands behind `Application_`.
    pub name: String,
    /// Its name in the lists of steps (`EncodingStep`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// What it does.
    pub operations: Vec<Operation>,
}

/// Something that the server does after success; a run only reports it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FollowUp {
    /// Identity Manager's card production post-processor sets the secrets of the card on the token
    /// of Certificate Manager (`InitToken`; SEED).
    CardProductionPostProcessor,
}

/// Digests of a plan: SHA-256, 64 lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Digests {
    /// Over what the plan does: without credentials that stand in it, and without the version of
    /// stdlib. This one is meant to be published.
    pub content: String,
    /// Over the whole document but this digest.
    pub document: String,
}

impl Plan {
    /// Every operation, block by block.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        let applications = self.applications.list.iter();
        let applications = applications.flat_map(|application| &application.operations);
        self.initialization
            .iter()
            .chain(applications)
            .chain(&self.finalization)
    }
}
