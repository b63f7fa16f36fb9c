use super::rule;
use crate::rules::{Absence, Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// `PUK` without `SetPIN`.
    ///
    /// # Why it matters
    ///
    /// `PUK` is the new PUK that `SetPIN` sets. Alone it does nothing; the PUK that the card has,
    /// or gets at its initialisation, is `InitialPUK`.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// NewPuk=
    /// OldPuk=
    /// HolderPin=
    /// [Description]
    /// PKCS11Library=module.dll
    /// PUK=NewPuk
    /// InitialPUK=OldPuk
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// NewPuk=
    /// OldPuk=
    /// HolderPin=
    /// [Description]
    /// PKCS11Library=module.dll
    /// SetPIN=true
    /// PUK=NewPuk
    /// InitialPUK=OldPuk
    /// ```
    ///
    /// # Fix
    ///
    /// None: add `SetPIN=true`, or use `InitialPUK`.
    ///
    /// # Source
    ///
    /// Stated (BLOCK).
    name: "puk-without-setpin",
    family: Family::Dsc,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "BLOCK",
    scope: Scope::ChipFile,
    absence: Absence::InFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let Some(puk) = cx.encoding.entry(Key::PUK) else {
        return;
    };
    if cx.encoding.has(Key::SetPIN) {
        return;
    }
    findings
        .report(
            "`PUK` has no effect without `SetPIN`",
            cx.label(puk.key_span, "a new PUK, set by `SetPIN`"),
        )
        .help("add `SetPIN=true`, or write `InitialPUK=` if the first or present PUK is meant");
}
