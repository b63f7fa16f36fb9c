use super::rule;
use crate::rules::{Absence, Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// `CMSCardSerialNumber` without `InitialPUK`, `Operator_Pin` or `CardManagerKey`.
    ///
    /// # Why it matters
    ///
    /// Writing a serial number of one's own usually needs a login as security officer.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Serial=
    /// HolderPin=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// CMSCardSerialNumber=Serial
    /// PIN=HolderPin
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Serial=
    /// HolderPin=
    /// OperatorCode=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// CMSCardSerialNumber=Serial
    /// PIN=HolderPin
    /// Operator_Pin=OperatorCode
    /// ```
    ///
    /// # Fix
    ///
    /// None: add the credential that the card has.
    ///
    /// # Source
    ///
    /// Stated, with the word "usually" (SEED).
    name: "serial-without-admin-login",
    family: Family::Personal,
    level: Level::WARNING,
    certainty: Certainty::Stated,
    source: "SEED",
    scope: Scope::PersonalFile,
    absence: Absence::InFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    const LOGINS: [Key; 3] = [Key::InitialPUK, Key::OperatorPin, Key::CardManagerKey];
    let Some(serial) = cx.encoding.entry(Key::CMSCardSerialNumber) else {
        return;
    };
    if LOGINS.iter().any(|key| cx.encoding.has(*key)) {
        return;
    }
    findings
        .report(
            "a serial number is written without a login that allows it",
            cx.label(serial.key_span, "usually needs a security officer"),
        )
        .help("add `InitialPUK=` or `Operator_Pin=` with the field that holds it");
}
