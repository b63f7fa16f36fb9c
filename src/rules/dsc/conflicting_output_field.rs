use super::rule;
use foldhash::{HashMap, HashMapExt as _};

use crate::model::FieldUse;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope, excerpt};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// One field that two keys fill, or a field that a key fills and `ClearFields` empties.
    ///
    /// # Why it matters
    ///
    /// The second value overwrites the first, or the value is wiped before anyone reads it.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Result=
    /// [Description]
    /// PKCS11Library=module.dll
    /// ExtendedErrorMode=APPLY_ON_APP_ERRORS_ONLY
    /// ResponseStatusIdField=Result
    /// ResponseStatusTextField=Result
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Number=
    /// Text=
    /// [Description]
    /// PKCS11Library=module.dll
    /// ExtendedErrorMode=APPLY_ON_APP_ERRORS_ONLY
    /// ResponseStatusIdField=Number
    /// ResponseStatusTextField=Text
    /// ```
    ///
    /// # Fix
    ///
    /// None: give each value a field of its own.
    ///
    /// # Source
    ///
    /// Ours.
    name: "conflicting-output-field",
    family: Family::Dsc,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "PERSO",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let mut filled: HashMap<&str, FieldUse<'_>> = HashMap::new();
    for used in cx.encoding.outputs() {
        let first = *filled.entry(used.name).or_insert(used);
        if first.key.current() != used.key.current() {
            let name = excerpt(used.name);
            findings
                .report(
                    format!("field `{name}` is filled twice"),
                    cx.label(used.span, format!("by `{}`", used.key.name())),
                )
                .because(cx.label(first.span, format!("and by `{}`", first.key.name())))
                .help("give each value a field of its own");
        }
    }
    let is_cleared = |used: &FieldUse<'_>| used.key == Key::ClearFields;
    for cleared in cx.encoding.field_uses().filter(is_cleared) {
        if let Some(output) = filled.get(cleared.name) {
            let name = excerpt(cleared.name);
            findings
                .report(
                    format!("field `{name}` is filled and then cleared"),
                    cx.label(cleared.span, "cleared here"),
                )
                .because(cx.label(output.span, format!("filled by `{}`", output.key.name())))
                .help("take it out of `ClearFields`");
        }
    }
}
