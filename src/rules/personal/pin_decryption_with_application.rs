use super::rule;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::source::Span;
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// A `CardPinDecryption_Output_` key in a description that also has an application section,
    /// `ApplicationList` or `ApplicationListField`.
    ///
    /// # Why it matters
    ///
    /// Reading the encrypted PINs of a card is a job of its own. An application beside it is documented
    /// as forbidden: what the encoder does then is not known.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// StoredPin=
    /// Certificate=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// CardPinDecryption_Output_PIN1=StoredPin
    /// ApplicationList=A
    /// [Application_A]
    /// WriteCertificate=true
    /// Certificate=Certificate
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// StoredPin=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// CardPinDecryption_Output_PIN1=StoredPin
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: make two descriptions of it, one that reads the PINs and one for the
    /// applications.
    ///
    /// # Source
    ///
    /// Stated (SEED): no encoding application may be given beside the decryption of PINs.
    name: "pin-decryption-with-application",
    family: Family::Personal,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SEED",
    scope: Scope::PersonalFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let (Some(output), Some((what, place))) =
        (cx.encoding.pin_decryption(), first_of_applications(cx))
    else {
        return;
    };
    findings
        .report(
            format!("encrypted PINs are read beside {what}"),
            cx.label(place, "must not stand beside the reading of PINs"),
        )
        .because(cx.label(output.key_span, "encrypted PINs are read here"))
        .help("read the PINs with a description of their own");
}

/// The first thing in the file that is about applications.
fn first_of_applications(cx: &EncodingContext<'_>) -> Option<(&'static str, Span)> {
    let lists = [Key::ApplicationList, Key::ApplicationListField]
        .into_iter()
        .filter_map(|key| cx.encoding.entry(key))
        .map(|entry| ("a list of applications", entry.key_span));
    let application = cx.encoding.applications().next();
    lists
        .chain(application.map(|found| ("an application", found.name_span())))
        .min_by_key(|(_, span)| span.start)
}
