use super::rule;
use crate::model::{Application, Entry, Reference};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope, excerpt};
use crate::stdlib::{self, Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// A value that is accepted and does not do what it seems to: a constant `Location` other than
    /// `#Signature`; a `CertKeyListMode` that is not known; a `CertTempl` that is the name of a field;
    /// a `KeySize` outside 2048 to 4096 or no multiple of 256, without `KeyType`; a device other than
    /// 8710 and 8711.
    ///
    /// # Why it matters
    ///
    /// The line is taken, and the card is made otherwise than it reads: an unknown slot, for instance,
    /// means the default slot.
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
    /// KeySize=2048
    /// Location=#Sign
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
    /// CertTempl=LabLogin
    /// KeySize=2048
    /// Location=#Signature
    /// ```
    ///
    /// # Fix
    ///
    /// None: what was meant is for the author to say.
    ///
    /// # Source
    ///
    /// Stated for the slot (SIGN), implied for the others (CERT, SEED, STRUCT), ours for the key size.
    name: "suspicious-value",
    family: Family::Dsc,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "SIGN, CERT, SEED, STRUCT",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    check_device(cx, findings);
    for application in cx.encoding.applications() {
        for (key, entry) in application.first_entries() {
            match key {
                Key::Location => check_location(cx, application, entry, findings),
                Key::CertKeyListMode => check_mode(cx, entry, findings),
                Key::CertTempl => check_template(cx, entry, findings),
                Key::KeySize => check_key_size(cx, application, entry, findings),
                _ => {}
            }
        }
    }
}

fn check_device(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let Some(devices) = cx.encoding.entry(Key::Devices) else {
        return;
    };
    // What is no number is malformed.
    let id: Option<u32> = cx.text(devices.value_span).parse().ok();
    if let Some(id) = id.filter(|id| stdlib::encoder_of_device(*id).is_none()) {
        let known: Vec<_> = stdlib::encoders()
            .iter()
            .map(|encoder| format!("{} ({})", encoder.device, encoder.name))
            .collect();
        report(
            cx,
            devices,
            &format!("device {id} is not known for chips"),
            &format!("known are {}", known.join(" and ")),
            findings,
        );
    }
}

fn check_location(
    cx: &EncodingContext<'_>,
    application: Application<'_, '_>,
    location: &Entry<'_>,
    findings: &mut Findings<'_>,
) {
    if let Reference::Literal(slot) = location.reference()
        && !application.is_signature()
    {
        report(
            cx,
            location,
            &format!("slot `#{}` means the default slot", excerpt(slot)),
            "write `#Signature` for the signature slot, or delete the line",
            findings,
        );
    }
}

fn check_mode(cx: &EncodingContext<'_>, mode: &Entry<'_>, findings: &mut Findings<'_>) {
    let written = cx.text(mode.value_span);
    let words = Key::CertKeyListMode.keyword().values;
    if !written.is_empty() && !words.iter().any(|word| word.eq_ignore_ascii_case(written)) {
        report(
            cx,
            mode,
            &format!("mode `{}` is not known", excerpt(written)),
            &format!("the documentation shows `{}`", words.join("`, `")),
            findings,
        );
    }
}

fn check_template(cx: &EncodingContext<'_>, template: &Entry<'_>, findings: &mut Findings<'_>) {
    let name = cx.text(template.value_span);
    if cx.encoding.field(name).is_some() {
        report(
            cx,
            template,
            &format!("template `{}` is also the name of a field", excerpt(name)),
            "write the name of the template; a field cannot choose it",
            findings,
        );
    }
}

fn check_key_size(
    cx: &EncodingContext<'_>,
    application: Application<'_, '_>,
    size: &Entry<'_>,
    findings: &mut Findings<'_>,
) {
    if application.sees(Key::KeyType).is_some() {
        return;
    }
    let bits: Option<u64> = cx.text(size.value_span).parse().ok();
    let unusual =
        |bits: &u64| *bits > 0 && !((2048..=4096).contains(bits) && bits.is_multiple_of(256));
    if let Some(bits) = bits.filter(unusual) {
        report(
            cx,
            size,
            &format!("an RSA key of {bits} bits is unusual"),
            "use 2048, 3072 or 4096 bits",
            findings,
        );
    }
}

fn report(
    cx: &EncodingContext<'_>,
    entry: &Entry<'_>,
    message: &str,
    help: &str,
    findings: &mut Findings<'_>,
) {
    findings
        .report(message, cx.label(entry.value_span, "is this meant?"))
        .help(help);
}
