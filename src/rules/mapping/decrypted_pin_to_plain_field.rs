use super::rule;
use crate::diagnostic::Label;
use crate::rules::{Check, Family, Findings, Level, ProjectContext, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A field that a decrypted PIN comes to, whose entry in `[mapping]` lacks `encrypted = true` or is
    /// bound to something other than a field of the data pool, `${Pool_Field}`.
    ///
    /// # Why it matters
    ///
    /// The PIN of a card would be kept in the clear.
    ///
    /// # Example
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
    /// ```toml
    /// [mapping]
    /// FirstPin = { to = "${Card_Pin1}", read = true }
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
    /// ```toml
    /// [mapping]
    /// FirstPin = { to = "${Card_Pin1}", encrypted = true, read = true }
    /// ```
    ///
    /// # Fix
    ///
    /// None: the field of the data pool must be made for encrypted values.
    ///
    /// # Source
    ///
    /// Stated (SEED).
    name: "decrypted-pin-to-plain-field",
    family: Family::Mapping,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SEED",
    check: Check::Project(check),
}

fn check(cx: &ProjectContext<'_>, findings: &mut Findings<'_>) {
    for (binding, output) in cx.bound_outputs() {
        if !output.is_decrypted_pin() {
            continue;
        }
        let wrong = match (binding.is_encrypted(), binding.is_pool_field()) {
            (true, true) => continue,
            (false, _) => "lacks `encrypted = true`",
            (true, false) => "is bound to no field of the data pool",
        };
        let (source, span) = binding.place;
        findings
            .report(
                format!(
                    "decrypted PIN `{}` is kept in the clear",
                    excerpt(&binding.field)
                ),
                Label::new(source, span, wrong),
            )
            .because(output.label())
            .help("bind it to an encrypted field of the data pool: `${Pool_Field}`");
    }
}
