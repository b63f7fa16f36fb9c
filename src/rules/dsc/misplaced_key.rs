use super::rule;
use crate::model::{Entry, SectionRole};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{Certainty, Key, SectionKind, Status};

rule! {
    /// # What it finds
    ///
    /// A known key in a section where it does not belong, such as `Location` in `[Description]` or
    /// `InitToken` in an application.
    ///
    /// # Why it matters
    ///
    /// The encoder looks for each key in its section. Elsewhere it is most likely ignored.
    ///
    /// # Example
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
    /// ApplicationList=A
    /// KeySize=2048
    /// [Application_A]
    /// CertTempl=Login
    /// KeySize=2048
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
    /// ApplicationList=A
    /// [Application_A]
    /// CertTempl=Login
    /// KeySize=2048
    /// ```
    ///
    /// # Fix
    ///
    /// None: move the line to the section that the message names.
    ///
    /// # Source
    ///
    /// Implied by the table of sections and every example (STRUCT).
    name: "misplaced-key",
    family: Family::Dsc,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "STRUCT",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    for entry in &cx.encoding.entries {
        if let Some(key) = misplaced(cx, entry) {
            report(cx, entry, key, findings);
        }
    }
}

/// The key of an entry that belongs elsewhere.
fn misplaced(cx: &EncodingContext<'_>, entry: &Entry<'_>) -> Option<Key> {
    let key = entry.matched.known()?;
    let keyword = key.keyword();
    // A key of magnetic stripes means nothing in the description of a chip, wherever it stands.
    let has_home = keyword.status != Status::Tolerated && keyword.section != SectionKind::Magstripe;
    let is_home = cx.encoding.role_of(entry).is_home_of(key);
    (has_home && !is_home && cx.encoding.is_judged(entry)).then_some(key)
}

fn report(cx: &EncodingContext<'_>, entry: &Entry<'_>, key: Key, findings: &mut Findings<'_>) {
    let home = key.keyword().section;
    let header = home.section().map_or("", |section| section.header);
    let draft = findings
        .report(
            format!("`{}` belongs in `[{header}]`", cx.text(entry.key_span)),
            cx.label(entry.key_span, "not looked for in this section"),
        )
        .help(format!("move the line to `[{header}]`"));
    let role = match home {
        SectionKind::Encoding => SectionRole::Encoding,
        SectionKind::Description => SectionRole::Description,
        // Which application is meant is not known.
        _ => return,
    };
    if let Some(name) = cx.encoding.section_name(role) {
        draft.because(cx.label(name, "belongs here"));
    }
}
