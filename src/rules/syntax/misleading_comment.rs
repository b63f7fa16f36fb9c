use super::rule;
use crate::diagnostic::Fix;
use crate::model::Entry;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, line_end};
use crate::source::Span;
use crate::stdlib::Certainty;
use crate::syntax::dsc::LineKind;

rule! {
    /// # What it finds
    ///
    /// A comment in a form that only looks like one: a line of an encoding description that begins
    /// with `;`, or `#` behind a value that is no text. In values that are text, such as a literal
    /// behind `#`, a label or the path of a library, `#` is a letter like any other.
    ///
    /// # Why it matters
    ///
    /// Only `#` at the beginning of a line is shown to open a comment. Behind a value it becomes
    /// part of the value, and `true # for now` is not `true`.
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
    /// SetPIN=true # the holder chooses
    /// PIN=!FROM_USER_DIALOG_3_FIELD
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
    /// # the holder chooses
    /// SetPIN=true
    /// PIN=!FROM_USER_DIALOG_3_FIELD
    /// ```
    ///
    /// # Fix
    ///
    /// Safe: write `#` in place of `;`, or move the comment to a line of its own above the value.
    ///
    /// # Source
    ///
    /// Implied: every example begins its comments with `#` at the start of a line (STRUCT, SEED).
    name: "misleading-comment",
    family: Family::Syntax,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "STRUCT, SEED",
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    for line in &cx.encoding.tree.lines {
        if line.kind == LineKind::Semicolon {
            report_semicolon(cx, line.span, findings);
        }
    }
    for entry in &cx.encoding.entries {
        if let Some(comment) = entry.trailing_comment {
            report_trailing(cx, entry, comment, findings);
        }
    }
}

fn report_semicolon(cx: &EncodingContext<'_>, line: Span, findings: &mut Findings<'_>) {
    let text = cx.text(line);
    let Some(at) = text.find(';').and_then(|at| u32::try_from(at).ok()) else {
        return;
    };
    let semicolon = Span::new(line.start + at, line.start + at + 1);
    findings
        .report(
            "`;` is no comment mark in an encoding description",
            cx.label(semicolon, "perso takes the line for a comment"),
        )
        .help("begin comments with `#`")
        .note("`;` begins comments in card profiles; the documentation shows only `#` here")
        .fix(Fix::safe("write `#`", [cx.edit(semicolon, "#")]));
}

fn report_trailing(
    cx: &EncodingContext<'_>,
    entry: &Entry<'_>,
    comment: Span,
    findings: &mut Findings<'_>,
) {
    let key = cx.text(entry.key_span);
    let line = cx.encoding.line_of(entry.key_span);
    let moved = format!("{}{}", cx.text(comment), line_end(cx.encoding.text));
    findings
        .report(
            format!("comment behind the value of `{key}`"),
            cx.label(
                Span::new(comment.start, comment.start + 1),
                "becomes part of the value",
            ),
        )
        .help("move the comment to a line of its own above this one")
        .fix(Fix::safe(
            "move the comment above the line",
            [
                cx.edit(Span::empty(line.start), moved),
                cx.edit(Span::new(entry.value_span.end, comment.end), ""),
            ],
        ));
}
