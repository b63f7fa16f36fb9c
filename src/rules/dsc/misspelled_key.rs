use super::rule;
use crate::diagnostic::Fix;
use crate::model::KeyMatch;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A key that is not known, but near a known one. It is taken for that one in all other checks.
    /// Also the documented misprint `useChipSerialAslccsn`, with a small L.
    ///
    /// # Why it matters
    ///
    /// An unknown key is most likely ignored: the card is made without what the line asks for.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// UserPuk=
    /// [Description]
    /// PKCS11Library=module.dll
    /// IniToken=true
    /// InitialPUK=UserPuk
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// UserPuk=
    /// [Description]
    /// PKCS11Library=module.dll
    /// InitToken=true
    /// InitialPUK=UserPuk
    /// ```
    ///
    /// # Fix
    ///
    /// Safe for the misprint, else unsafe: write the nearest key.
    ///
    /// # Source
    ///
    /// Implied for the misprint (SEED), else ours.
    name: "misspelled-key",
    family: Family::Dsc,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "SEED",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    for entry in &cx.encoding.entries {
        let written = cx.text(entry.key_span);
        let (meant, is_misprint) = match entry.matched {
            KeyMatch::Misspelled(key) => (key.name(), false),
            KeyMatch::Known(key) if key.alias(written).is_some_and(|alias| alias.misprint) => {
                (key.name(), true)
            }
            _ => continue,
        };
        let message = format!("write `{meant}`");
        let edits = [cx.edit(entry.key_span, meant)];
        let fix = match is_misprint {
            true => Fix::safe(message, edits),
            false => Fix::on_request(message, edits),
        };
        findings
            .report(
                format!("unknown key `{}`", excerpt(written)),
                cx.label(entry.key_span, "no key of this name"),
            )
            .help(format!("did you mean `{meant}`?"))
            .fix(fix);
    }
}
