use indexmap::IndexMap;

use super::rule;
use crate::diagnostic::{Edit, Fix};
use crate::model::{FieldDeclaration, FieldMatch, FieldUse};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A name in the value of a key that differs from a declared field only in letter case.
    ///
    /// # Why it matters
    ///
    /// Whether letter case counts in the names of fields is not documented. Every published example
    /// writes a field in one case; where it counts, the value never arrives.
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
    /// SetPIN=true
    /// PIN=HOLDERPIN
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
    /// Safe: write the name as it is declared.
    ///
    /// # Source
    ///
    /// Ours: names agree in letter case in every example.
    name: "field-case-mismatch",
    family: Family::Dsc,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "STRUCT, SEED",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let mut spellings: IndexMap<&str, (&FieldDeclaration<'_>, Vec<FieldUse<'_>>)> = IndexMap::new();
    for (used, matched) in cx.encoding.matched_uses() {
        if let FieldMatch::OtherCase(declared) = matched {
            let (_, uses) = spellings
                .entry(used.name)
                .or_insert_with(|| (declared, Vec::new()));
            uses.push(used);
        }
    }
    for (written, (declared, uses)) in spellings {
        let [first, ..] = uses.as_slice() else {
            continue;
        };
        let edits: Vec<Edit> = uses
            .iter()
            .map(|used| cx.edit(used.span, declared.name))
            .collect();
        let name = excerpt(declared.name);
        findings
            .report(
                format!("field `{name}` is written `{}`", excerpt(written)),
                cx.label(first.span, "differs in letter case"),
            )
            .because(cx.label(declared.span, "declared like this"))
            .help(format!("write `{name}`"))
            .fix(Fix::safe(format!("write `{name}`"), edits));
    }
}
