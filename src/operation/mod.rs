//! The closed vocabulary of a plan: what can be done to a token, with which values, and which
//! place in the source asked for it.
//!
//! The plan is the waist of perso. Rooms above it know the languages and no hardware, rooms below
//! it know hardware and no languages; both speak in the types of this room. They are plain data:
//! nothing here reads a file, talks to a token or knows a keyword.
//!
//! An [`Action`] is generic over its values: in a plan they are [`Value`]s, descriptions of where a
//! value comes from; at the run they are the bytes themselves.

mod action;
mod capability;
mod card;
mod origin;
mod resolve;
mod value;
mod visit;

pub use action::{
    Action, Algorithm, CertificateListMode, DataAttributes, KeyCriteria, Login, ObjectClass, Role,
    Selection, SerialForm, Slot,
};
pub use capability::Capability;
pub use card::{
    Access, AccessRule, AccessRules, CardAction, CardOperation, CardProgram, FileId, FilePath,
    FileShape, Generated, KeyObject, KeyUsage, PinObject, SizeOf,
};
pub use origin::Origin;
pub use resolve::Input;
pub use value::{DialogForm, FieldEncoding, Part, Value};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Names one operation of a plan: `initialise`, `A.key`, `A.certificate`; unique in the plan.
#[derive(
    Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct OperationId(pub String);

impl std::fmt::Display for OperationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether an operation can be taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UndoClass {
    /// It changes nothing.
    Reading,
    /// What it made can be found again and removed.
    Reversible,
    /// The state before it cannot be had back.
    Irreversible,
}

/// One operation on the token, with the place that asked for it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Operation {
    /// Its name.
    pub id: OperationId,
    /// What is done.
    #[serde(flatten)]
    pub action: Action<Value>,
    /// Whether it can be taken back.
    pub undo: UndoClass,
    /// What a token must offer for it.
    pub requires: Vec<Capability>,
    /// The place in the source that asked for it.
    pub origin: Origin,
}
