use foldhash::{HashSet, HashSetExt as _};

use super::rule;
use crate::diagnostic::{Fix, nearest};
use crate::model::{Encoding, Entry, FieldMatch, Flag, Part, Value, label_parts, list_items};
use crate::rules::{Absence, Check, EncodingContext, Family, Findings, Level, Scope, excerpt};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// A field that is declared and never used: it is no value of any key, no entry of a list and
    /// in no `!{NAME}`. Silent in a description with an APDU script, which may use fields too.
    ///
    /// # Why it matters
    ///
    /// Administrators see the field and map it, and nothing comes of it. Often it is what a
    /// misspelled name was meant to be.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// HolderPin=
    /// Department=
    /// [Description]
    /// PKCS11Library=module.dll
    /// SetPIN=true
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
    /// Unsafe: delete the line.
    ///
    /// # Source
    ///
    /// Ours.
    name: "unused-field",
    family: Family::Dsc,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "PERSO",
    scope: Scope::ChipFile,
    absence: Absence::InFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let encoding = cx.encoding;
    if encoding
        .entries
        .iter()
        .any(|entry| entry.key().map(Key::current) == Some(Key::ApduFile))
    {
        return;
    }
    let used = used_names(encoding);
    for name in encoding.field_names() {
        let Some(field) = encoding.field(name).filter(|_| !used.contains(name)) else {
            continue;
        };
        let line = encoding.line_of(field.span);
        findings
            .report(
                format!("field `{}` is never used", excerpt(name)),
                cx.label(field.span, "declared here"),
            )
            .help("use it, or delete the line")
            .fix(Fix::on_request("delete the line", [cx.edit(line, "")]));
    }
}

/// Every field that any value names, whatever the key, and those that a wrong name was meant for.
fn used_names<'t>(encoding: &Encoding<'t>) -> HashSet<&'t str> {
    let mut used = HashSet::new();
    let mut proposals = 0;
    for (it, matched) in encoding.matched_uses() {
        match matched {
            FieldMatch::Declared(field) | FieldMatch::OtherCase(field) => {
                used.insert(field.name);
            }
            FieldMatch::Undeclared if proposals < encoding.proposal_limit() => {
                proposals += 1;
                used.extend(nearest(it.name, encoding.field_names()));
            }
            FieldMatch::Undeclared => {}
        }
    }
    // What a key of unknown meaning holds, or one that takes no fields, may name them all the same.
    for entry in encoding.entries.iter().filter(|entry| !is_settled(entry)) {
        let items = list_items(encoding.text, entry.value_span).map(|item| item.name);
        let parts = label_parts(encoding.text, entry.value_span).filter_map(|part| match part {
            Part::Field(name, _) => Some(name),
            _ => None,
        });
        used.extend(items.chain(parts));
    }
    used
}

/// Whether a value is a flag or a reference: what it names is a use, or none.
fn is_settled(entry: &Entry<'_>) -> bool {
    match entry.value {
        Value::Flag(flag) => !matches!(flag, Flag::Malformed { .. }),
        Value::Reference(_) => entry.matched.known().is_some(),
        Value::Fields(_) | Value::Text(_) => false,
    }
}
