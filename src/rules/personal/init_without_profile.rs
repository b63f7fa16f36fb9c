use super::rule;
use crate::rules::{Absence, Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// `InitToken` is on, or `ProfileParameters` is present, and there is no `ChipProfile`.
    ///
    /// # Why it matters
    ///
    /// Personal Desktop Client makes the files and PINs of a new card from a card profile. Without one
    /// it has nothing to initialise the card with, and parameters have nothing to go to.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8710
    /// [Fields]
    /// UserPuk=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// InitToken=true
    /// InitialPUK=UserPuk
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8710
    /// [Fields]
    /// UserPuk=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// InitToken=true
    /// InitialPUK=UserPuk
    /// ChipProfile=profile.cpf
    /// ```
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: name the profile with `ChipProfile`.
    ///
    /// # Source
    ///
    /// Stated (SEED): the initialisation of a card needs a card profile.
    name: "init-without-profile",
    family: Family::Personal,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SEED",
    scope: Scope::PersonalFile,
    absence: Absence::InFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    if cx.encoding.has(Key::ChipProfile) {
        return;
    }
    let (message, entry) = if let Some(entry) = cx.encoding.on(Key::InitToken) {
        ("`InitToken` is on without a card profile", entry)
    } else if let Some(entry) = cx.encoding.entry(Key::ProfileParameters) {
        ("`ProfileParameters` without a card profile", entry)
    } else {
        return;
    };
    findings
        .report(message, cx.label(entry.key_span, "needs `ChipProfile`"))
        .help("name the profile of the card with `ChipProfile=name.cpf` in `[Description]`")
        .note("Personal Desktop Client lays out a new card from its profile");
}
