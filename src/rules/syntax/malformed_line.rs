use super::rule;
use crate::diagnostic::{Applicability, Edit, Fix};
use crate::rules::{Check, Family, Findings, Level, TextContext};
use crate::source::Span;
use crate::stdlib::Certainty;
use crate::syntax::dsc::DefectKind;

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
        let text = cx.text(defect.span);
        let (message, label, help) = match defect.kind {
            DefectKind::UnclosedHeader => (
                format!("section header `{text}` is not closed"),
                "expected `]` behind the name",
                "close the header with `]`",
            ),
            DefectKind::EmptyHeader => (
                "section header without a name".to_owned(),
                "expected a name between the brackets",
                "write `[Encoding]`, `[Fields]`, `[Description]` or `[Application_X]`",
            ),
            DefectKind::TextBehindHeader => (
                format!("text `{text}` behind a section header"),
                "a header stands alone on its line",
                "move it to a line of its own, as a comment that begins with `#`",
            ),
            DefectKind::MissingKey => (
                "value without a key".to_owned(),
                "expected a key before `=`",
                "write the key in front of `=`, or delete the line",
            ),
            DefectKind::MissingEquals => (
                format!("`{text}` is no `key=value`"),
                "expected `=` behind the name",
                "write `=` behind the name, also when the value is empty",
            ),
            DefectKind::OutsideSection => (
                format!("`{text}` stands before the first section"),
                "belongs to no section",
                "move it under the section header it belongs to",
            ),
        };
        let draft = findings
            .report(message, cx.label(defect.span, label))
            .help(help);
        let append = |message: &str, text: &str| Fix {
            message: message.to_owned(),
            applicability: Applicability::Safe,
            edits: vec![Edit {
                source: cx.id,
                span: Span::empty(defect.span.end),
                text: text.to_owned(),
            }],
        };
        match defect.kind {
            DefectKind::UnclosedHeader => {
                draft.fix(append("close the header", "]"));
            }
            DefectKind::MissingEquals if cx.declares_field(defect.span) => {
                draft.fix(append("append `=`", "="));
            }
            _ => {}
        }
    }
}
