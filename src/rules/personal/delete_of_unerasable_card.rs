use super::rule;
use crate::diagnostic::Label;
use crate::model::{CompanionKind, Profile};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::source::Span;
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// A description with `DeleteProfile=true` for cards whose profile calls `BurnFuse()` without
    /// `MakeCardEraseable()`. The profile in question is the one that `ChipProfile` names, else any in
    /// the project.
    ///
    /// # Why it matters
    ///
    /// Such a card cannot be erased without the operator PIN: the description fails on every card that
    /// was made with the profile.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8710
    /// [Fields]
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// DeleteProfile=true
    /// ```
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// Endfile
    /// CreateFiles()
    /// BurnFuse()
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8710
    /// [Fields]
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// DeleteProfile=true
    /// ```
    ///
    /// ```cpf
    /// MakeCardEraseable()
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// Endfile
    /// CreateFiles()
    /// BurnFuse()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: cards that are made already stay as they are.
    ///
    /// # Source
    ///
    /// Stated (SEED): the table of when a card can be erased.
    name: "delete-of-unerasable-card",
    family: Family::Personal,
    level: Level::WARNING,
    certainty: Certainty::Stated,
    source: "SEED",
    scope: Scope::PersonalFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let Some(delete) = cx.encoding.on(Key::DeleteProfile) else {
        return;
    };
    let Some((profile, fuse)) = locking_profile(cx) else {
        return;
    };
    let source = profile.source;
    findings
        .report(
            "the card that is to be erased cannot be erased",
            cx.label(
                delete.key_span,
                "works without credentials on erasable cards only",
            ),
        )
        .because(Label::new(
            source,
            fuse,
            "locks the card; `MakeCardEraseable()` is not called",
        ))
        .help("call `MakeCardEraseable()` first in the profile, and make the cards with it");
}

/// The first profile in question that locks its card for good, with the call that does.
fn locking_profile<'p>(cx: &EncodingContext<'p>) -> Option<(&'p Profile<'p>, Span)> {
    let locks = |profile: &'p Profile<'p>| Some((profile, profile.locking_call()?));
    match cx.project.companion(cx.encoding, CompanionKind::Profile) {
        Some(_) => cx.project.profile_of(cx.encoding).and_then(locks),
        None => cx.project.profiles.iter().find_map(locks),
    }
}
