use super::rule;
use crate::model::KeyMatch;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A key that is neither known nor near a known one.
    ///
    /// # Why it matters
    ///
    /// It may be a slip, or a key that is not in the public documentation: that list is not complete.
    /// What it does is not known here, so it is not judged.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Serial=
    /// [Description]
    /// PKCS11Library=module.dll
    /// iccsnfield=Serial
    /// Colour=green
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Serial=
    /// [Description]
    /// PKCS11Library=module.dll
    /// iccsnfield=Serial
    /// ```
    ///
    /// # Fix
    ///
    /// None: check the name, or allow the line if the key is right.
    ///
    /// # Source
    ///
    /// Ours.
    name: "unknown-key",
    family: Family::Dsc,
    level: Level::INFO,
    certainty: Certainty::Ours,
    source: "PERSO",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    for entry in &cx.encoding.entries {
        if entry.matched == KeyMatch::Unknown && cx.encoding.is_judged(entry) {
            let name = excerpt(cx.text(entry.key_span));
            findings
                .report(
                    format!("key `{name}` is not known"),
                    cx.label(entry.key_span, "no public page names this key"),
                )
                .help("check its spelling");
        }
    }
}
