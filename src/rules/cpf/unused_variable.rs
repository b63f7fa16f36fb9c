use std::collections::HashSet;

use super::rule;
use crate::diagnostic::Label;
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::stdlib::{self, Certainty};

rule! {
    /// # What it finds
    ///
    /// A variable that a profile assigns and never reads, or an entry of `ProfileParameters` that the
    /// profile never reads. Not `SEC_…` variables and `PROFILENAME`, which the client may read itself.
    ///
    /// # Why it matters
    ///
    /// Most often the name is misspelled on one side, and the value does not get onto the card.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// unit = 'Sales'
    /// MasterFile
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// unit = 'Sales'
    /// MasterFile
    /// CreateEf EFUNIT id=0x4401 maxsize=auto read=always update=PIN1
    /// Endfile
    /// File Static EFUNIT
    /// data = unit
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: read the variable, or remove it.
    ///
    /// # Source
    ///
    /// Ours.
    name: "unused-variable",
    family: Family::Cpf,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "SEED",
    yields_to: &["reserved-profile-variable"],
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    // What could not be read may be where the variable is.
    if !cx.profile.tree.defects.is_empty() {
        return;
    }
    let lower = |name: &str| name.to_ascii_lowercase();
    let read: HashSet<_> = cx
        .profile
        .uses
        .iter()
        .map(|used| lower(used.name))
        .collect();
    let mut told = HashSet::new();
    for assignment in &cx.profile.assignments {
        let name = lower(assignment.name);
        let is_secret = stdlib::credential_of_variable(&name).is_some();
        let is_known = is_secret || stdlib::variable(&name).is_some();
        if !is_known && !read.contains(&name) && told.insert(name) {
            findings
                .report(
                    format!("variable `{}` is never read", excerpt(assignment.name)),
                    cx.label(assignment.span, "assigned here, and not used"),
                )
                .help("use it, or remove the assignment");
        }
    }
    for encoding in cx.binders() {
        for entry in encoding.profile_parameters() {
            let name = lower(entry.name);
            let is_reserved =
                stdlib::credential_of_variable(&name).is_some_and(|credential| credential.reserved);
            if is_reserved || stdlib::variable(&name).is_some() || read.contains(&name) {
                continue;
            }
            // Assigned on both sides it is `variable-assigned-twice`.
            if cx.profile.assignment(&name).is_none() {
                findings
                    .report(
                        format!("the profile never reads `{}`", excerpt(entry.name)),
                        Label::new(encoding.source, entry.span, "handed over, and not used"),
                    )
                    .help("read it in the profile, or remove it from `ProfileParameters`");
            }
        }
    }
}
