use super::rule;
use crate::diagnostic::Fix;
use crate::model::{Entry, FlagError};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A flag whose value is neither `true` nor `false`, such as `#true`, `yes`, `1` or nothing.
    /// For `OperatorPinIsSOCredential`, which a field may decide, the constants are `#true` and
    /// `#false`; a bare `true` would be the name of a field.
    ///
    /// # Why it matters
    ///
    /// How the encoder reads another word is not documented; the flag may silently be off.
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
    /// SetPIN=#true
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
    /// SetPIN=true
    /// PIN=HolderPin
    /// ```
    ///
    /// # Fix
    ///
    /// Safe where only the `#` is wrong. Unsafe for `yes`, `no`, `1`, `0`, `on` and `off`.
    ///
    /// # Source
    ///
    /// Implied by every example; `#true` is shown for the operator PIN (SEED).
    name: "invalid-flag-value",
    family: Family::Dsc,
    level: Level::ERROR,
    certainty: Certainty::Implied,
    source: "SEED, INIT",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    for entry in &cx.encoding.entries {
        if let Some(error) = cx.encoding.flag_error(entry) {
            report(cx, entry, error, findings);
        }
    }
}

fn report(
    cx: &EncodingContext<'_>,
    entry: &Entry<'_>,
    error: FlagError,
    findings: &mut Findings<'_>,
) {
    let key = cx.text(entry.key_span);
    let hash = if error.takes_field { "#" } else { "" };
    let choice = format!("`{hash}true` or `{hash}false`");
    let is_empty = entry.value_span.is_empty();
    let (message, place) = match is_empty {
        true => (format!("flag `{key}` has no value"), entry.key_span),
        false => (
            format!("flag `{key}` is neither true nor false"),
            entry.value_span,
        ),
    };
    let draft = findings
        .report(message, cx.label(place, format!("expected {choice}")))
        .help(format!("write {choice}"));
    let Some(meant) = error.meant.filter(|_| !is_empty) else {
        return;
    };
    let word = format!("{hash}{meant}");
    let message = format!("write `{word}`");
    let edits = [cx.edit(entry.value_span, word)];
    draft.fix(match error.only_hash {
        true => Fix::safe(message, edits),
        false => Fix::on_request(message, edits),
    });
}
