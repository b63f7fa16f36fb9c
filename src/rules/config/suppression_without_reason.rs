use super::rule;
use crate::rules::{Check, Family, Findings, Level, TextContext};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A comment `perso: allow(rule)` with nothing behind the brackets.
    ///
    /// # Why it matters
    ///
    /// Whoever meets the comment later cannot tell whether it still holds.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// # perso: allow(unused-field)
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
    /// # perso: allow(unused-field) the next release reads it
    /// Spare=
    /// ```
    ///
    /// # Fix
    ///
    /// None: only the author knows the reason.
    ///
    /// # Source
    ///
    /// Ours.
    name: "suppression-without-reason",
    family: Family::Config,
    level: Level::Off,
    certainty: Certainty::Ours,
    source: "PERSO",
    check: Check::Text(check),
}

fn check(cx: &TextContext<'_>, findings: &mut Findings<'_>) {
    for directive in cx.directives() {
        let is_bare = |allowed: &crate::syntax::suppression::Allowed| !allowed.has_reason;
        if directive.allowed.as_ref().is_some_and(is_bare) {
            findings
                .report(
                    "a suppression without a reason",
                    cx.label(directive.span, "no words behind the brackets"),
                )
                .help("say behind the brackets why the finding may stand");
        }
    }
}
