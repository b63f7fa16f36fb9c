use std::borrow::Cow;

use super::rule;
use crate::diagnostic::Fix;
use crate::rules::{Check, Family, Findings, Level, TextContext, excerpt};
use crate::source::Span;
use crate::stdlib::Certainty;
use crate::syntax::dsc::{Defect, DefectKind};

rule! {
    /// # What it finds
    ///
    /// A line of an encoding description that is none of: blank, `#` comment, section header in
    /// square brackets, `key=value`. That includes a header without `]` or with text behind it, a
    /// line with nothing before `=`, a field in `[Fields]` without `=`, and anything before the
    /// first section.
    ///
    /// # Why it matters
    ///
    /// The encoder cannot tell what such a line is for. A field without `=` is not declared, so
    /// the value that Identity Manager maps to it never arrives.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Fields]
    /// CardPin
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Fields]
    /// CardPin=
    /// ```
    ///
    /// # Fix
    ///
    /// Safe: append `=` to a bare name in `[Fields]`, or `]` to a header.
    ///
    /// # Source
    ///
    /// Stated for the `=` of fields (SEED), else implied by the form of every example.
    name: "malformed-line",
    family: Family::Syntax,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SEED",
    check: Check::Text(check),
}

fn check(cx: &TextContext<'_>, findings: &mut Findings<'_>) {
    let Some(tree) = cx.dsc else { return };
    for defect in &tree.defects {
        let Wording {
            message,
            label,
            help,
        } = wording(cx, defect);
        let draft = findings
            .report(message, cx.label(defect.span, label))
            .help(help);
        let end = Span::empty(defect.span.end);
        match defect.kind {
            DefectKind::UnclosedHeader => {
                draft.fix(Fix::safe("close the header", [cx.edit(end, "]")]));
            }
            DefectKind::MissingEquals if cx.declares_field(defect.span) => {
                draft.fix(Fix::safe("append `=`", [cx.edit(end, "=")]));
            }
            _ => {}
        }
    }
}

struct Wording {
    message: String,
    label: &'static str,
    help: &'static str,
}

fn wording(cx: &TextContext<'_>, defect: &Defect) -> Wording {
    let word = first_word(cx.text(defect.span));
    let (message, label, help) = match defect.kind {
        DefectKind::UnclosedHeader => (
            format!("section header `{word}` is not closed"),
            "expected `]` behind the name",
            "close the header with `]`",
        ),
        DefectKind::EmptyHeader => (
            "section header without a name".to_owned(),
            "expected a name between the brackets",
            "write `[Encoding]`, `[Fields]`, `[Description]` or `[Application_X]`",
        ),
        DefectKind::TextBehindHeader => (
            format!("text `{word}` behind a section header"),
            "a header stands alone on its line",
            "move it to a line of its own, as a comment if it is one",
        ),
        DefectKind::MissingKey => (
            "value without a key".to_owned(),
            "expected a key before `=`",
            "write the key in front of `=`, or delete the line",
        ),
        DefectKind::MissingEquals if cx.declares_field(defect.span) => (
            format!("field `{word}` is declared without `=`"),
            "expected `=` behind the name",
            "write `=` behind the name; nothing follows it",
        ),
        DefectKind::MissingEquals => (
            format!("`{word}` is no `key=value`"),
            "expected `=` behind the name",
            "write `key=value`, or begin a comment with `#`",
        ),
        DefectKind::OutsideSection => (
            format!("`{word}` stands before the first section"),
            "belongs to no section",
            "move it under the section header it belongs to",
        ),
    };
    Wording {
        message,
        label,
        help,
    }
}

/// The beginning of a line, up to where a value may begin: that may be secret.
fn first_word(text: &str) -> Cow<'_, str> {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '=' | ':' | '#');
    let behind = text.trim_start_matches(is_end);
    let skipped = text.len() - behind.len();
    let length = behind.find(is_end).unwrap_or(behind.len());
    excerpt(&text[skipped..skipped + length])
}
