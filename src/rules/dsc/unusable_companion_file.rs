use super::rule;
use crate::diagnostic::Fix;
use crate::model::{Companion, CompanionKind};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope, excerpt};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// `ChipProfile` or `ApduFile` names a file that is not there or cannot be used, or an
    /// `ApduFile` does not end in `.apdu`. A difference in letter case alone is accepted. A name in
    /// angle brackets stands for a profile that ships with perso.
    ///
    /// # Why it matters
    ///
    /// The file is packed with the description. Without it the initialisation of the card, or the
    /// script, fails.
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
    /// PKCS11LibraryWindows32=personal.dll
    /// InitToken=true
    /// InitialPUK=UserPuk
    /// ChipProfile=badge.cpf
    /// ```
    ///
    /// ```cpf profile.cpf
    /// CardModel 'SIEMENS50'
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
    /// PKCS11LibraryWindows32=personal.dll
    /// InitToken=true
    /// InitialPUK=UserPuk
    /// ChipProfile=badge.cpf
    /// ```
    ///
    /// ```cpf badge.cpf
    /// CardModel 'SIEMENS50'
    /// ```
    ///
    /// # Fix
    ///
    /// Unsafe: write the name of a file that is near.
    ///
    /// # Source
    ///
    /// Stated: the ending of scripts (APDU). Implied: companions are packed with the description
    /// (SEED, SDK).
    name: "unusable-companion-file",
    family: Family::Dsc,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "APDU, SEED, SDK",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    for entry in &cx.encoding.entries {
        let is_script = entry.key() == Some(Key::ApduFile);
        let name = cx.text(entry.value_span);
        if is_script && !name.is_empty() && !has_script_ending(name) {
            findings
                .report(
                    format!("script `{}` does not end in `.apdu`", excerpt(name)),
                    cx.label(entry.value_span, "expected a name that ends in `.apdu`"),
                )
                .help("rename the file and write its new name here");
        }
    }
    check_file(cx, Key::ChipProfile, CompanionKind::Profile, findings);
    check_file(cx, Key::ApduFile, CompanionKind::ApduScript, findings);
}

fn has_script_ending(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("apdu"))
}

fn check_file(
    cx: &EncodingContext<'_>,
    key: Key,
    kind: CompanionKind,
    findings: &mut Findings<'_>,
) {
    let Some(entry) = cx.encoding.entry(key) else {
        return;
    };
    let name = cx.text(entry.value_span);
    let told = kind == CompanionKind::ApduScript && !has_script_ending(name);
    if name.is_empty() || told {
        return;
    }
    let (what, place) = match kind {
        CompanionKind::Profile => (
            "card profile",
            "put it beside the description, or into a folder of `[paths] profiles`",
        ),
        CompanionKind::ApduScript => ("script", "put it beside the description"),
    };
    match cx.project.companion(cx.encoding, kind) {
        Some(Companion::Missing { near, reason }) => {
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => place.to_owned(),
            };
            let draft = findings
                .report(
                    format!("{what} `{}` is not there", excerpt(name)),
                    cx.label(entry.value_span, reason.clone()),
                )
                .help(help);
            if let Some(near) = near {
                let edit = cx.edit(entry.value_span, near);
                draft.fix(Fix::on_request(format!("write `{near}`"), [edit]));
            }
        }
        Some(Companion::Unusable { reason }) => {
            findings
                .report(
                    format!("{what} `{}` cannot be used", excerpt(name)),
                    cx.label(entry.value_span, reason.clone()),
                )
                .help("name a file that lies beside the description");
        }
        Some(Companion::Found(_)) | None => {}
    }
}
