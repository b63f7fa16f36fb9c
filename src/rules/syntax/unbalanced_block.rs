use super::rule;
use crate::diagnostic::Fix;
use crate::rules::{Check, Family, Findings, Level, TextContext, excerpt, line_end};
use crate::source::Span;
use crate::stdlib::{self, Certainty};
use crate::syntax::cpf::{CpfTree, Defect, DefectKind, Statement, StatementId, StatementKind};

rule! {
    /// # What it finds
    ///
    /// A block of a card profile that is not closed: `MasterFile` or `File` without `Endfile`,
    /// `CreateDf` without `EndDF`, before a statement that cannot stand inside it or before the end
    /// of the file. Or an end word that closes nothing.
    ///
    /// # Why it matters
    ///
    /// Where a block ends decides in which directory a file is created.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFUNIT id=0x4401 maxsize=16 read=always update=always
    /// File Static EFUNIT
    /// data = 0x{ 4F 53 }
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFUNIT id=0x4401 maxsize=16 read=always update=always
    /// Endfile
    /// File Static EFUNIT
    /// data = 0x{ 4F 53 }
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// Unsafe: insert the missing end word.
    ///
    /// # Source
    ///
    /// Implied by the blocks of the published profile (SEED).
    name: "unbalanced-block",
    family: Family::Syntax,
    level: Level::ERROR,
    certainty: Certainty::Implied,
    source: "SEED",
    check: Check::Text(check),
}

fn check(cx: &TextContext<'_>, findings: &mut Findings<'_>) {
    let Some(tree) = cx.cpf else { return };
    for defect in &tree.defects {
        match defect.kind {
            DefectKind::UnclosedBlock { noticed } => {
                report_unclosed(cx, tree, defect, noticed, findings);
            }
            DefectKind::StrayEnd => {
                let word = excerpt(cx.text(defect.span));
                findings
                    .report(
                        format!("`{word}` closes nothing"),
                        cx.label(defect.span, "no such block is open here"),
                    )
                    .help("delete it, or write the word that opens the block");
            }
            _ => {}
        }
    }
}

fn report_unclosed(
    cx: &TextContext<'_>,
    tree: &CpfTree,
    defect: &Defect,
    noticed: Option<StatementId>,
    findings: &mut Findings<'_>,
) {
    let opening = defect.statement.map(|id| tree.statement(id));
    let Some(end) = opening.and_then(end_word) else {
        return;
    };
    let word = excerpt(cx.text(defect.span));
    let (noticed, reason) = match noticed {
        Some(id) => (tree.statement(id).word(), "cannot stand inside the block"),
        None => (
            end_of(cx.file.text()),
            "the file ends before the block does",
        ),
    };
    findings
        .report(
            format!("`{word}` is not closed by `{end}`"),
            cx.label(defect.span, format!("expected `{end}` for this block")),
        )
        .because(cx.label(noticed, reason))
        .help(format!("write `{end}` where the block ends"))
        .fix(Fix::on_request(
            format!("insert `{end}`"),
            [insertion(cx, noticed, end)],
        ));
}

/// The place behind the last byte; texts are shorter than 4 GiB.
fn end_of(text: &str) -> Span {
    Span::empty(u32::try_from(text.len()).unwrap_or(u32::MAX))
}

/// The word that closes a block.
fn end_word(statement: &Statement) -> Option<&'static str> {
    let word = match statement.kind {
        StatementKind::MasterFile { .. } => "MasterFile",
        StatementKind::File { .. } => "File",
        StatementKind::Declaration { .. } => "CreateDf",
        _ => return None,
    };
    stdlib::statement(word)?.closed_by
}

/// A line with the end word, in front of the line where the end was missed, or at the end.
fn insertion(cx: &TextContext<'_>, noticed: Span, end: &str) -> crate::diagnostic::Edit {
    let text = cx.file.text();
    let line_end = line_end(text);
    if noticed.is_empty() {
        let behind_line = text.is_empty() || text.ends_with(['\n', '\r']);
        let before = if behind_line { "" } else { line_end };
        return cx.edit(noticed, format!("{before}{end}{line_end}"));
    }
    let lines = cx.file.lines();
    let start = lines.start_of(lines.line_of(noticed.start));
    cx.edit(Span::empty(start), format!("{end}{line_end}"))
}
