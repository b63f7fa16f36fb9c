//! What one key demands of the rest of a description, as far as a table can say it.

use super::tables::Key;

/// A demand that is met when any of its conditions holds.
#[derive(Debug)]
pub struct Requirement {
    /// The alternatives.
    pub any_of: &'static [Condition],
}

/// A condition on the rest of the description. Keys of an application are looked for in the same
/// application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The key is present, under this or a former name ([`Key::current`]).
    Present(Key),
    /// The flag is on.
    On(Key),
    /// Some application has `Location=#Signature`, in any letter case.
    SignatureApplication,
    /// Some application has a `Location` that names a field.
    LocationFromField,
}
