use super::rule;
use crate::rules::{Absence, Check, EncodingContext, Family, Findings, Level, Scope, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// An application without any command: no `CertTempl`, `WriteCertificate`, `WriteP12Data`,
    /// `WriteCertKeyList`, `BlockCard`, `DataObject` or `ApduFile`.
    ///
    /// # Why it matters
    ///
    /// It runs and does nothing. Most likely the line that was to do something got lost.
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
    /// ApplicationList=A
    /// iccsnfield=Serial
    /// [Application_A]
    /// CardSerialNumberField=Serial
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
    /// [Description]
    /// PKCS11Library=module.dll
    /// ApplicationList=A
    /// iccsnfield=Serial
    /// [Application_A]
    /// BlockCard=true
    /// ```
    ///
    /// # Fix
    ///
    /// None: add the command, or delete the application.
    ///
    /// # Source
    ///
    /// Ours: it follows from the list of keys.
    name: "idle-application",
    family: Family::Dsc,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "PERSO",
    scope: Scope::ChipFile,
    absence: Absence::InApplication,
    yields_to: &["duplicate-definition"],
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    for application in cx.encoding.applications() {
        // Where an input has no trigger, that says it more exactly.
        if application.has_command() || application.idle_entries().next().is_some() {
            continue;
        }
        let suffix = excerpt(application.suffix);
        findings
            .report(
                format!("application `{suffix}` does nothing"),
                cx.label(application.name_span(), "no command in this section"),
            )
            .help("add what it is to do, such as `CertTempl` or `DataObject`, or delete it");
    }
}
