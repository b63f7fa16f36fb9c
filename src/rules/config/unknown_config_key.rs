use super::rule;
use crate::diagnostic::{Edit, Fix, Label, nearest};
use crate::rules::{self, Check, Family, Findings, Level, SettingsContext, excerpt};
use crate::source::Span;
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A table or key of `perso.toml` that perso does not know, a name in `[rules]` that is no rule,
    /// and a middleware, card or encoder in `[target]` that perso knows nothing of.
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
        let place = match (unknown.table, unknown.key) {
            (_, Some(key)) => format!("perso knows no such {key}"),
            (Some(table), None) => format!("`[{table}]` has no such key"),
            (None, None) => "perso knows no such table".to_owned(),
        };
        let names = (&unknown.known[..], &unknown.taken[..]);
        report(cx, unknown.name, &place, names, findings);
    }
    let all: Vec<_> = rules::all().map(|rule| rule.name).collect();
    let taken: Vec<_> = cx
        .rules
        .iter()
        .map(|span| span.of(cx.text).to_owned())
        .collect();
    for span in cx.rules {
        if rules::find(span.of(cx.text)).is_none() {
            report(cx, *span, "there is no such rule", (&all, &taken), findings);
        }
    }
}

fn report(
    cx: &SettingsContext<'_>,
    span: Span,
    place: &str,
    (known, taken): (&[&str], &[String]),
    findings: &mut Findings<'_>,
) {
    let name = span.of(cx.text);
    let message = format!("unknown name `{}` in the configuration", excerpt(name));
    let draft = findings.report(message, Label::new(cx.source, span, place));
    let Some(near) = nearest(name, known.iter().copied()) else {
        match known.len() <= 12 {
            true => draft.help(format!("known are {}", known.join(", "))),
            false => draft.help("`perso explain --list` names all rules"),
        };
        return;
    };
    let draft = draft.help(format!("did you mean `{near}`?"));
    // What stands there already cannot stand there twice.
    if !taken.iter().any(|taken| taken == near) {
        let edit = Edit {
            source: cx.source,
            span,
            text: near.to_owned(),
        };
        draft.fix(Fix::on_request(format!("write `{near}`"), [edit]));
    }
}
