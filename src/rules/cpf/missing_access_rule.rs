use super::rule;
use crate::model::{File, FileKind};
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::stdlib::{self, Certainty};

rule! {
    /// # What it finds
    ///
    /// A `CreateEf` without `read` or `update`, or a `CreateDf` without `create`.
    ///
    /// # Why it matters
    ///
    /// perso then takes the careful default: everybody may read, nobody may change the file or create
    /// files in the folder. Which default the vendor's software takes is not public, so a profile
    /// should say what it means.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=90 read=always
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=90 read=always update=never
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: write the access rule.
    ///
    /// # Source
    ///
    /// Ours: nothing is public about the defaults.
    name: "missing-access-rule",
    family: Family::Cpf,
    level: Level::INFO,
    certainty: Certainty::Ours,
    source: "SEED",
    check: Check::Profile(check),
}

/// What should be said of an elementary file, and what counts if it is not.
const EF_RULES: &[(&str, &str)] = &[("read", "always"), ("update", "never")];

/// What should be said of a dedicated file.
const DF_RULES: &[(&str, &str)] = &[("create", "never")];

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    for file in &cx.profile.files {
        let wanted = match file.kind {
            FileKind::Ef => EF_RULES,
            FileKind::Df => DF_RULES,
            FileKind::Mf => continue,
        };
        // What a malformed statement lacks may stand in the part that could not be read.
        // An unknown attribute may be meant for it (`unknown-attribute`).
        let attributes = cx.profile.tree.attributes(file.attributes);
        let has_unknown = attributes
            .iter()
            .any(|attribute| stdlib::attribute(cx.text(attribute.name)).is_none());
        if cx.profile.is_malformed(file.statement) || file.name.is_empty() || has_unknown {
            continue;
        }
        let missing: Vec<_> = wanted
            .iter()
            .filter(|(name, _)| cx.profile.attribute(file.attributes, name).is_none())
            .collect();
        if !missing.is_empty() {
            report(cx, file, &missing, findings);
        }
    }
}

fn report(
    cx: &ProfileContext<'_>,
    file: &File<'_>,
    missing: &[&(&str, &str)],
    findings: &mut Findings<'_>,
) {
    let names: Vec<_> = missing
        .iter()
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    let defaults: Vec<_> = missing
        .iter()
        .map(|(name, default)| format!("{name}={default}"))
        .collect();
    let defaults = defaults.join(" ");
    findings
        .report(
            format!(
                "`{}` does not say who may {}",
                excerpt(file.name),
                names.join(" and ")
            ),
            cx.label(file.span, format!("perso takes `{defaults}`")),
        )
        .help(format!("write `{defaults}`, or who else is meant"));
}
