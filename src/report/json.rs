//! For programs: one stable, versioned JSON object.
//!
//! The structures here are the format and nothing else is serialised, so that a change inside
//! perso cannot change what a pipeline reads. Lines and columns are 1-based, columns count Unicode
//! scalar values, ends are exclusive, offsets count the bytes of the file on disk.

use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use crate::diagnostic::{Applicability, Edit, Finding, Fix, Label, Severity, Suppression};
use crate::source::{SourceId, Sources, Span};

/// The version of the format; grows with every change that a reader could notice.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    format_version: u32,
    tool: Tool,
    diagnostics: Vec<Diagnostic<'a>>,
    summary: Counts,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Diagnostic<'a> {
    rule: &'a str,
    severity: Severity,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    labels: Vec<Labelled<'a>>,
    help: Option<&'a str>,
    note: Option<&'a str>,
    url: Option<String>,
    fixes: Vec<Remedy<'a>>,
    suppressed: bool,
    suppression: Option<Suppression>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    start: Point,
    end: Point,
}

#[derive(Serialize)]
struct Point {
    offset: u32,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Labelled<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    message: &'a str,
}

#[derive(Serialize)]
struct Remedy<'a> {
    message: &'a str,
    applicability: Applicability,
    edits: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
struct Replacement<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    text: &'a str,
}

#[derive(Serialize)]
struct Counts {
    files: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
    suppressed: usize,
}

/// Writes the report as one JSON object and a line end.
///
/// # Errors
///
/// What `out` answers.
pub fn json(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let summary = report.summary();
    let findings = report.findings.iter();
    let document = Document {
        format_version: FORMAT_VERSION,
        tool: Tool {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
        },
        diagnostics: findings
            .map(|finding| diagnostic(report, finding))
            .collect(),
        summary: Counts {
            files: summary.files,
            errors: summary.errors,
            warnings: summary.warnings,
            infos: summary.infos,
            suppressed: summary.suppressed,
        },
    };
    serde_json::to_writer(&mut *out, &document)?;
    out.write_all(b"\n")
}

/// One line of [`jsonl`].
#[derive(Serialize)]
struct Line<'a> {
    format_version: u32,
    #[serde(flatten)]
    diagnostic: Diagnostic<'a>,
}

/// Writes each finding as one JSON object on a line of its own; there is no summary.
///
/// # Errors
///
/// What `out` answers.
pub fn jsonl(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        let line = Line {
            format_version: FORMAT_VERSION,
            diagnostic: diagnostic(report, finding),
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn diagnostic<'a>(report: &Report<'a>, finding: &'a Finding) -> Diagnostic<'a> {
    let sources = report.sources;
    Diagnostic {
        rule: finding.rule,
        severity: finding.severity,
        message: &finding.message,
        place: place(sources, finding.primary.source, finding.primary.span),
        labels: labels(sources, finding),
        help: finding.help.as_deref(),
        note: finding.note.as_deref(),
        url: report.url(finding.rule),
        fixes: finding
            .fixes
            .iter()
            .map(|fix| remedy(sources, fix))
            .collect(),
        suppressed: finding.suppression.is_some(),
        suppression: finding.suppression,
    }
}

/// Every place that has words of its own: the primary one only if it has.
fn labels<'a>(sources: &'a Sources, finding: &'a Finding) -> Vec<Labelled<'a>> {
    let worded = |label: &&Label| !label.message.is_empty();
    let primary = std::iter::once(&finding.primary).filter(worded);
    let all = primary.chain(&finding.secondary);
    all.map(|label| Labelled {
        place: place(sources, label.source, label.span),
        message: &label.message,
    })
    .collect()
}

fn remedy<'a>(sources: &'a Sources, fix: &'a Fix) -> Remedy<'a> {
    let replacement = |edit: &'a Edit| Replacement {
        place: place(sources, edit.source, edit.span),
        text: &edit.text,
    };
    Remedy {
        message: &fix.message,
        applicability: fix.applicability,
        edits: fix.edits.iter().map(replacement).collect(),
    }
}

fn place(sources: &Sources, id: SourceId, span: Span) -> Place<'_> {
    let file = &sources[id];
    let point = |offset| {
        let position = file.position(offset);
        Point {
            offset: file.original_offset(offset),
            line: position.line,
            column: position.column,
        }
    };
    Place {
        file: file.name(),
        start: point(span.start),
        end: point(span.end),
    }
}
