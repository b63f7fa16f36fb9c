use std::collections::HashSet;

use super::rule;
use crate::diagnostic::{Edit, Fix, Label, nearest};
use crate::rules::{self, Check, Family, Findings, Level, SettingsContext, excerpt};
use crate::source::Span;
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A table or key of `perso.toml` that perso does not know, and a name in `[rules]` that is no
    /// rule.
    ///
    /// # Why it matters
    ///
    /// What is not known is passed over: the project is not checked as it asks to be. It is no
    /// error, so that two versions of perso can share a project.
    ///
    /// # Example
    ///
    /// ```toml
    /// [rules]
    /// unused-feild = "off"
    /// ```
    ///
    /// # Instead
    ///
    /// ```toml
    /// [rules]
    /// unused-field = "off"
    /// ```
    ///
    /// # Fix
    ///
    /// Unsafe: the nearest name.
    ///
    /// # Source
    ///
    /// Ours.
    name: "unknown-config-key",
    family: Family::Config,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "PERSO",
    check: Check::Settings(check),
}

fn check(cx: &SettingsContext<'_>, findings: &mut Findings<'_>) {
    for unknown in cx.unknown {
        let place = match unknown.table {
            Some(table) => format!("`[{table}]` has no such key"),
            None => "perso knows no such table".to_owned(),
        };
        report(cx, unknown.name, &place, &unknown.free, findings);
    }
    let given: HashSet<_> = cx.rules.iter().map(|span| span.of(cx.text)).collect();
    let free: Vec<_> = rules::all().map(|rule| rule.name).collect();
    let free: Vec<_> = free.into_iter().filter(|it| !given.contains(it)).collect();
    for span in cx.rules {
        if rules::find(span.of(cx.text)).is_none() {
            report(cx, *span, "there is no such rule", &free, findings);
        }
    }
}

/// Reports a name; `free` are the names that may take its place, for no key can stand twice.
fn report(
    cx: &SettingsContext<'_>,
    span: Span,
    place: &str,
    free: &[&str],
    findings: &mut Findings<'_>,
) {
    let name = span.of(cx.text);
    let message = format!("unknown name `{}` in the configuration", excerpt(name));
    let draft = findings.report(message, Label::new(cx.source, span, place));
    match nearest(name, free.iter().copied()) {
        Some(near) => {
            let edit = Edit {
                source: cx.source,
                span,
                text: near.to_owned(),
            };
            draft
                .help(format!("did you mean `{near}`?"))
                .fix(Fix::on_request(format!("write `{near}`"), [edit]))
        }
        None if free.is_empty() => draft.help("all known names are there: put its lines under one"),
        None if free.len() <= 8 => draft.help(format!("known are {}", free.join(", "))),
        None => draft.help("`perso explain --list` names all rules"),
    };
}
