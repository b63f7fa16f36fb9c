use super::rule;
use crate::model::{Application, Entry};
use crate::rules::{Absence, Check, EncodingContext, Family, Findings, Level, Scope, either};
use crate::stdlib::{Certainty, Condition, Key, Requirement, SectionKind};

rule! {
    /// # What it finds
    ///
    /// A key that has an effect only together with another one, which is absent or off: `InitialLabel`
    /// without `InitToken`, `Certificate` without `WriteCertificate` or `WriteP12Data`, `KeySize`
    /// without `CertTempl`, `ResponseStatusIdField` without `ExtendedErrorMode`, and so on.
    ///
    /// # Why it matters
    ///
    /// The line is read and then nothing comes of it: the card is made without what it asks for.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// CardPuk=
    /// HolderPin=
    /// [Description]
    /// PKCS11Library=module.dll
    /// SetPIN=true
    /// PIN=HolderPin
    /// InitialPUK=CardPuk
    /// InitialLabel=#Badge
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// CardPuk=
    /// HolderPin=
    /// [Description]
    /// PKCS11Library=module.dll
    /// InitToken=true
    /// PIN=HolderPin
    /// InitialPUK=CardPuk
    /// InitialLabel=#Badge
    /// ```
    ///
    /// # Fix
    ///
    /// None: add the key that the message names, or delete the line.
    ///
    /// # Source
    ///
    /// Implied: what each key is for (INIT, SEED, READER, ERR, SIGN, CERT, DATA, APDU).
    name: "input-without-trigger",
    family: Family::Dsc,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "INIT, SEED, READER, ERR, SIGN, CERT, DATA, APDU",
    scope: Scope::ChipFile,
    absence: Absence::InApplication,
    yields_to: &["init-without-profile", "misplaced-key"],
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let encoding = cx.encoding;
    for entry in Key::ALL.iter().filter_map(|key| encoding.entry(*key)) {
        let own = entry.key().map(|key| key.keyword().section);
        let unmet = match own {
            Some(SectionKind::Application) => continue,
            _ => encoding.unmet(entry, None),
        };
        report(cx, entry, &unmet, findings);
    }
    for application in encoding.applications() {
        check_application(cx, application, findings);
    }
}

fn check_application(
    cx: &EncodingContext<'_>,
    application: Application<'_, '_>,
    findings: &mut Findings<'_>,
) {
    for (entry, unmet) in application.idle_entries() {
        report(cx, entry, &unmet, findings);
    }
}

fn report(
    cx: &EncodingContext<'_>,
    entry: &Entry<'_>,
    unmet: &[&Requirement],
    findings: &mut Findings<'_>,
) {
    let Some(key) = entry.key().filter(|_| !unmet.is_empty()) else {
        return;
    };
    let lacks: Vec<_> = unmet.iter().map(|requirement| words(requirement)).collect();
    let lacks = lacks.join(" and ");
    findings
        .report(
            format!("`{}` has no effect without {lacks}", key.name()),
            cx.label(entry.key_span, "nothing uses this"),
        )
        .help(format!("add {lacks}, or delete this line"));
}

/// The alternatives of a demand.
fn words(requirement: &Requirement) -> String {
    let words: Vec<_> = requirement.any_of.iter().map(condition).collect();
    either(&words)
}

fn condition(condition: &Condition) -> String {
    match condition {
        Condition::Present(key) | Condition::On(key) => format!("`{}`", key.name()),
        Condition::SignatureApplication => "a signature application".to_owned(),
        Condition::LocationFromField => "a `Location` from a field".to_owned(),
    }
}
