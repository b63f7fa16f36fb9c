use super::rule;
use crate::rules::{Check, Family, Findings, Level, TextContext, excerpt};
use crate::stdlib::Certainty;
use crate::syntax::cpf::DefectKind;

rule! {
    /// # What it finds
    ///
    /// Inside `0x{ }` a character that is no hexadecimal digit, blank, line end or comment, or a
    /// run of digits of odd length.
    ///
    /// # Why it matters
    ///
    /// A missing digit shifts all bytes behind it, and the card would get other data than the
    /// author meant.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFUNIT id=0x4401 maxsize=16 read=always update=always
    /// Endfile
    /// File Static EFUNIT
    /// data = 0x{ 4F 5 }
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
    /// None: what the byte should be is for the author to say.
    ///
    /// # Source
    ///
    /// Implied by the hex data of the published profile (SEED).
    name: "malformed-hex-data",
    family: Family::Syntax,
    level: Level::ERROR,
    certainty: Certainty::Implied,
    source: "SEED",
    check: Check::Text(check),
}

fn check(cx: &TextContext<'_>, findings: &mut Findings<'_>) {
    let Some(tree) = cx.cpf else { return };
    for defect in &tree.defects {
        let run = excerpt(cx.text(defect.span));
        match defect.kind {
            DefectKind::NotHexadecimal => {
                findings
                    .report(
                        format!("`{run}` is not hexadecimal"),
                        cx.label(defect.span, "expected hexadecimal digits"),
                    )
                    .help("write two digits of 0-9 and A-F for each byte; `;` begins a comment");
            }
            DefectKind::OddDigits => {
                findings
                    .report(
                        format!("`{run}` has an odd number of hexadecimal digits"),
                        cx.label(defect.span, "two digits make a byte"),
                    )
                    .help("write two digits for each byte, `05` for 5");
            }
            _ => {}
        }
    }
}
