use std::collections::HashMap;

use super::rule;
use crate::model::is_pin_decryption;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A field that a `CardPinDecryption_Output_` key fills, and that a credential key of the same
    /// description names as well.
    ///
    /// # Why it matters
    ///
    /// The decryption fills the field at the end of the job, and on the server. When the card asks for
    /// the credential the field is still empty, and a wrong try is counted against the card.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// StoredPin=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// PIN=StoredPin
    /// CardPinDecryption_Output_PIN1=StoredPin
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
    /// None is applied: read the PINs first, and use them with a second description.
    ///
    /// # Source
    ///
    /// Stated (SEED): decrypted PINs cannot be used to log in within the same encoding.
    name: "decrypted-pin-as-login",
    family: Family::Personal,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SEED",
    scope: Scope::PersonalFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let mut outputs = HashMap::new();
    for entry in &cx.encoding.entries {
        if entry.key().is_some_and(is_pin_decryption)
            && let Some(field) = entry.value.field()
        {
            outputs.entry(field).or_insert(entry.key_span);
        }
    }
    for entry in &cx.encoding.entries {
        let Some(key) = entry.key().filter(|key| key.keyword().credential) else {
            continue;
        };
        let Some(field) = entry.value.field() else {
            continue;
        };
        let Some(output) = outputs.get(field) else {
            continue;
        };
        let (field, key) = (excerpt(field), key.name());
        findings
            .report(
                format!("decrypted PIN `{field}` cannot be used as `{key}` in the same encoding"),
                cx.label(entry.value_span, "still empty when it is needed"),
            )
            .because(cx.label(*output, "filled here, at the end of the job"))
            .help("read the PINs with one description and log in with another");
    }
}
