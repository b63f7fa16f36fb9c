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
    let binders = Binders::of(cx);
    let mut told = HashSet::new();
    let mut proposals = MAX_COMPARISONS / binders.known_names(cx).max(1);
    for used in &cx.profile.uses {
        let name = used.name.to_ascii_lowercase();
        match cx.profile.assignment(used.name) {
            Some(assignment) if assignment.statement < used.statement => {}
            Some(assignment) if !binders.any_sets(&name) && told.insert(name.clone()) => {
                report_early(cx, used, assignment.span, findings);
            }
            None if !binders.all_set(&name) && told.insert(name.clone()) => {
                if let Some(binder) = binders.first_without(&name) {
                    report_unset(cx, used, binder, proposals > 0, findings);
                    proposals = proposals.saturating_sub(1);
                }
            }
            _ => {}
        }
    }
}

/// Comparisons of names that are made for proposals; bounds the work on junk.
const MAX_COMPARISONS: usize = 100_000;

/// The descriptions that initialise a token with the profile and can be read whole: a part that
/// the vendor encrypted may hold what seems to be missing.
struct Binders<'p> {
    list: Vec<Binder<'p>>,
    /// How many of them set a variable.
    setting: HashMap<String, usize>,
}

/// A description, and the variables that it hands over, in lower case and as they are written.
struct Binder<'p> {
    encoding: &'p Encoding<'p>,
    supplies: HashMap<String, &'p str>,
}

impl<'p> Binders<'p> {
    fn of(cx: &ProfileContext<'p>) -> Self {
        let mut setting = HashMap::new();
        let mut list = Vec::new();
        for encoding in cx.binders().filter(|encoding| encoding.protected.is_none()) {
            let supplies: HashMap<_, _> = encoding
                .supplies()
                .iter()
                .map(|supply| (supply.variable.to_ascii_lowercase(), supply.variable))
                .collect();
            for variable in supplies.keys() {
                *setting.entry(variable.clone()).or_insert(0) += 1;
            }
            list.push(Binder { encoding, supplies });
        }
        Self { list, setting }
    }

    fn any_sets(&self, variable: &str) -> bool {
        self.setting.contains_key(variable)
    }

    fn all_set(&self, variable: &str) -> bool {
        self.setting.get(variable).copied().unwrap_or(0) == self.list.len()
    }

    /// Most names that one description and the profile know together.
    fn known_names(&self, cx: &ProfileContext<'_>) -> usize {
        let supplied = self.list.iter().map(|binder| binder.supplies.len()).max();
        cx.profile.assignments.len() + supplied.unwrap_or(0)
    }

    fn first_without(&self, variable: &str) -> Option<&Binder<'p>> {
        self.list
            .iter()
            .find(|binder| !binder.supplies.contains_key(variable))
    }
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
    propose: bool,
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
    draft.help(help(cx, used, binder, propose));
}

fn help(
    cx: &ProfileContext<'_>,
    used: &VariableUse<'_>,
    binder: &Binder<'_>,
    propose: bool,
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
    let near = match propose {
        true => nearest(used.name, known),
        false => None,
    };
    near.map_or_else(
        || "assign it above, or name it in `ProfileParameters`".to_owned(),
        |near| format!("did you mean `{near}`?"),
    )
}
