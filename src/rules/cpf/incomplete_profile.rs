use super::rule;
use crate::rules::{Check, Family, Findings, Level, ProfileContext};
use crate::source::Span;
use crate::stdlib::{Certainty, builtin};
use crate::syntax::cpf::{Statement, StatementKind};

rule! {
    /// # What it finds
    ///
    /// A profile without `CardModel`; one with `File` blocks or `CreateFiles()` but no `MasterFile`; or
    /// one with a `MasterFile` but no `CreateFiles()`.
    ///
    /// # Why it matters
    ///
    /// `CardModel` says which commands the card understands, `MasterFile` which files it gets, and
    /// `CreateFiles()` makes them. Without one of them no card comes out.
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
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: add the missing part.
    ///
    /// # Source
    ///
    /// Implied by the published example (SEED), which has all three.
    name: "incomplete-profile",
    family: Family::Cpf,
    level: Level::ERROR,
    certainty: Certainty::Implied,
    source: "SEED",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    if cx.profile.card_model.is_none() {
        findings
            .report(
                "the profile has no `CardModel`",
                cx.label(first_word(cx), "expected `CardModel` at the beginning"),
            )
            .help("say which card it is for, such as `CardModel 'SIEMENS50'`");
    }
    let create = cx
        .profile
        .calls_as(builtin::CREATE_FILES)
        .next()
        .map(|call| call.span);
    match (master_file(cx), create.or_else(|| first_block(cx))) {
        (None, Some(_)) => report_without_tree(cx, create, findings),
        (Some(word), _) if create.is_none() => {
            findings
                .report(
                    "the declared files are never made",
                    cx.label(word, "needs `CreateFiles()` behind it"),
                )
                .help("call `CreateFiles()` behind the last `File` block");
        }
        _ => {}
    }
}

/// Files are filled or made that nothing declares.
fn report_without_tree(cx: &ProfileContext<'_>, create: Option<Span>, findings: &mut Findings<'_>) {
    let first = create.into_iter().chain(first_block(cx));
    let Some(place) = first.min_by_key(|span| span.start) else {
        return;
    };
    findings
        .report(
            "the profile has no `MasterFile`",
            cx.label(place, "no file is declared for this"),
        )
        .help("declare the files between `MasterFile` and `Endfile`");
}

fn first_word(cx: &ProfileContext<'_>) -> Span {
    let statements = &cx.profile.tree.statements;
    statements.first().map_or(Span::empty(0), Statement::word)
}

fn master_file(cx: &ProfileContext<'_>) -> Option<Span> {
    cx.profile
        .tree
        .statements
        .iter()
        .find(|statement| matches!(statement.kind, StatementKind::MasterFile { .. }))
        .map(Statement::word)
}

fn first_block(cx: &ProfileContext<'_>) -> Option<Span> {
    let content = cx.profile.contents.first()?;
    Some(cx.profile.tree.statement(content.statement).word())
}
