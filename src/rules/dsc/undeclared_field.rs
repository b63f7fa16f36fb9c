use indexmap::IndexMap;

use super::rule;
use crate::diagnostic::{Fix, nearest};
use crate::model::{FieldMatch, FieldUse, SectionRole, looks_constant};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope, excerpt, line_end};
use crate::source::Span;
use crate::stdlib::{Certainty, Key, ValueKind};

rule! {
    /// # What it finds
    ///
    /// A name in the value of a key that takes fields, or in `!{NAME}`, that `[Fields]` does not
    /// declare. A constant without `#` in front is such a name too.
    ///
    /// # Why it matters
    ///
    /// Identity Manager maps the declared fields only. The value would never arrive, and a constant
    /// without `#` would never be used.
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
    /// PIN=HolderPim
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
    /// Unsafe: the nearest declared field, or declare the field, or put `#` in front of what looks like
    /// a constant.
    ///
    /// # Source
    ///
    /// Implied: every variable that another section needs is declared (STRUCT, SEED), and `#` opens
    /// a constant (INIT).
    name: "undeclared-field",
    family: Family::Dsc,
    level: Level::ERROR,
    certainty: Certainty::Implied,
    source: "STRUCT, SEED, INIT",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let mut undeclared: IndexMap<&str, Vec<FieldUse<'_>>> = IndexMap::new();
    for (used, matched) in cx.encoding.matched_uses() {
        if matched == FieldMatch::Undeclared {
            undeclared.entry(used.name).or_default().push(used);
        }
    }
    for (number, uses) in undeclared.values().enumerate() {
        let Some(first) = uses.first() else { continue };
        if looks_constant(first.name) && !is_list_or_text(first.key) {
            report_constant(cx, first, findings);
        } else {
            let propose = number < cx.encoding.proposal_limit();
            report_name(cx, uses, propose, findings);
        }
    }
}

fn is_list_or_text(key: Key) -> bool {
    matches!(key.keyword().kind, ValueKind::FieldList | ValueKind::Text)
}

/// A constant is not shown: it may be a PIN.
fn report_constant(cx: &EncodingContext<'_>, used: &FieldUse<'_>, findings: &mut Findings<'_>) {
    let key = used.key.name();
    let draft = findings.report(
        format!("the value of `{key}` is no declared field"),
        cx.label(used.span, "read as the name of a field"),
    );
    if used.key.keyword().kind == ValueKind::Field {
        draft.help("name a field that `[Fields]` declares");
        return;
    }
    let hash = cx.edit(Span::empty(used.span.start), "#");
    draft
        .help(format!("write `{key}=#…` for a constant"))
        .fix(Fix::on_request("put `#` in front", [hash]));
}

fn report_name(
    cx: &EncodingContext<'_>,
    uses: &[FieldUse<'_>],
    propose: bool,
    findings: &mut Findings<'_>,
) {
    let Some(used) = uses.first() else { return };
    let name = used.name;
    let near = propose
        .then(|| nearest(name, cx.encoding.field_names()))
        .flatten()
        .and_then(|near| cx.encoding.field(near));
    let mut draft = findings.report(
        format!("`{}` is not declared in `[Fields]`", excerpt(name)),
        cx.label(used.span, "no field of this name"),
    );
    draft = match near {
        Some(near) => draft
            .because(cx.label(near.span, "declared under this name"))
            .help(format!("did you mean `{}`?", near.name))
            .fix(renamed(cx, uses, near.name)),
        None if looks_constant(name) => {
            draft.help("name a field that `[Fields]` declares; a constant cannot stand here")
        }
        None => draft.help(format!(
            "declare it: add the line `{}=` to `[Fields]`",
            excerpt(name)
        )),
    };
    if let Some(place) = end_of_fields(cx).filter(|_| !looks_constant(name)) {
        let declaration = cx.edit(place, declaration(cx, place, name));
        draft.fix(Fix::on_request("declare it in `[Fields]`", [declaration]));
    }
}

/// All uses of a name, with another in its place.
fn renamed(cx: &EncodingContext<'_>, uses: &[FieldUse<'_>], near: &str) -> Fix {
    let edits: Vec<_> = uses.iter().map(|used| cx.edit(used.span, near)).collect();
    Fix::on_request(format!("write `{}`", excerpt(near)), edits)
}

/// Behind the last declaration, or behind the header where there is none.
fn end_of_fields(cx: &EncodingContext<'_>) -> Option<Span> {
    let last = match cx.encoding.declarations.last() {
        Some(declaration) => declaration.span,
        None => cx.encoding.section_name(SectionRole::Fields)?,
    };
    Some(Span::empty(cx.encoding.line_of(last).end))
}

fn declaration(cx: &EncodingContext<'_>, place: Span, name: &str) -> String {
    let text = cx.encoding.text;
    let line_end = line_end(text);
    let before = Span::new(0, place.end).of(text);
    let open = if before.ends_with(['\n', '\r']) {
        ""
    } else {
        line_end
    };
    format!("{open}{name}={line_end}")
}
