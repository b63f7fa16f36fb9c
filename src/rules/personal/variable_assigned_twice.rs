use std::collections::HashMap;

use super::rule;
use crate::diagnostic::Label;
use crate::model::{Encoding, Profile, SuppliedBy};
use crate::rules::{Check, Family, Findings, Level, ProfileContext};
use crate::stdlib::{self, Certainty};

rule! {
    /// # What it finds
    ///
    /// A profile variable that gets two values: two assignments in the card profile, or an entry of
    /// `ProfileParameters` that the bound profile assigns too, or a credential key (`PIN`,
    /// `SignPIN`, `InitialPUK`, `Operator_Pin`) beside an assignment of the variable that it feeds
    /// (`SEC_PIN1`, `SEC_PIN2`, `SEC_PUK`, `SEC_OP`). An assignment of the placeholder `...` counts
    /// as none when the description supplies the value.
    ///
    /// # Why it matters
    ///
    /// A variable can be assigned only once, in the profile or from outside. The middleware refuses
    /// the initialisation of the card otherwise, and its message does not name the variable.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8710
    /// [Fields]
    /// UserPuk=
    /// department=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// InitToken=true
    /// InitialPUK=UserPuk
    /// ChipProfile=profile.cpf
    /// ProfileParameters=department
    /// ```
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// department = 'Sales'
    /// MasterFile
    /// CreateEf EFUNIT id=0x4401 maxsize=auto read=always update=always
    /// Endfile
    /// File Static EFUNIT
    /// data = department
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8710
    /// [Fields]
    /// UserPuk=
    /// department=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// InitToken=true
    /// InitialPUK=UserPuk
    /// ChipProfile=profile.cpf
    /// ProfileParameters=department
    /// ```
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFUNIT id=0x4401 maxsize=auto read=always update=always
    /// Endfile
    /// File Static EFUNIT
    /// data = department
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: which of the two values is wanted is for the author to say.
    ///
    /// # Source
    ///
    /// Stated (SEED): single assignment, in the profile or from outside. Which key feeds which
    /// variable is implied by the same page.
    name: "variable-assigned-twice",
    family: Family::Personal,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SEED",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    report_repetitions(cx, findings);
    for encoding in cx.binders() {
        report_collisions(encoding, cx.profile, findings);
    }
}

/// Two assignments inside the profile.
fn report_repetitions(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let mut first = HashMap::new();
    for assignment in &cx.profile.assignments {
        let name = assignment.name.to_ascii_lowercase();
        let Some(earlier) = first.insert(name.clone(), assignment.span) else {
            continue;
        };
        first.insert(name, earlier);
        findings
            .report(
                format!("variable `{}` is assigned twice", assignment.name),
                cx.label(assignment.span, "second assignment"),
            )
            .because(cx.label(earlier, "first assigned here"))
            .help("a variable can be assigned only once; delete one of the two");
    }
}

/// An assignment in the profile beside a value from the description.
fn report_collisions(encoding: &Encoding<'_>, profile: &Profile<'_>, findings: &mut Findings<'_>) {
    for supply in encoding.supplies() {
        let reserved = stdlib::credential_of_variable(supply.variable)
            .is_some_and(|credential| credential.reserved);
        let Some(assignment) = profile.assignment(supply.variable) else {
            continue;
        };
        if assignment.facts.placeholder.is_some() {
            continue;
        }
        let (message, label, help) = match supply.by {
            // `reserved-profile-variable` has said what is wrong with it.
            SuppliedBy::Parameter(_) if reserved => continue,
            SuppliedBy::Parameter(item) => (
                format!(
                    "variable `{}` is assigned in the profile and passed to it too",
                    item.name
                ),
                "passed as a profile parameter".to_owned(),
                "take it out of `ProfileParameters`, or delete the assignment in the profile",
            ),
            SuppliedBy::Credential(key, _) => (
                format!(
                    "`{}` sets `{}`, which the profile assigns too",
                    key.name(),
                    supply.variable
                ),
                format!("sets `{}` of the profile", supply.variable),
                "delete the assignment in the profile, or the key in the description",
            ),
        };
        findings
            .report(message, Label::new(encoding.source, supply.span(), label))
            .because(Label::new(
                profile.source,
                assignment.span,
                "assigned by the profile here",
            ))
            .help(help);
    }
}
