use super::rule;
use crate::model::Application;
use crate::rules::{Absence, Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// An application with `Location=#Signature`, and no `SignPIN` (or `PIN2`).
    ///
    /// # Why it matters
    ///
    /// The signature slot has a PIN of its own. Without it the encoder cannot log in, and the
    /// application fails.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// HolderPin=
    /// [Description]
    /// PKCS11Library=module.dll
    /// PIN=HolderPin
    /// ApplicationList=A
    /// [Application_A]
    /// Location=#Signature
    /// CertTempl=Sign
    /// KeySize=2048
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// HolderPin=
    /// SignPin=
    /// [Description]
    /// PKCS11Library=module.dll
    /// PIN=HolderPin
    /// SignPIN=SignPin
    /// ApplicationList=A
    /// [Application_A]
    /// Location=#Signature
    /// CertTempl=Sign
    /// KeySize=2048
    /// ```
    ///
    /// # Fix
    ///
    /// None: add `SignPIN`.
    ///
    /// # Source
    ///
    /// Implied (SIGN): the slot is logged in to with `SignPIN`.
    name: "signature-slot-without-pin",
    family: Family::Dsc,
    level: Level::ERROR,
    certainty: Certainty::Implied,
    source: "SIGN",
    scope: Scope::ChipFile,
    absence: Absence::InFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    if cx.encoding.has(Key::SignPIN) {
        return;
    }
    let mut signing = cx.encoding.applications().filter(Application::is_signature);
    let Some(location) = signing.next().and_then(|first| first.entry(Key::Location)) else {
        return;
    };
    findings
        .report(
            "the signature slot is used without `SignPIN`",
            cx.label(location.value_span, "this slot has a PIN of its own"),
        )
        .help("add `SignPIN=` to `[Description]`, with the field that holds that PIN");
}
