use super::rule;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// An output of encrypted PINs beside `InitToken`, `SetPIN` or a credential. Reported once; silent
    /// where a decrypted PIN itself is used as a credential.
    ///
    /// # Why it matters
    ///
    /// Encrypted PINs are read without a login, and a run that reads them does nothing else.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// FirstPin=
    /// HolderPin=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// PIN=HolderPin
    /// CardPinDecryption_Output_PIN1=FirstPin
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// FirstPin=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// CardPinDecryption_Output_PIN1=FirstPin
    /// ```
    ///
    /// # Fix
    ///
    /// None: put the other commands into a description of their own.
    ///
    /// # Source
    ///
    /// Stated (SEED).
    name: "pin-decryption-with-login",
    family: Family::Personal,
    level: Level::WARNING,
    certainty: Certainty::Stated,
    source: "SEED",
    scope: Scope::PersonalFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let encoding = cx.encoding;
    let Some(output) = encoding.pin_decryption() else {
        return;
    };
    let decrypted = encoding.decrypted_pins();
    let mut secrets = encoding.secret_fields();
    if secrets.any(|used| decrypted.contains_key(used.name)) {
        return;
    }
    let first = encoding.entries.iter().find_map(|entry| {
        let key = entry.key()?;
        let command = [Key::InitToken, Key::SetPIN].contains(&key) && entry.is_on();
        (command || key.keyword().credential).then_some((entry, key))
    });
    let Some((entry, key)) = first else { return };
    findings
        .report(
            format!(
                "`{}` stands beside the reading of encrypted PINs",
                key.name()
            ),
            cx.label(entry.key_span, "has no use here"),
        )
        .because(cx.label(output.key_span, "encrypted PINs are read here"))
        .help("delete it, or put it into a description of its own");
}
