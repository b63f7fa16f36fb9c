use super::rule;
use std::collections::HashSet;

use crate::diagnostic::Label;
use crate::model::Encoding;
use crate::rules::{Check, Family, Findings, Level, ProjectContext, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// An entry of `[mapping]` for a field that no description of the project declares.
    ///
    /// # Why it matters
    ///
    /// It binds nothing. Often the field was renamed in the description alone; letter case counts.
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
    /// Serial = { to = "${Card_Serial}", read = true }
    /// HolderPin = { to = "${Card_Pin}" }
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
    /// None: correct the name, or delete the entry.
    ///
    /// # Source
    ///
    /// Ours.
    name: "mapping-of-undeclared-field",
    family: Family::Mapping,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "PERSO",
    check: Check::Project(check),
}

fn check(cx: &ProjectContext<'_>, findings: &mut Findings<'_>) {
    let Some(mapping) = &cx.project.mapping else {
        return;
    };
    let encodings = &cx.project.encodings;
    if encodings.is_empty() {
        return;
    }
    let declared: HashSet<&str> = encodings.iter().flat_map(Encoding::field_names).collect();
    for binding in &mapping.bindings {
        if declared.contains(binding.field.as_str()) {
            continue;
        }
        let (source, span) = binding.place;
        findings
            .report(
                format!(
                    "no description declares field `{}`",
                    excerpt(&binding.field)
                ),
                Label::new(source, span, "binds nothing"),
            )
            .help("correct the name, or delete the entry");
    }
}
