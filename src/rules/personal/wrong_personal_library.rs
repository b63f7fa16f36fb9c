use super::rule;
use crate::diagnostic::Fix;
use crate::model::Entry;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::source::Span;
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// `PKCS11Library` or `PKCS11LibraryWindows64` in a description for Personal Desktop Client, or a
    /// `PKCS11LibraryWindows32` that names a file with `64` in its name.
    ///
    /// # Why it matters
    ///
    /// Only the 32-bit library of Personal Desktop Client can initialise cards, and only the key for it
    /// may be set. With another key the encoder may load the 64-bit library, and the initialisation
    /// ends with an error that does not mention it.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8710
    /// [Fields]
    /// UserPin=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// PKCS11LibraryWindows64=personal64.dll
    /// PIN=UserPin
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8710
    /// [Fields]
    /// UserPin=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// PIN=UserPin
    /// ```
    ///
    /// # Fix
    ///
    /// Safe: the only library key becomes `PKCS11LibraryWindows32`; where that key exists, the line of
    /// the other one is deleted. None for a file name.
    ///
    /// # Source
    ///
    /// Stated (SEED): the 32-bit library must be named, by its own key and no other.
    name: "wrong-personal-library",
    family: Family::Personal,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SEED",
    scope: Scope::PersonalFile,
    check: Check::Encoding(check),
}

/// The keys that Personal Desktop Client must not have.
const WRONG_KEYS: [Key; 2] = [Key::PKCS11Library, Key::PKCS11LibraryWindows64];

/// The only library key that it may have.
const RIGHT_KEY: Key = Key::PKCS11LibraryWindows32;

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    for key in WRONG_KEYS {
        if let Some(entry) = cx.encoding.entry(key) {
            report_key(cx, key, entry, findings);
        }
    }
    if let Some(entry) = cx.encoding.entry(RIGHT_KEY) {
        report_file_name(cx, entry, findings);
    }
}

fn report_key(cx: &EncodingContext<'_>, key: Key, entry: &Entry<'_>, findings: &mut Findings<'_>) {
    let right = RIGHT_KEY.name();
    let draft = findings
        .report(
            format!(
                "`{}` must not be set for Personal Desktop Client",
                key.name()
            ),
            cx.label(entry.key_span, format!("expected only `{right}`")),
        )
        .note("only the 32-bit library of Personal Desktop Client can initialise cards");
    if cx.encoding.entry(RIGHT_KEY).is_some() {
        let line = cx.encoding.line_of(entry.key_span);
        draft
            .help(format!(
                "delete this line; `{right}` names the library already"
            ))
            .fix(Fix::safe("delete the line", [cx.edit(line, "")]));
        return;
    }
    let draft = draft.help(format!("name the 32-bit library with `{right}`"));
    if cx.encoding.libraries().count() == 1 {
        let rename = [cx.edit(entry.key_span, right)];
        draft.fix(Fix::safe(format!("rename the key to `{right}`"), rename));
    }
}

/// A 64-bit library behind the key for the 32-bit one.
fn report_file_name(cx: &EncodingContext<'_>, entry: &Entry<'_>, findings: &mut Findings<'_>) {
    let path = cx.text(entry.value_span);
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    if !name.contains("64") {
        return;
    }
    let length = u32::try_from(name.len()).unwrap_or(u32::MAX);
    let end = entry.value_span.end;
    findings
        .report(
            format!("`{}` names a 64-bit library", RIGHT_KEY.name()),
            cx.label(
                Span::new(end.saturating_sub(length), end),
                "expected the 32-bit library",
            ),
        )
        .help("name the 32-bit library: `personal.dll` in a folder of 32-bit programs")
        .note("only the 32-bit library of Personal Desktop Client can initialise cards");
}
