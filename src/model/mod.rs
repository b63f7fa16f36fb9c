//! What descriptions and profiles say: names, values, types and sizes, resolved across files.
//!
//! An [`Encoding`] is the typed view of one description, a [`Profile`] of one card profile, and a
//! [`Project`] joins them: which description binds which profile, and what the one hands to the
//! other. Everything borrows from the texts and trees it was made of. Building never fails: a part
//! that is broken is present as what its author most likely meant, and marked so, in order that
//! one defect gives one finding.
//!
//! This room judges nothing (that is the work of `rules`) and reads no files.

mod binding;
mod condition;
mod criteria;
mod encoding;
mod expression;
mod field;
mod flag;
mod mapping;
mod profile;
mod project;
mod target;
mod value;

pub use binding::{Binding, Mapping};
pub use criteria::{BadPart, attribute_errors, filter_errors};
pub use encoding::{
    Application, EncoderChoice, Encoding, Entry, FieldDeclaration, GEMALTO, IDOPTE, JPKI_ENCODER,
    KeyMatch, MiddlewareChoice, PERSONAL_DESKTOP_CLIENT, SMART_ID_DESKTOP_APP, Section,
    SectionRole, is_pin_decryption,
};
pub use expression::{Part, PartError, label_parts};
pub use field::{FieldMatch, FieldUse};
pub use flag::FlagError;
pub use mapping::expression_error;
pub use profile::{
    Assignment, CallSite, Constant, Content, DataSize, Destination, Facts, File, FileIndex,
    FileKind, KeyKind, Pin, Pkcs15, Pkcs15File, Pkcs15Role, Profile, Size, VariableUse,
};
pub use project::{Companion, CompanionKind, Project, ProjectFiles, SuppliedBy, Supply};
pub use target::{Located, Target, TargetError, UnknownName};
pub use value::{Flag, ListItem, Reference, Value, list_items, looks_constant};
