use super::rule;
use crate::model::{Application, Entry};
use crate::rules::{Absence, Check, EncodingContext, Family, Findings, Level, Scope, either};
use crate::stdlib::{Certainty, Condition, Key, Requirement, SectionKind};

rule! {
    /// # What it finds
    ///
    /// A key that starts something, without the key that says with what: `SetPIN` without `PIN`,
    /// `PUK` or `SignPUK` (by which it sets `SignPIN`), `RetrieveAllTokens` without `AllTokensIccsnsField`, `UseSelectCriteriaIccsn` without
    /// `SelectCriteriaIccsn`, `OperatorPinIsSOCredential=#true` without `Operator_Pin`,
    /// `WriteCertificate` without `Certificate`, `WriteP12Data` without `Certificate` and
    /// `P12PASSWORD`, `WriteCertKeyList` without `CertKeyList`.
    ///
    /// # Why it matters
    ///
    /// The step has nothing to work with, so no plan can be made.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Holder=
    /// [Description]
    /// PKCS11Library=module.dll
    /// [Application_A]
    /// WriteCertificate=true
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Holder=
    /// [Description]
    /// PKCS11Library=module.dll
    /// [Application_A]
    /// WriteCertificate=true
    /// Certificate=Holder
    /// ```
    ///
    /// # Fix
    ///
    /// None: add the key that the message names, or delete the line.
    ///
    /// # Source
    ///
    /// Stated for `SetPIN` (INIT, BLOCK; the signature slot in the same way is ours),
    /// `WriteCertificate` and `WriteCertKeyList` (CERT); implied for the others (READER, SEED).
    name: "trigger-without-input",
    family: Family::Dsc,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "INIT, BLOCK, CERT, READER, SEED",
    scope: Scope::ChipFile,
    absence: Absence::InApplication,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let triggers = || {
        Key::ALL
            .iter()
            .filter(|key| !key.keyword().requires.is_empty())
    };
    let is_own = |key: &Key| key.keyword().section == SectionKind::Application;
    for key in triggers().filter(|key| !is_own(key)) {
        check_trigger(cx, *key, cx.encoding.entry(*key), None, findings);
    }
    for application in cx.encoding.applications() {
        let own = application.first_entries().filter(|(key, _)| is_own(key));
        for (key, entry) in own {
            check_trigger(cx, key, Some(entry), Some(application), findings);
        }
    }
}

fn check_trigger<'p>(
    cx: &EncodingContext<'p>,
    key: Key,
    entry: Option<&'p Entry<'p>>,
    application: Option<Application<'p, 'p>>,
    findings: &mut Findings<'_>,
) {
    let Some(entry) = entry.filter(|entry| entry.switches_on()) else {
        return;
    };
    let missing: Vec<_> = key
        .keyword()
        .requires
        .iter()
        .filter(|requirement| !cx.encoding.meets(requirement, application))
        .map(alternatives)
        .collect();
    if missing.is_empty() {
        return;
    }
    let missing = missing.join(" and ");
    let place = match application {
        Some(application) => format!(" in `[Application_{}]`", application.suffix),
        None => String::new(),
    };
    findings
        .report(
            format!("`{}` needs {missing}", key.name()),
            cx.label(entry.key_span, format!("{missing} not given{place}")),
        )
        .help(format!("add {missing}{place}, or delete this line"));
}

/// The keys of which one is enough.
fn alternatives(requirement: &Requirement) -> String {
    let names: Vec<_> = requirement
        .any_of
        .iter()
        .filter_map(|condition| match condition {
            Condition::Present(key) | Condition::On(key) => Some(format!("`{}`", key.name())),
            _ => None,
        })
        .collect();
    either(&names)
}
