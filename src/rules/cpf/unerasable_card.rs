use super::rule;
use crate::rules::{Check, Family, Findings, Level, ProfileContext};
use crate::stdlib::{Certainty, builtin};

rule! {
    /// # What it finds
    ///
    /// A profile that calls `BurnFuse()` and not `MakeCardEraseable()`.
    ///
    /// # Why it matters
    ///
    /// Once the fuse is burnt, such a card can only be erased with the operator PIN. Where that is not
    /// kept, the card can never be used for anyone else.
    ///
    /// # Example
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
    /// None is applied: it may be meant so.
    ///
    /// # Source
    ///
    /// Stated (SEED): the table of when a card can be erased.
    name: "unerasable-card",
    family: Family::Cpf,
    level: Level::INFO,
    certainty: Certainty::Stated,
    source: "SEED",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    if let Some(fuse) = cx.profile.locking_call() {
        let erasable = builtin::MAKE_CARD_ERASEABLE;
        findings
            .report(
                format!("`BurnFuse()` without `{erasable}()`"),
                cx.label(
                    fuse,
                    "from here on only the operator PIN can erase the card",
                ),
            )
            .help(format!(
                "call `{erasable}()` first in the profile, unless this is meant"
            ));
    }
}
