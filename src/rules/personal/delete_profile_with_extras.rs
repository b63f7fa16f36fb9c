use super::rule;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::source::Span;
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// `DeleteProfile` beside an application or a list of applications, or beside `PIN`, `PUK` or
    /// `InitialPUK` that nothing else in the description uses.
    ///
    /// # Why it matters
    ///
    /// A deleted profile leaves nothing that an application could write to, and the credentials bring
    /// nothing over a deletion without them.
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
    /// PKCS11LibraryWindows32=personal.dll
    /// DeleteProfile=true
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
    /// OperatorCode=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// DeleteProfile=true
    /// Operator_Pin=OperatorCode
    /// ```
    ///
    /// # Fix
    ///
    /// None: delete the extras, or put them into a description of their own.
    ///
    /// # Source
    ///
    /// Stated for the credentials (SEED), ours for the applications.
    name: "delete-profile-with-extras",
    family: Family::Personal,
    level: Level::WARNING,
    certainty: Certainty::Stated,
    source: "SEED",
    scope: Scope::PersonalFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let Some(trigger) = cx.encoding.on(Key::DeleteProfile) else {
        return;
    };
    let extras = extras(cx);
    if extras.is_empty() {
        return;
    }
    let mut draft = findings
        .report(
            "`DeleteProfile` needs nothing of what stands beside it",
            cx.label(trigger.key_span, "deletes the profile of the card"),
        )
        .help("delete the extras, or put them into a description of their own");
    for extra in extras {
        draft = draft.because(cx.label(extra, "has no effect here"));
    }
}

/// What the deletion has no use for, in order of place; of the applications, the first.
fn extras(cx: &EncodingContext<'_>) -> Vec<Span> {
    const LISTS: &[Key] = &[Key::ApplicationList, Key::ApplicationListField];
    const CREDENTIALS: &[Key] = &[Key::PIN, Key::PUK, Key::InitialPUK];
    /// What uses those credentials.
    const USERS: [Key; 3] = [Key::InitToken, Key::SetPIN, Key::CMSCardSerialNumber];
    let encoding = cx.encoding;
    let used = USERS.iter().any(|key| encoding.has(*key));
    let idle = if used { &[][..] } else { CREDENTIALS };
    let keys = LISTS.iter().chain(idle);
    let mut extras: Vec<_> = keys
        .filter_map(|key| encoding.entry(*key))
        .map(|entry| entry.key_span)
        .chain(encoding.applications().next().map(|one| one.name_span()))
        .collect();
    extras.sort();
    extras
}
