use super::rule;
use crate::rules::{Check, Family, Findings, Level, ProfileContext};
use crate::stdlib::{Certainty, builtin};
use crate::syntax::cpf::{Statement, StatementKind};

rule! {
    /// # What it finds
    ///
    /// A call of `BurnFuse()` that is not the last statement of the profile. A second call of it is a
    /// repetition and does not count.
    ///
    /// # Why it matters
    ///
    /// `BurnFuse()` ends the phase in which the card lets everything be done. What follows meets a card
    /// that is locked already, and a lock cannot be taken back.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=auto read=always update=PIN1
    /// Endfile
    /// File Static EFNOTE
    /// data = 'ready'
    /// Endfile
    /// BurnFuse()
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=auto read=always update=PIN1
    /// Endfile
    /// File Static EFNOTE
    /// data = 'ready'
    /// Endfile
    /// CreateFiles()
    /// BurnFuse()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: move the call to the end.
    ///
    /// # Source
    ///
    /// Stated (SEED): the call stands at the end of the profile.
    name: "early-burn-fuse",
    family: Family::Cpf,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SEED",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let mut statements = cx.profile.top_level().map(|(_, statement)| statement);
    let Some(call) = statements.find(|statement| burns_fuse(cx, statement)) else {
        return;
    };
    let later = statements
        .find(|statement| statement.kind != StatementKind::Unknown && !burns_fuse(cx, statement));
    let Some(later) = later else { return };
    findings
        .report(
            "`BurnFuse()` is not the last statement",
            cx.label(call.word(), "locks the card here"),
        )
        .because(cx.label(later.word(), "meets a card that is locked"))
        .help("move `BurnFuse()` to the end of the profile");
}

fn burns_fuse(cx: &ProfileContext<'_>, statement: &Statement) -> bool {
    matches!(statement.kind, StatementKind::Call { .. })
        && cx
            .text(statement.word())
            .eq_ignore_ascii_case(builtin::BURN_FUSE)
}
