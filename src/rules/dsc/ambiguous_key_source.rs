use super::rule;
use crate::model::{Application, Entry};
use crate::rules::{Absence, Check, EncodingContext, Family, Findings, Level, Scope};
use crate::source::Span;
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// An application with `CertTempl` that does not say where the key comes from (`KeySize`,
    /// `ObjectCriteria` and `WriteP12Data` are all absent), or that says it twice (`KeySize` and
    /// `ObjectCriteria`).
    ///
    /// # Why it matters
    ///
    /// A certificate belongs to a key: made on the card, already there, or delivered. Which one is
    /// taken when none or two are named is not documented.
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
    /// CertTempl=LabLogin
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
    /// None: which key is meant is for the author to say.
    ///
    /// # Source
    ///
    /// Implied: every example names exactly one source of the key (SIGN, SEED).
    name: "ambiguous-key-source",
    family: Family::Dsc,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "SIGN, SEED",
    scope: Scope::ChipFile,
    absence: Absence::InApplication,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    for application in cx.encoding.applications() {
        if let Some(template) = application.entry(Key::CertTempl) {
            check_sources(cx, application, template.key_span, findings);
        }
    }
}

fn check_sources(
    cx: &EncodingContext<'_>,
    application: Application<'_, '_>,
    template: Span,
    findings: &mut Findings<'_>,
) {
    let size = application.sees(Key::KeySize);
    let criteria = application.sees(Key::ObjectCriteria);
    let delivered = application
        .sees(Key::WriteP12Data)
        .is_some_and(Entry::is_present);
    match (size, criteria) {
        (Some(size), Some(criteria)) => {
            findings
                .report(
                    "`KeySize` and `ObjectCriteria` name two keys for one certificate",
                    cx.label(criteria.key_span, "chooses a key that is on the card"),
                )
                .because(cx.label(size.key_span, "makes a new key"))
                .help("keep the one that is meant");
        }
        (None, None) if !delivered => {
            findings
                .report(
                    "`CertTempl` does not say which key the certificate is for",
                    cx.label(template, "asks for a certificate"),
                )
                .help(
                    "add `KeySize` (a new key), `ObjectCriteria` (one on the card) or \
                     `WriteP12Data` (one that is delivered)",
                );
        }
        _ => {}
    }
}
