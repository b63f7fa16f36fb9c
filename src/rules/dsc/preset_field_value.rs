use super::rule;
use crate::diagnostic::Fix;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A field of a chip description with something behind its `=`.
    ///
    /// # Why it matters
    ///
    /// A field gets its value from Identity Manager. A right side belongs to descriptions for Card SDK
    /// and does nothing here.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// HolderPin=Employee
    /// [Description]
    /// PKCS11Library=module.dll
    /// PIN=HolderPin
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
    /// [Description]
    /// PKCS11Library=module.dll
    /// PIN=HolderPin
    /// ```
    ///
    /// # Fix
    ///
    /// Unsafe: delete what stands behind `=`.
    ///
    /// # Source
    ///
    /// Implied: fields of chip descriptions are shown without a value (SEED, TMPL).
    name: "preset-field-value",
    family: Family::Dsc,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "SEED, TMPL",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    for field in &cx.encoding.declarations {
        if field.value.is_empty() {
            continue;
        }
        findings
            .report(
                format!("field `{}` is given a value", excerpt(field.name)),
                cx.label(field.value, "has no effect here"),
            )
            .help("delete it, or put a constant on the key that uses the field: `KEY=#text`")
            .fix(Fix::on_request(
                "delete the value",
                [cx.edit(field.value, "")],
            ));
    }
}
