use super::rule;
use crate::rules::{Family, Level};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A file that was named, or found in a folder, and cannot be read: no permission, vanished
    /// meanwhile, a link that leads nowhere or in a circle, a folder under the name of a file, more
    /// than 64 MiB, a damaged or oversized archive.
    ///
    /// # Why it matters
    ///
    /// What was not read was not checked. A run that passes over such a file would seem clean.
    ///
    /// # Example
    ///
    /// ```text
    /// $ perso check card.dsc
    /// card.dsc:1:1: error[unreadable-input]: `card.dsc` cannot be read: permission denied
    /// ```
    ///
    /// # Instead
    ///
    /// ```text
    /// $ chmod u+r card.dsc
    /// $ perso check card.dsc
    /// ```
    ///
    /// # Fix
    ///
    /// None: the message says what stands in the way.
    ///
    /// # Source
    ///
    /// Ours: an input that cannot be read is a finding like any other, so that reports name it.
    name: "unreadable-input",
    family: Family::Syntax,
    level: Level::ERROR,
    certainty: Certainty::Ours,
    source: "PERSO",
}
