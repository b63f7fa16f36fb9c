use super::rule;
use crate::model::Reference;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, ProfileContext, Scope};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A credential that stands in the file itself: a `#` constant on `PIN`, `PUK`, `InitialPUK` and
    /// the like, or a text, number or bytes assigned to a `SEC_` variable or given as the `value` of a
    /// `CreatePin`. The value is not shown.
    ///
    /// # Why it matters
    ///
    /// Every card gets the same PIN, and everyone who can read the file knows it.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// HolderPin=
    /// [Description]
    /// PKCS11Library=module.dll
    /// SetPIN=true
    /// PIN=HolderPin
    /// InitialPUK=#24681012
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// HolderPin=
    /// CardPuk=
    /// [Description]
    /// PKCS11Library=module.dll
    /// SetPIN=true
    /// PIN=HolderPin
    /// InitialPUK=CardPuk
    /// ```
    ///
    /// # Fix
    ///
    /// None: declare a field for it; in a profile use `SECRANDOM`.
    ///
    /// # Source
    ///
    /// Ours; the language allows it (INIT).
    name: "hard-coded-credential",
    family: Family::Security,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "INIT",
    scope: Scope::ChipFile,
    check: Check::Both(in_description,in_profile),
}

fn in_description(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    for entry in &cx.encoding.entries {
        let Some(key) = entry.key().filter(|key| key.keyword().credential) else {
            continue;
        };
        let given = matches!(entry.reference(), Reference::Literal(text) if !text.is_empty());
        if given && cx.encoding.is_judged(entry) {
            findings
                .report(
                    format!("`{}` is the same on every card", key.name()),
                    cx.label(entry.value_span, "a credential in the file itself"),
                )
                .help("declare a field for it and write its name here");
        }
    }
}

fn in_profile(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    for literal in cx.profile.secret_literals() {
        findings
            .report(
                "this secret is the same on every card",
                cx.label(literal, "a credential in the file itself"),
            )
            .help("take it from a field of the description, or make it with `SECRANDOM`");
    }
}
