//! TOML that people write: the one form of a file, for reading and for its JSON Schema.
//!
//! A form is a type that serde reads and schemars describes; its doc comments are the descriptions
//! of the schema. Its keys are [`Key`]s, so a wrong value is a [`Defect`] at its place and reading
//! goes on behind it; names that a [`Table`] does not have are kept. What the values mean is the
//! business of the rooms that own the forms.

mod document;
mod placed;
mod schema;
mod table;
mod word;
mod written;

pub use document::{Document, read};
pub use placed::{Defect, Key, Placed, Taken};
pub use schema::schema;
pub use table::{Dated, Entries, Name, Table, Unknown};
pub use word::word;
pub use written::{List, Written, Wrong};

#[cfg(test)]
mod tests;
