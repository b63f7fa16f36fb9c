use super::rule;
use crate::diagnostic::Fix;
use crate::rules::{Check, Family, Findings, Level, TextContext, excerpt};
use crate::stdlib::Certainty;
use crate::syntax::cpf::DefectKind;

rule! {
    /// # What it finds
    ///
    /// A line of a card profile that begins with a word that is neither a statement, nor the
    /// assignment of a variable, nor a call. A word that is near a known one is taken for that one,
    /// so that the rest of the profile is still understood.
    ///
    /// # Why it matters
    ///
    /// Nothing tells what the line is for, so no plan can be made from the profile.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreatEf EFUNIT id=0x4401 maxsize=16 read=always update=always
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
    /// Unsafe: write the nearest known word.
    ///
    /// # Source
    ///
    /// Implied by the words of the published profile (SEED).
    name: "unknown-statement",
    family: Family::Syntax,
    level: Level::ERROR,
    certainty: Certainty::Implied,
    source: "SEED",
    check: Check::Text(check),
}

fn check(cx: &TextContext<'_>, findings: &mut Findings<'_>) {
    let Some(tree) = cx.cpf else { return };
    for defect in &tree.defects {
        let DefectKind::UnknownStatement { nearest } = defect.kind else {
            continue;
        };
        let word = excerpt(cx.text(defect.span));
        let draft = findings.report(
            format!("unknown statement `{word}`"),
            cx.label(defect.span, "no statement begins like this"),
        );
        match nearest {
            Some(nearest) => {
                let nearest = nearest.spelling();
                let edit = cx.edit(defect.span, nearest);
                draft
                    .help(format!("did you mean `{nearest}`?"))
                    .fix(Fix::on_request(format!("write `{nearest}`"), [edit]));
            }
            None => {
                draft.help(
                    "write a statement, `variable = value` or `FUNCTION(…)`; `;` begins a comment",
                );
            }
        }
    }
}
