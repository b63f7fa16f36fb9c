use super::rule;
use std::collections::HashSet;

use crate::diagnostic::Fix;
use crate::model::{Encoding, FieldMatch, FieldUse};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope, excerpt, line_end};
use crate::source::Span;
use crate::stdlib::{Certainty, Key, SectionKind};

rule! {
    /// # What it finds
    ///
    /// A field with a credential of `[Description]` that `ClearFields` does not name.
    ///
    /// # Why it matters
    ///
    /// The value stays in the fields after the run, where others may read it.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// HolderPin=
    /// CardPuk=
    /// [Description]
    /// PKCS11Library=module.dll
    /// SetPIN=true
    /// PIN=HolderPin
    /// InitialPUK=CardPuk
    /// ClearFields=CardPuk
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
    /// CardPuk=
    /// [Description]
    /// PKCS11Library=module.dll
    /// SetPIN=true
    /// PIN=HolderPin
    /// InitialPUK=CardPuk
    /// ClearFields=CardPuk,HolderPin
    /// ```
    ///
    /// # Fix
    ///
    /// Unsafe: name all of them in `ClearFields`.
    ///
    /// # Source
    ///
    /// Ours; the key is shown with credentials (INIT).
    name: "uncleared-secret",
    family: Family::Security,
    level: Level::INFO,
    certainty: Certainty::Ours,
    source: "INIT",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let left = uncleared(cx.encoding);
    let Some(first) = left.first() else { return };
    // One edit for all of them: each on its own would add the key again.
    let fix = fix(cx, *first, &left);
    for used in &left {
        findings
            .report(
                format!("secret field `{}` is not cleared", excerpt(used.name)),
                cx.label(used.span, "keeps its value after the run"),
            )
            .help("name it in `ClearFields`")
            .fix(fix.clone());
    }
}

/// The secret fields that nothing clears, each at its first use.
fn uncleared<'t>(encoding: &Encoding<'t>) -> Vec<FieldUse<'t>> {
    let mut settled: HashSet<String> = encoding
        .field_uses()
        .filter(|used| used.key == Key::ClearFields)
        .map(|used| used.name.to_lowercase())
        .collect();
    encoding
        .secret_fields()
        .filter(|used| used.key.keyword().section == SectionKind::Description)
        // What is repeated is reported as such.
        .filter(|used| {
            let first = encoding.entry(used.key);
            first.is_some_and(|entry| entry.value_span == used.span)
        })
        .filter(|used| matches!(encoding.field_match(used.name), FieldMatch::Declared(_)))
        .filter(|used| settled.insert(used.name.to_lowercase()))
        .collect()
}

fn fix(cx: &EncodingContext<'_>, first: FieldUse<'_>, left: &[FieldUse<'_>]) -> Fix {
    let names: Vec<_> = left.iter().map(|used| used.name).collect();
    let names = names.join(",");
    let edit = match cx.encoding.entry(Key::ClearFields) {
        Some(entry) if entry.value_span.is_empty() => cx.edit(entry.value_span, names),
        Some(entry) => cx.edit(Span::empty(entry.value_span.end), format!(",{names}")),
        None => {
            let line = cx.encoding.line_of(first.span);
            let end = line_end(cx.encoding.text);
            cx.edit(Span::empty(line.start), format!("ClearFields={names}{end}"))
        }
    };
    Fix::on_request("clear all secret fields", [edit])
}
