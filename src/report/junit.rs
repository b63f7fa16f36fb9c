//! For build servers that know tests only: JUnit XML, a suite for each file, a test for each finding.

use std::io::{self, Write};

use super::{Report, visible};
use crate::diagnostic::{Finding, Severity};

/// Writes one XML document. Errors and warnings are failed tests: servers mark a run by them. A
/// recommendation is a test that passes and says something, a suppressed finding a skipped one.
/// Without any finding one test passes, because servers take a report without tests for a broken run.
///
/// # Errors
///
/// What `out` answers.
pub fn junit(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let suppressed = report.summary().suppressed;
    let failed = failures(report.findings);
    let tests = report.findings.len().max(1);
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="perso" tests="{tests}" failures="{failed}" skipped="{suppressed}">"#
    )?;
    for findings in report
        .findings
        .chunk_by(|a, b| a.primary.source == b.primary.source)
    {
        suite(report, findings, out)?;
    }
    if report.findings.is_empty() {
        writeln!(out, r#"  <testsuite name="perso" tests="1" failures="0">"#)?;
        writeln!(
            out,
            r#"    <testcase name="no findings" classname="perso"/>"#
        )?;
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

/// The findings of one file.
fn suite(report: &Report<'_>, findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    let Some(first) = findings.first() else {
        return Ok(());
    };
    let file = escaped(report.sources[first.primary.source].name());
    let is_suppressed = |finding: &&Finding| finding.suppression.is_some();
    let skipped = findings.iter().filter(is_suppressed).count();
    writeln!(
        out,
        r#"  <testsuite name="{file}" tests="{}" failures="{}" skipped="{skipped}">"#,
        findings.len(),
        failures(findings),
    )?;
    for finding in findings {
        case(report, finding, &file, out)?;
    }
    writeln!(out, "  </testsuite>")
}

fn failures(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| fails(finding)).count()
}

fn fails(finding: &Finding) -> bool {
    finding.suppression.is_none() && finding.severity != Severity::Info
}

fn case(report: &Report<'_>, finding: &Finding, file: &str, out: &mut dyn Write) -> io::Result<()> {
    let (start, _) = report.extent(&finding.primary);
    let message = escaped(&finding.message);
    let (line, column) = (start.line, start.column);
    writeln!(
        out,
        r#"    <testcase name="{}:{line}:{column}" classname="{file}" file="{file}" line="{line}">"#,
        finding.rule,
    )?;
    let help = finding.help.as_deref().unwrap_or_default();
    let help = escaped(&format!("\n{help}"));
    let text = format!("{file}:{line}:{column}: {message}{}", help.trim_end());
    if finding.suppression.is_some() {
        writeln!(out, r#"      <skipped message="{message}"/>"#)?;
    } else if fails(finding) {
        let kind = finding.severity.word();
        writeln!(
            out,
            r#"      <failure type="{kind}" message="{message}">{text}</failure>"#,
        )?;
    } else {
        writeln!(out, "      <system-out>{text}</system-out>")?;
    }
    writeln!(out, "    </testcase>")
}

/// Text for content and attributes. Characters that XML 1.0 cannot hold are shown by visible ones.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in visible::lines(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{FFFE}' | '\u{FFFF}' => escaped.push('\u{FFFD}'),
            other => escaped.push(other),
        }
    }
    escaped
}
