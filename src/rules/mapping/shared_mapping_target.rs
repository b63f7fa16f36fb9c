use super::rule;
use std::collections::HashMap;

use crate::diagnostic::Label;
use crate::model::Binding;
use crate::rules::{Check, Family, Findings, Level, ProjectContext, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// Two fields that the encoder fills, both read back to the same place.
    ///
    /// # Why it matters
    ///
    /// The second value overwrites the first.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Status=
    /// Text=
    /// [Description]
    /// PKCS11Library=module.dll
    /// ExtendedErrorMode=APPLY_ON_APP_ERRORS_ONLY
    /// ResponseStatusIdField=Status
    /// ResponseStatusTextField=Text
    /// ```
    ///
    /// ```toml
    /// [mapping]
    /// Status = { to = "${Job_Result}", read = true }
    /// Text = { to = "${Job_Result}", read = true }
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Status=
    /// Text=
    /// [Description]
    /// PKCS11Library=module.dll
    /// ExtendedErrorMode=APPLY_ON_APP_ERRORS_ONLY
    /// ResponseStatusIdField=Status
    /// ResponseStatusTextField=Text
    /// ```
    ///
    /// ```toml
    /// [mapping]
    /// Status = { to = "${Job_Status}", read = true }
    /// Text = { to = "${Job_Text}", read = true }
    /// ```
    ///
    /// # Fix
    ///
    /// None: give each value a place of its own.
    ///
    /// # Source
    ///
    /// Ours.
    name: "shared-mapping-target",
    family: Family::Mapping,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "PERSO",
    check: Check::Project(check),
}

fn check(cx: &ProjectContext<'_>, findings: &mut Findings<'_>) {
    let mut taken: HashMap<&str, &Binding> = HashMap::new();
    for (binding, _) in cx
        .bound_outputs()
        .into_iter()
        .filter(|(one, _)| one.is_read())
    {
        let Some(target) = binding.target() else {
            continue;
        };
        let Some(first) = taken.get(target) else {
            taken.insert(target, binding);
            continue;
        };
        let (source, span) = binding.place;
        let (other, there) = first.place;
        findings
            .report(
                format!("two outputs are read back to `{}`", excerpt(target)),
                Label::new(source, span, "overwrites the first"),
            )
            .because(Label::new(other, there, "the first"))
            .help("give each value a place of its own");
    }
}
