use super::rule;
use crate::rules::{Check, Family, Findings, Level, TextContext};
use crate::stdlib::Certainty;
use crate::syntax::cpf::DefectKind;

rule! {
    /// # What it finds
    ///
    /// A quoted string that is not closed on its line, or `0x{` without `}` before the next
    /// statement that begins a block or the end of the file.
    ///
    /// # Why it matters
    ///
    /// Where the value ends is not known, so neither is what follows it.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFUNIT id=0x4401 maxsize=16 read=always update=always
    /// Endfile
    /// File Static EFUNIT
    /// data = 0x{ 4F 53
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
    /// None: close the literal where it was meant to end.
    ///
    /// # Source
    ///
    /// Implied by the literals of the published profile (SEED).
    name: "unterminated-literal",
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
            DefectKind::UnterminatedString => {
                let quote = cx.text(defect.span);
                findings
                    .report(
                        "string is not closed on its line",
                        cx.label(defect.span, "opened here"),
                    )
                    .help(format!(
                        "close it with {quote}; a quote inside a string is written twice"
                    ));
            }
            DefectKind::UnterminatedBytes => {
                findings
                    .report(
                        "hex data is not closed",
                        cx.label(defect.span, "opened here"),
                    )
                    .help("close it with `}` behind the last byte");
            }
            _ => {}
        }
    }
}
