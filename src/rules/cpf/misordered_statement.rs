use super::rule;
use crate::rules::{Check, Family, Findings, Level, ProfileContext};
use crate::stdlib::{self, Certainty, Placement, builtin};
use crate::syntax::cpf::{Statement, StatementKind};

rule! {
    /// # What it finds
    ///
    /// `MakeCardEraseable()` that is not the first statement, or a statement other than `BurnFuse()`
    /// behind `CreateFiles()`.
    ///
    /// # Why it matters
    ///
    /// Files are made and filled at `CreateFiles()`: what is set or filled behind it comes too late.
    /// `MakeCardEraseable()` belongs before everything that changes the card.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MakeCardEraseable()
    /// MasterFile
    /// Endfile
    /// CreateFiles()
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
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: move the statement.
    ///
    /// # Source
    ///
    /// Stated (SEED) for `MakeCardEraseable()`, which stands at the start; implied there for what
    /// stands behind `CreateFiles()`.
    name: "misordered-statement",
    family: Family::Cpf,
    level: Level::WARNING,
    certainty: Certainty::Stated,
    source: "SEED",
    yields_to: &["duplicate-declaration"],
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let (mut is_first, mut creation, mut last_told) = (true, None, false);
    for (_, statement) in cx.profile.top_level() {
        let placement = placement(cx, statement);
        if placement == Some(Placement::Last) {
            // What stands behind an early `BurnFuse()` is `early-burn-fuse`.
            return;
        }
        if placement == Some(Placement::First) && !is_first && creation.is_none() {
            findings
                .report(
                    format!(
                        "`{}()` is not the first statement",
                        cx.text(statement.word())
                    ),
                    cx.label(statement.word(), "belongs in front of all others"),
                )
                .help("move it to the start of the profile");
        }
        if let Some(creation) = creation
            && statement.kind != StatementKind::Unknown
            && !last_told
        {
            last_told = true;
            findings
                .report(
                    "a statement stands behind `CreateFiles()`",
                    cx.label(statement.word(), "comes too late"),
                )
                .because(cx.label(creation, "files are made and filled here"))
                .help("move `CreateFiles()` to the end; only `BurnFuse()` stands behind it");
        }
        if creation.is_none() && calls(cx, statement, builtin::CREATE_FILES) {
            creation = Some(statement.word());
        }
        is_first = false;
    }
}

fn calls(cx: &ProfileContext<'_>, statement: &Statement, function: &str) -> bool {
    matches!(statement.kind, StatementKind::Call { .. })
        && cx.text(statement.word()).eq_ignore_ascii_case(function)
}

fn placement(cx: &ProfileContext<'_>, statement: &Statement) -> Option<Placement> {
    let is_call = matches!(statement.kind, StatementKind::Call { .. });
    let function = stdlib::function(cx.text(statement.word())).filter(|_| is_call)?;
    Some(function.placement)
}
