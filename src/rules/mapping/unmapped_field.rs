use super::rule;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A declared field without an entry in `[mapping]`. Silent without that table, and for decrypted
    /// PINs, which have a rule of their own.
    ///
    /// # Why it matters
    ///
    /// Identity Manager has nothing to fill the field with.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// HolderPin=
    /// Serial=
    /// [Description]
    /// PKCS11Library=module.dll
    /// PIN=HolderPin
    /// iccsnfield=Serial
    /// ```
    ///
    /// ```toml
    /// [mapping]
    /// Serial = { to = "${Card_Serial}", read = true }
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
    /// Serial=
    /// [Description]
    /// PKCS11Library=module.dll
    /// PIN=HolderPin
    /// iccsnfield=Serial
    /// ```
    ///
    /// ```toml
    /// [mapping]
    /// HolderPin = { to = "${Card_Pin}", encrypted = true }
    /// Serial = { to = "${Card_Serial}", read = true }
    /// ```
    ///
    /// # Fix
    ///
    /// None: add an entry.
    ///
    /// # Source
    ///
    /// Implied: every field is bound (SEED).
    name: "unmapped-field",
    family: Family::Mapping,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "SEED",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let Some(mapping) = &cx.project.mapping else {
        return;
    };
    let bindings = mapping.by_field();
    let decrypted = cx.encoding.decrypted_pins();
    for name in cx.encoding.field_names() {
        if bindings.contains_key(name) || decrypted.contains_key(name) {
            continue;
        }
        let Some(field) = cx.encoding.field(name) else {
            continue;
        };
        findings
            .report(
                format!("field `{}` is not mapped", excerpt(name)),
                cx.label(field.span, "has no entry in `[mapping]`"),
            )
            .help("add an entry for it to `[mapping]` in `perso.toml`");
    }
}
