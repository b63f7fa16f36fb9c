use super::rule;
use crate::model::{Application, Entry, Reference};
use crate::rules::{Absence, Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// A certificate application for the default slot in a description without `PIN`. Reported once.
    ///
    /// # Why it matters
    ///
    /// Keys and certificates are written after a login with the PIN.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Serial=
    /// [Description]
    /// PKCS11Library=module.dll
    /// iccsnfield=Serial
    /// ApplicationList=A
    /// [Application_A]
    /// CertTempl=LabLogin
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
    /// [Description]
    /// PKCS11Library=module.dll
    /// PIN=HolderPin
    /// ApplicationList=A
    /// [Application_A]
    /// CertTempl=LabLogin
    /// KeySize=2048
    /// ```
    ///
    /// # Fix
    ///
    /// None: add `PIN`.
    ///
    /// # Source
    ///
    /// Implied: the examples log in with it (SIGN).
    name: "login-without-pin",
    family: Family::Dsc,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "SIGN",
    scope: Scope::ChipFile,
    absence: Absence::InFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    if cx.encoding.has(Key::PIN) {
        return;
    }
    let first = cx
        .encoding
        .applications()
        .find(|one| one.brings_certificate() && is_for_default_slot(*one));
    let Some(first) = first else { return };
    findings
        .report(
            "a certificate is written without a PIN to log in with",
            cx.label(first.name_span(), "needs a login to the default slot"),
        )
        .help("add `PIN=` with a field, or `!FROM_USER_DIALOG_1_FIELD`");
}

/// No `Location`, or a constant other than that of the signature slot.
fn is_for_default_slot(application: Application<'_, '_>) -> bool {
    let constant = |entry: &Entry<'_>| matches!(entry.reference(), Reference::Literal(_));
    let location = application.sees(Key::Location);
    location.is_none_or(constant) && !application.is_signature()
}
