use std::collections::{HashMap, HashSet};

use super::rule;
use crate::diagnostic::Label;
use crate::model::{Assignment, Encoding, Profile, SuppliedBy};
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
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
    let supplied = cx.project.supplied_variables(cx.profile);
    let values = Values::of(cx.profile, &supplied);
    report_repetitions(cx, &values, findings);
    for encoding in cx.binders() {
        report_collisions(cx, encoding, &values, findings);
    }
}

/// The assignments that give a value. One of the placeholder `...` gives none where a description
/// supplies the value.
struct Values<'p> {
    in_order: Vec<&'p Assignment<'p>>,
    first: HashMap<String, &'p Assignment<'p>>,
}

impl<'p> Values<'p> {
    fn of(profile: &'p Profile<'p>, supplied: &HashSet<String>) -> Self {
        let mut values = Self {
            in_order: Vec::new(),
            first: HashMap::new(),
        };
        for assignment in &profile.assignments {
            let name = assignment.name.to_ascii_lowercase();
            if profile.awaits_value(assignment) && supplied.contains(&name) {
                continue;
            }
            values.in_order.push(assignment);
            values.first.entry(name).or_insert(assignment);
        }
        values
    }

    fn first_of(&self, name: &str) -> Option<&'p Assignment<'p>> {
        self.first.get(&name.to_ascii_lowercase()).copied()
    }
}

/// Two assignments inside the profile.
fn report_repetitions(cx: &ProfileContext<'_>, values: &Values<'_>, findings: &mut Findings<'_>) {
    for assignment in &values.in_order {
        let earlier = values
            .first_of(assignment.name)
            .filter(|first| first.statement != assignment.statement);
        let Some(earlier) = earlier else { continue };
        findings
            .report(
                format!("variable `{}` is assigned twice", excerpt(assignment.name)),
                cx.label(assignment.span, "assigned again here"),
            )
            .because(cx.label(earlier.span, "first assigned here"))
            .help("a variable can be assigned only once: delete one of the two");
    }
}

/// An assignment in the profile beside a value from the description.
fn report_collisions(
    cx: &ProfileContext<'_>,
    encoding: &Encoding<'_>,
    values: &Values<'_>,
    findings: &mut Findings<'_>,
) {
    let mut told = HashSet::new();
    for supply in encoding.supplies() {
        let Some(assignment) = values.first_of(supply.variable) else {
            continue;
        };
        let variable = excerpt(supply.variable);
        let (message, label, help) = match supply.by {
            // `reserved-profile-variable` has said what is wrong with it.
            SuppliedBy::Parameter(_) if is_reserved(supply.variable) => continue,
            SuppliedBy::Parameter(_) => (
                format!("variable `{variable}` is passed to a profile that assigns it"),
                "passed as a profile parameter".to_owned(),
                "take it out of `ProfileParameters`, or delete the assignment in the profile",
            ),
            SuppliedBy::Credential(_, key) => (
                format!(
                    "`{}` sets `{variable}`, which the profile assigns",
                    key.of(encoding.text)
                ),
                format!("sets `{variable}` of the profile"),
                "delete the assignment in the profile, or this key",
            ),
        };
        if !told.insert(assignment.statement) {
            continue;
        }
        findings
            .report(message, Label::new(encoding.source, supply.span(), label))
            .because(cx.label(assignment.span, "assigned by the profile here"))
            .help(help)
            .note("a variable can be assigned only once, in the profile or from outside");
    }
}

fn is_reserved(variable: &str) -> bool {
    stdlib::credential_of_variable(variable).is_some_and(|credential| credential.reserved)
}
