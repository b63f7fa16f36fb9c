//! For GitLab: a Code Quality report, which the merge request shows beside its changes.

use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use crate::diagnostic::{Severity, fingerprints};

#[derive(Serialize)]
struct Issue<'a> {
    description: &'a str,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// Writes one JSON array with an object for each finding.
///
/// # Errors
///
/// What `out` answers.
pub fn gitlab(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let marks = fingerprints(report.sources, report.findings);
    let issues: Vec<_> = report
        .findings
        .iter()
        .zip(marks)
        .filter(|(finding, _)| finding.suppression.is_none())
        .map(|(finding, fingerprint)| {
            let (start, end) = report.extent(&finding.primary);
            Issue {
                description: &finding.message,
                check_name: finding.rule,
                fingerprint,
                severity: severity(finding.severity),
                location: Location {
                    path: report.sources[finding.primary.source].name(),
                    lines: Lines {
                        begin: start.line,
                        end: end.line,
                    },
                },
            }
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    out.write_all(b"\n")
}

/// The words that GitLab knows.
const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "major",
        Severity::Warning => "minor",
        Severity::Info => "info",
    }
}
