use std::collections::{HashMap, HashSet};

use super::rule;
use crate::diagnostic::{Label, nearest};
use crate::model::{Encoding, VariableUse};
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::source::Span;
use crate::stdlib::{self, Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// A variable that is read before its assignment in the profile; or one that a description's
    /// profile reads while neither the profile nor the description sets it. In a profile that no
    /// description binds, variables that are never assigned are its inputs.
    ///
    /// # Why it matters
    ///
    /// There is no value to use, and the initialisation of the card ends there.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=40 read=always update=PIN1
    /// Endfile
    /// File Static EFNOTE
    /// data = note
    /// Endfile
    /// CreateFiles()
    /// note = 'ready'
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// note = 'ready'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=40 read=always update=PIN1
    /// Endfile
    /// File Static EFNOTE
    /// data = note
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: assign the variable above, or name it in `ProfileParameters`.
    ///
    /// # Source
    ///
    /// Stated (SEED): a variable gets its value in the profile or from outside. Which key feeds which
    /// `SEC_` variable is implied by the same page.
    name: "undefined-variable",
    family: Family::Cpf,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SEED",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let binders = binders(cx);
    let mut told = HashSet::new();
    let mut proposals = MAX_PROPOSALS;
    for used in &cx.profile.uses {
        let name = used.name.to_ascii_lowercase();
        if told.contains(&name) {
            continue;
        }
        let reported = match cx.profile.assignment(used.name) {
            Some(assignment) if assignment.statement < used.statement => false,
            Some(assignment) => {
                let supplied = binders
                    .iter()
                    .any(|binder| binder.supplies.contains_key(&name));
                if !supplied {
                    report_early(cx, used, assignment.span, findings);
                }
                !supplied
            }
            None => match binders
                .iter()
                .find(|binder| !binder.supplies.contains_key(&name))
            {
                Some(binder) => {
                    report_unset(cx, used, binder, &mut proposals, findings);
                    true
                }
                None => false,
            },
        };
        if reported {
            told.insert(name);
        }
    }
}

/// Variables for which a near one is looked for; bounds the work on junk.
const MAX_PROPOSALS: u32 = 100;

/// A description that initialises a token with the profile, and what it hands over.
struct Binder<'p> {
    encoding: &'p Encoding<'p>,
    supplies: HashMap<String, &'p str>,
}

/// The descriptions that can be read whole: a part that the vendor encrypted may hold what seems
/// to be missing.
fn binders<'p>(cx: &ProfileContext<'p>) -> Vec<Binder<'p>> {
    cx.binders()
        .filter(|encoding| encoding.protected.is_none())
        .map(|encoding| Binder {
            encoding,
            supplies: encoding
                .supplies()
                .iter()
                .map(|supply| (supply.variable.to_ascii_lowercase(), supply.variable))
                .collect(),
        })
        .collect()
}

fn report_early(
    cx: &ProfileContext<'_>,
    used: &VariableUse<'_>,
    assigned: Span,
    findings: &mut Findings<'_>,
) {
    findings
        .report(
            format!(
                "variable `{}` is read before it is assigned",
                excerpt(used.name)
            ),
            cx.label(used.span, "has no value yet"),
        )
        .because(cx.label(assigned, "assigned only here"))
        .help("move the assignment above the first use");
}

fn report_unset(
    cx: &ProfileContext<'_>,
    used: &VariableUse<'_>,
    binder: &Binder<'_>,
    proposals: &mut u32,
    findings: &mut Findings<'_>,
) {
    let encoding = binder.encoding;
    let draft = findings.report(
        format!("variable `{}` is never set", excerpt(used.name)),
        cx.label(used.span, "has no value"),
    );
    let draft = match encoding.entry(Key::ChipProfile) {
        Some(entry) => draft.because(Label::new(
            encoding.source,
            entry.key_span,
            "this description does not set it either",
        )),
        None => draft,
    };
    draft.help(help(cx, used, binder, proposals));
}

fn help(
    cx: &ProfileContext<'_>,
    used: &VariableUse<'_>,
    binder: &Binder<'_>,
    proposals: &mut u32,
) -> String {
    if let Some(credential) = stdlib::credential_of_variable(used.name) {
        return match credential.fed_by {
            [key, ..] => format!("set it with `{}=` in the description", key.name()),
            [] => "assign it above, for instance with `SECRANDOM(8)`".to_owned(),
        };
    }
    let assigned = cx
        .profile
        .assignments
        .iter()
        .map(|assignment| assignment.name);
    let known = assigned.chain(binder.supplies.values().copied());
    let near = match proposals.checked_sub(1) {
        Some(left) => {
            *proposals = left;
            nearest(used.name, known)
        }
        None => None,
    };
    near.map_or_else(
        || "assign it above, or name it in `ProfileParameters`".to_owned(),
        |near| format!("did you mean `{near}`?"),
    )
}
