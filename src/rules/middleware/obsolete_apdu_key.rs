use super::rule;
use crate::diagnostic::Fix;
use crate::model::Encoding;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{self, Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// `CardOSApduFile` or `CardOSApduResponseCodesField`, the former names of `ApduFile` and
    /// `ApduResponseCodesField`. Silent if `[target]` names an Identity Manager before 20.11.
    ///
    /// # Why it matters
    ///
    /// From version 20.11 on the script is not run under the former name.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Codes=
    /// [Description]
    /// PKCS11Library=module.dll
    /// ApplicationList=A
    /// [Application_A]
    /// CardOSApduFile=setup.apdu
    /// ApduResponseCodesField=Codes
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Codes=
    /// [Description]
    /// PKCS11Library=module.dll
    /// ApplicationList=A
    /// [Application_A]
    /// ApduFile=setup.apdu
    /// ApduResponseCodesField=Codes
    /// ```
    ///
    /// # Fix
    ///
    /// Safe: write the present name.
    ///
    /// # Source
    ///
    /// Stated (APDU).
    name: "obsolete-apdu-key",
    family: Family::Middleware,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "APDU",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    if let Some(manager) = &cx.project.target.identity_manager
        && !renames(manager.value)
    {
        return;
    }
    for entry in &cx.encoding.entries {
        let Some(key) = entry.matched.known() else {
            continue;
        };
        let Some(present) = key.keyword().replaced_by else {
            continue;
        };
        let draft = findings
            .report(
                format!("`{}` is now `{}`", key.name(), present.name()),
                cx.label(entry.key_span, "a former name"),
            )
            .help(format!("write `{}`", present.name()));
        if !has_beside(cx.encoding, present, entry.section) {
            let edits = [cx.edit(entry.key_span, present.name())];
            draft.fix(Fix::safe(format!("write `{}`", present.name()), edits));
        }
    }
}

/// Whether an Identity Manager of this version knows the present names.
fn renames(version: stdlib::Version) -> bool {
    stdlib::features()
        .iter()
        .filter(|feature| feature.keys.contains(&Key::ApduFile))
        .all(|feature| feature.is_in(version))
}

/// Whether the section holds the key under its present name already.
fn has_beside(encoding: &Encoding<'_>, key: Key, section: u32) -> bool {
    encoding.sections.get(section as usize).is_some_and(|one| {
        let mut entries = encoding.entries_of(one).iter();
        entries.any(|entry| entry.key() == Some(key))
    })
}
