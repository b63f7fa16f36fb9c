use std::collections::HashMap;

use super::rule;
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::source::Span;
use crate::stdlib::{self, Certainty};
use crate::syntax::cpf::TermKind;

rule! {
    /// # What it finds
    ///
    /// A value is the placeholder `...`, and no description supplies it, be it as an entry of
    /// `ProfileParameters` or by the credential key that feeds the `SEC_` variable.
    ///
    /// # Why it matters
    ///
    /// The published example uses `...` where a value is still to be chosen. A card cannot be made from
    /// it.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// note = ...
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=40 read=always update=PIN1
    /// Endfile
    /// File Static EFNOTE
    /// data = note
    /// Endfile
    /// CreateFiles()
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
    /// None is applied: the value is for the author to choose.
    ///
    /// # Source
    ///
    /// Stated (SEED): the example is a sketch that has to be filled in.
    name: "unresolved-placeholder",
    family: Family::Cpf,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SEED",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let supplied = cx.project.supplied_variables(cx.profile);
    let awaiting = awaiting_variables(cx);
    for term in &cx.profile.tree.terms {
        if term.kind != TermKind::Placeholder {
            continue;
        }
        match awaiting.get(&term.span) {
            Some(name) if supplied.contains(&name.to_ascii_lowercase()) => {}
            Some(name) => report_variable(cx, name, term.span, findings),
            None => report_value(cx, term.span, findings),
        }
    }
}

/// The variables that stand before a placeholder, by its place.
fn awaiting_variables<'p>(cx: &ProfileContext<'p>) -> HashMap<Span, &'p str> {
    let assignments = cx.profile.assignments.iter();
    assignments
        .filter(|assignment| cx.profile.awaits_value(assignment))
        .filter_map(|assignment| Some((cx.profile.tree.span(assignment.value?), assignment.name)))
        .collect()
}

fn report_variable(cx: &ProfileContext<'_>, name: &str, span: Span, findings: &mut Findings<'_>) {
    let fed_by = stdlib::credential_of_variable(name)
        .and_then(|credential| credential.fed_by.first())
        .map(|key| key.name());
    let help = match fed_by {
        Some(key) => format!("assign a value, or set it from outside with `{key}=`"),
        None if stdlib::credential_of_variable(name).is_some() => {
            "assign a value, for instance with `SECRANDOM(8)`".to_owned()
        }
        None => "assign a value, or pass the variable with `ProfileParameters`".to_owned(),
    };
    findings
        .report(
            format!("variable `{}` has no value yet", excerpt(name)),
            cx.label(span, "a placeholder stands in for the value"),
        )
        .help(help);
}

fn report_value(cx: &ProfileContext<'_>, span: Span, findings: &mut Findings<'_>) {
    findings
        .report(
            "a value is still to be filled in",
            cx.label(span, "a placeholder stands in for the value"),
        )
        .help("write the value in place of `...`");
}
