use super::{initialised_without, rule};
use crate::rules::{Absence, Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// `InitToken` without `InitialLabel`.
    ///
    /// # Why it matters
    ///
    /// A token without a label cannot be told from others in lists of tokens.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// CardPuk=
    /// [Description]
    /// PKCS11Library=module.dll
    /// InitToken=true
    /// InitialPUK=CardPuk
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// CardPuk=
    /// [Description]
    /// PKCS11Library=module.dll
    /// InitToken=true
    /// InitialPUK=CardPuk
    /// InitialLabel=#Badge
    /// ```
    ///
    /// # Fix
    ///
    /// None: choose a label.
    ///
    /// # Source
    ///
    /// Stated as a recommendation (INIT).
    name: "missing-token-label",
    family: Family::Dsc,
    level: Level::INFO,
    certainty: Certainty::Stated,
    source: "INIT",
    scope: Scope::ChipFile,
    absence: Absence::InFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let Some(trigger) = initialised_without(cx, Key::InitialLabel) else {
        return;
    };
    findings
        .report(
            "the token gets no label",
            cx.label(trigger.key_span, "initialises the token"),
        )
        .help("add `InitialLabel=#` with a text of at most 32 bytes, or a field");
}
