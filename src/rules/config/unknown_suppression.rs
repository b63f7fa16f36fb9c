use super::rule;
use crate::diagnostic::{Fix, nearest};
use crate::rules::{self, Check, Family, Findings, Level, TextContext, excerpt};
use crate::source::Span;
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A comment that begins with `perso:` and is no `allow(rule)` or `allow-file(rule)`, or that
    /// names no rule.
    ///
    /// # Why it matters
    ///
    /// Such a comment silences nothing, though it seems to.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// # perso: allow(unused-feild) for the next release
    /// Spare=
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// # perso: allow(unused-field) for the next release
    /// Spare=
    /// ```
    ///
    /// # Fix
    ///
    /// Unsafe: the nearest rule.
    ///
    /// # Source
    ///
    /// Ours.
    name: "unknown-suppression",
    family: Family::Config,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "PERSO",
    check: Check::Text(check),
}

fn check(cx: &TextContext<'_>, findings: &mut Findings<'_>) {
    for directive in cx.directives() {
        match &directive.allowed {
            Some(allowed) => {
                for name in &allowed.rules {
                    unknown_rule(cx, *name, findings);
                }
            }
            None => {
                findings
                    .report(
                        "this comment for perso is not understood",
                        cx.label(directive.span, "it silences nothing"),
                    )
                    .help("write `perso: allow(rule) reason` or `perso: allow-file(rule) reason`");
            }
        }
    }
}

fn unknown_rule(cx: &TextContext<'_>, span: Span, findings: &mut Findings<'_>) {
    let name = cx.text(span);
    if rules::find(name).is_some() {
        return;
    }
    let draft = findings.report(
        format!("there is no rule `{}`", excerpt(name)),
        cx.label(span, "it silences nothing"),
    );
    match nearest(name, rules::all().map(|rule| rule.name)) {
        Some(near) => draft
            .help(format!("did you mean `{near}`?"))
            .fix(Fix::on_request(
                format!("write `{near}`"),
                [cx.edit(span, near)],
            )),
        None => draft.help("`perso explain --list` names all rules"),
    };
}
