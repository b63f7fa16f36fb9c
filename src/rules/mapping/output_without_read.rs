use super::{report_unread, rule};
use crate::rules::{Check, Family, Findings, Level, ProjectContext, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A field that the encoder fills, whose entry in `[mapping]` lacks `read = true`. Decrypted PINs
    /// have a rule of their own.
    ///
    /// # Why it matters
    ///
    /// The value comes back and is thrown away.
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
    /// iccsnfield=Serial
    /// ```
    ///
    /// ```toml
    /// [mapping]
    /// Serial = { to = "${Card_Serial}" }
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
    /// iccsnfield=Serial
    /// ```
    ///
    /// ```toml
    /// [mapping]
    /// Serial = { to = "${Card_Serial}", read = true }
    /// ```
    ///
    /// # Fix
    ///
    /// Unsafe: write `read = true` where the entry says `false`.
    ///
    /// # Source
    ///
    /// Implied: what comes back is read with this setting (SEED).
    name: "output-without-read",
    family: Family::Mapping,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "SEED",
    check: Check::Project(check),
}

fn check(cx: &ProjectContext<'_>, findings: &mut Findings<'_>) {
    for (binding, output) in cx.bound_outputs() {
        if binding.is_read() || output.is_decrypted_pin() {
            continue;
        }
        let field = excerpt(&binding.field);
        let message = format!("what comes back in `{field}` is thrown away");
        report_unread(binding, &output, message, findings);
    }
}
