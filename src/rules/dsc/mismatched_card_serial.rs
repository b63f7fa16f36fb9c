use super::rule;
use crate::model::Application;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope, excerpt};
use crate::source::Span;
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// `CMSCardSerialNumber` names a field with the serial number of the card, and a certificate
    /// application names another field in `CardSerialNumberField`, or has none while others have one.
    ///
    /// # Why it matters
    ///
    /// The certificate is then booked to another card than the one that was made.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Serial=
    /// Other=
    /// Puk=
    /// HolderPin=
    /// [Description]
    /// PKCS11Library=module.dll
    /// CMSCardSerialNumber=Serial
    /// InitialPUK=Puk
    /// PIN=HolderPin
    /// iccsnfield=Other
    /// ApplicationList=A
    /// [Application_A]
    /// CardSerialNumberField=Other
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
    /// Serial=
    /// Puk=
    /// HolderPin=
    /// [Description]
    /// PKCS11Library=module.dll
    /// CMSCardSerialNumber=Serial
    /// InitialPUK=Puk
    /// PIN=HolderPin
    /// ApplicationList=A
    /// [Application_A]
    /// CardSerialNumberField=Serial
    /// CertTempl=LabLogin
    /// KeySize=2048
    /// ```
    ///
    /// # Fix
    ///
    /// None: name the same field in all of them.
    ///
    /// # Source
    ///
    /// Implied: the examples name one field everywhere (SEED).
    name: "mismatched-card-serial",
    family: Family::Dsc,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "SEED",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let Some(serial) = cx.encoding.entry(Key::CMSCardSerialNumber) else {
        return;
    };
    let Some(field) = serial.reference().field() else {
        return;
    };
    let certified = || {
        let applications = cx.encoding.applications();
        applications.filter(Application::brings_certificate)
    };
    let any = certified().any(|one| one.sees(Key::CardSerialNumberField).is_some());
    for application in certified().filter(|_| any) {
        check_application(cx, application, field, serial.value_span, findings);
    }
}

fn check_application(
    cx: &EncodingContext<'_>,
    application: Application<'_, '_>,
    field: &str,
    serial: Span,
    findings: &mut Findings<'_>,
) {
    let because = cx.label(serial, "the serial number of the card");
    let Some(entry) = application.sees(Key::CardSerialNumberField) else {
        // The key may be in an encrypted part, or be what an unknown key does.
        if cx.encoding.protected.is_none() && !application.has_unknown_key() {
            let suffix = excerpt(application.suffix);
            findings
                .report(
                    format!("application `{suffix}` has no `CardSerialNumberField`"),
                    cx.label(application.name_span(), "others have one"),
                )
                .because(because)
                .help(format!("add `CardSerialNumberField={}`", excerpt(field)));
        }
        return;
    };
    let other = entry.reference().field();
    if let Some(other) = other.filter(|other| !other.eq_ignore_ascii_case(field)) {
        findings
            .report(
                format!("`{}` is not the serial number of the card", excerpt(other)),
                cx.label(entry.value_span, "another field"),
            )
            .because(because)
            .help(format!("write `{}`", excerpt(field)));
    }
}
