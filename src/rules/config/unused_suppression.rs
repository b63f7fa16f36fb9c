use super::rule;
use crate::rules::{Check, Family, Level};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A comment `perso: allow(rule)` that silenced nothing: the rule has nothing to say there.
    /// Silent for a rule that is off.
    ///
    /// # Why it matters
    ///
    /// The comment outlived its cause, and would hide the next defect.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// # perso: allow(unused-field) the next release reads it
    /// Type=1024,Chip
    /// Devices=8711
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// ```
    ///
    /// # Fix
    ///
    /// Safe: delete the name, and the comment with its last name.
    ///
    /// # Source
    ///
    /// Ours.
    name: "unused-suppression",
    family: Family::Config,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "PERSO",
    check: Check::Afterwards,
}
