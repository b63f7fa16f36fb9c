//! What CREATE FILE is told, before it is put into a dialect.

use super::rules::Conditions;

/// A file that is to be created.
pub(super) struct Blueprint<'a> {
    /// Its identifier; that of the MF for the MF.
    pub id: u16,
    /// Whether it is a directory.
    pub is_df: bool,
    /// Bytes of an elementary file, or reserved for a directory.
    pub size: Option<u32>,
    /// Application identifier, 1 to 16 bytes.
    pub aid: Option<&'a [u8]>,
    /// Short file identifier, 1 to 30.
    pub sfi: Option<u8>,
    /// Who may do what.
    pub conditions: Conditions,
}

/// Something that a dialect has no words for.
pub(super) struct Unsayable {
    /// The attribute of the profile.
    pub attribute: &'static str,
    /// Whether it is one of access.
    pub is_rule: bool,
    /// Why it cannot be said.
    pub why: &'static str,
}

impl Unsayable {
    pub(super) const fn rule(attribute: &'static str, why: &'static str) -> Self {
        Self {
            attribute,
            is_rule: true,
            why,
        }
    }

    pub(super) const fn attribute(attribute: &'static str, why: &'static str) -> Self {
        Self {
            attribute,
            is_rule: false,
            why,
        }
    }
}
