use super::rule;
use crate::rules::{Check, Family, Findings, Level, TextContext, excerpt};
use crate::stdlib::Certainty;
use crate::syntax::cpf::{DefectKind, StatementKind};

rule! {
    /// # What it finds
    ///
    /// A statement of a card profile where it cannot stand: `CreateDf`, `CreateEf`, `CreatePin` or
    /// `CreateKey` outside `MasterFile … Endfile`; an assignment, a call or `CardModel` inside it;
    /// anything but `data =` inside `File … Endfile`.
    ///
    /// # Why it matters
    ///
    /// Declarations get their place in the tree of files from the block they stand in, and all
    /// other statements act on the profile as a whole.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// CreateEf EFUNIT id=0x4401 maxsize=16 read=always update=always
    /// MasterFile
    /// Endfile
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
    /// None: move the statement to where it belongs.
    ///
    /// # Source
    ///
    /// Implied by the order of the published profile (SEED).
    name: "misplaced-statement",
    family: Family::Syntax,
    level: Level::ERROR,
    certainty: Certainty::Implied,
    source: "SEED",
    check: Check::Text(check),
}

fn check(cx: &TextContext<'_>, findings: &mut Findings<'_>) {
    let Some(tree) = cx.cpf else { return };
    for defect in &tree.defects {
        let DefectKind::Misplaced { block } = defect.kind else {
            continue;
        };
        let word = excerpt(cx.text(defect.span));
        let Some(block) = block.map(|id| tree.statement(id)) else {
            findings
                .report(
                    format!("`{word}` stands outside `MasterFile … Endfile`"),
                    cx.label(defect.span, "belongs to no place in the tree of files"),
                )
                .help("move it between `MasterFile` and its `Endfile`");
            continue;
        };
        let help = match block.kind {
            StatementKind::File { .. } => {
                "a `File` block holds one `data =` and nothing else; move the statement out of it"
            }
            _ => "move it in front of `MasterFile`, or behind its `Endfile`",
        };
        let outer = excerpt(cx.text(block.word()));
        findings
            .report(
                format!("`{word}` cannot stand inside `{outer}`"),
                cx.label(defect.span, format!("inside `{outer}`")),
            )
            .because(cx.label(block.word(), "this block"))
            .help(help);
    }
}
