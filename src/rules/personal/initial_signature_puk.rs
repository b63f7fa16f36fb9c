use super::rule;
use crate::diagnostic::Fix;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// `SignPUK` is present while `InitToken` is on.
    ///
    /// # Why it matters
    ///
    /// At the initialisation the PUK of the signature slot comes from the card profile, which usually
    /// makes it at random. A value from outside cannot be set, so the one in the description would be
    /// believed and be wrong.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8710
    /// [Fields]
    /// UserPuk=
    /// SignaturePuk=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// InitToken=true
    /// InitialPUK=UserPuk
    /// SignPUK=SignaturePuk
    /// ChipProfile=profile.cpf
    /// ```
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8710
    /// [Fields]
    /// UserPuk=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// InitToken=true
    /// InitialPUK=UserPuk
    /// ChipProfile=profile.cpf
    /// ```
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// On request: the line is deleted.
    ///
    /// # Source
    ///
    /// Stated (SEED): the PUK of the signature slot cannot be set from outside at the initialisation.
    name: "initial-signature-puk",
    family: Family::Personal,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SEED",
    scope: Scope::PersonalFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let (Some(entry), Some(init)) = (
        cx.encoding.entry(Key::SignPUK),
        cx.encoding.on(Key::InitToken),
    ) else {
        return;
    };
    let line = cx.encoding.line_of(entry.key_span);
    findings
        .report(
            "`SignPUK` cannot be set while the card is initialised",
            cx.label(entry.key_span, "the card profile makes this value"),
        )
        .because(cx.label(init.key_span, "the card is initialised here"))
        .help("delete `SignPUK`, and let the profile assign the PUK of the signature slot")
        .fix(Fix::on_request("delete the line", [cx.edit(line, "")]));
}
