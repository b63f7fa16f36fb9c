use super::{initialised_without, rule};
use crate::rules::{Absence, Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// `InitToken` without `InitialPUK`.
    ///
    /// # Why it matters
    ///
    /// The initialisation sets the PUK of the card, so it must know which. A card without a known
    /// PUK cannot be unblocked.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// UserPuk=
    /// [Description]
    /// PKCS11Library=module.dll
    /// InitToken=true
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// UserPuk=
    /// [Description]
    /// PKCS11Library=module.dll
    /// InitToken=true
    /// InitialPUK=UserPuk
    /// ```
    ///
    /// # Fix
    ///
    /// None: add `InitialPUK` with a field that holds the new PUK.
    ///
    /// # Source
    ///
    /// Stated (INIT).
    name: "missing-initial-puk",
    family: Family::Dsc,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "INIT",
    scope: Scope::ChipFile,
    absence: Absence::InFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let Some(trigger) = initialised_without(cx, Key::InitialPUK) else {
        return;
    };
    findings
        .report(
            "`InitToken` needs `InitialPUK`",
            cx.label(trigger.key_span, "sets the PUK, which is not given"),
        )
        .help("add `InitialPUK=` with the field that holds the new PUK");
}
