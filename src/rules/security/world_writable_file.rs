use super::rule;
use crate::model::FileKind;
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::stdlib::{self, AccessWord, Certainty};

rule! {
    /// # What it finds
    ///
    /// An elementary file that anybody may change: `update=always`.
    ///
    /// # Why it matters
    ///
    /// Whoever holds the card for a moment can overwrite the file without any PIN: replace a
    /// certificate, or make the card unreadable.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=90 read=always update=always
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=90 read=always update=PIN1
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: write who may change the file, or `never`.
    ///
    /// # Source
    ///
    /// Ours: the published example (SEED) writes `always` everywhere, for a card that is finished
    /// later.
    name: "world-writable-file",
    family: Family::Security,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "SEED",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    for file in &cx.profile.files {
        if file.kind != FileKind::Ef {
            continue;
        }
        let Some(update) = cx.profile.attribute(file.attributes, "update") else {
            continue;
        };
        let words = cx.profile.tree.terms(update.value);
        let always = words.iter().find(|term| {
            matches!(
                stdlib::access_word(cx.text(term.span)),
                Some(AccessWord::Always)
            )
        });
        // Behind `&` another word still guards the file.
        let guarded = words
            .iter()
            .any(|term| term.operator == crate::syntax::cpf::Operator::And);
        if let Some(always) = always.filter(|_| !guarded) {
            findings
                .report(
                    format!("anybody can overwrite file `{}`", excerpt(file.name)),
                    cx.label(always.span, "without any PIN"),
                )
                .help("write who may change it, such as `update=PIN1`, or `update=never`");
        }
    }
}
