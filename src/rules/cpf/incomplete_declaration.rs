use std::collections::HashSet;

use super::rule;
use crate::diagnostic::nearest;
use crate::model::{File, FileKind};
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::stdlib::{self, AttributeInfo, AttributeValue, Certainty, DeclarationKind};
use crate::syntax::cpf::{StatementId, StatementKind};

rule! {
    /// # What it finds
    ///
    /// A `CreateDf` or `CreateEf` without `id`, a `CreateEf` without `maxsize`, or a `File` block
    /// without `data =`.
    ///
    /// # Why it matters
    ///
    /// A card makes no file without an identifier, and none without a size. A block without data fills
    /// nothing.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE maxsize=auto read=always update=PIN1
    /// Endfile
    /// File Static EFNOTE
    /// data = 'ready'
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=auto read=always update=PIN1
    /// Endfile
    /// File Static EFNOTE
    /// data = 'ready'
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: the value is for the author to choose.
    ///
    /// # Source
    ///
    /// Implied by the published example (SEED), in which every declaration has them.
    name: "incomplete-declaration",
    family: Family::Cpf,
    level: Level::ERROR,
    certainty: Certainty::Implied,
    source: "SEED",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    for file in &cx.profile.files {
        if file.kind != FileKind::Mf && !cx.profile.is_malformed(file.statement) {
            report_attributes(cx, file, findings);
        }
    }
    report_blocks(cx, findings);
}

fn report_attributes(cx: &ProfileContext<'_>, file: &File<'_>, findings: &mut Findings<'_>) {
    let (kind, word) = match file.kind {
        FileKind::Ef => (DeclarationKind::Ef, "file"),
        _ => (DeclarationKind::Df, "directory"),
    };
    let missing: Vec<_> = stdlib::attributes()
        .iter()
        .filter(|info| is_needed(info, kind) && !is_given(cx, file, info))
        .map(|info| info.name)
        .collect();
    let (lacks, expected) = match missing.as_slice() {
        [] => return,
        [one] => (format!("no `{one}`"), format!("`{one}`")),
        [one, other, ..] => (
            format!("neither `{one}` nor `{other}`"),
            format!("`{one}` and `{other}`"),
        ),
    };
    findings
        .report(
            format!("{word} `{}` has {lacks}", excerpt(file.name)),
            cx.label(file.span, format!("expected {expected} behind the name")),
        )
        .help(match kind {
            DeclarationKind::Ef => "write, for instance, `id=0x4401 maxsize=auto` behind the name",
            _ => "write, for instance, `id=0x5015` behind the name",
        });
}

/// Whether a declaration means nothing without an attribute: the size is needed for a file that
/// holds data, while that of a directory can be left to the card.
fn is_needed(info: &AttributeInfo, kind: DeclarationKind) -> bool {
    let sized = info.value == AttributeValue::Size && kind == DeclarationKind::Ef;
    info.is_on(kind) && (info.required || sized)
}

/// Whether an attribute stands there, also in a misspelling.
fn is_given(cx: &ProfileContext<'_>, file: &File<'_>, info: &AttributeInfo) -> bool {
    let attributes = cx.profile.tree.attributes(file.attributes);
    attributes.iter().any(|attribute| {
        let name = cx.text(attribute.name);
        match stdlib::attribute(name) {
            Some(known) => known.name == info.name,
            None => nearest(name, [info.name]).is_some(),
        }
    })
}

fn report_blocks(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let foreign = blocks_with_foreign_statements(cx);
    for content in &cx.profile.contents {
        let (Some((name, span)), []) = (content.name, content.data.as_slice()) else {
            continue;
        };
        let unread =
            cx.profile.is_malformed(content.statement) || foreign.contains(&content.statement);
        if unread {
            continue;
        }
        findings
            .report(
                format!("block of file `{}` has no `data =`", excerpt(name)),
                cx.label(span, "gets no content"),
            )
            .help("write `data =` and the content before `Endfile`, or delete the block");
    }
}

/// Blocks with a statement that does not belong there and may be meant as their data.
fn blocks_with_foreign_statements(cx: &ProfileContext<'_>) -> HashSet<StatementId> {
    cx.profile
        .tree
        .statements
        .iter()
        .filter(|statement| !matches!(statement.kind, StatementKind::End { .. }))
        .filter_map(|statement| statement.block)
        .collect()
}
