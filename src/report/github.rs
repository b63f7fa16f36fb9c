//! For GitHub Actions: workflow commands, which become annotations of a change.
//!
//! GitHub shows only the first ten errors and ten warnings of a step; the others, and the summary,
//! stand in the log.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{Report, visible};
use crate::diagnostic::{Finding, Severity};

/// Writes one workflow command for each finding, the heaviest first, and a line that counts them.
///
/// # Errors
///
/// What `out` answers.
pub fn github(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut findings: Vec<_> = report.standing().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in findings {
        writeln!(out, "{}", command(report, finding))?;
    }
    writeln!(out, "{}", report.summary())
}

/// `::error file=…,line=…,title=…::message`
fn command(report: &Report<'_>, finding: &Finding) -> String {
    let name = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let file = property(report.sources[finding.primary.source].name());
    let (start, end) = report.extent(&finding.primary);
    let mut text = format!("::{name} file={file},line={}", start.line);
    // Columns are only allowed where the place lies in one line.
    if start.line == end.line && start.column < end.column {
        let _ = write!(
            text,
            ",endLine={},col={},endColumn={}",
            end.line, start.column, end.column
        );
    }
    let _ = write!(
        text,
        ",title={}::{}",
        property(finding.rule),
        words(finding)
    );
    text
}

fn words(finding: &Finding) -> String {
    let help = finding.help.iter().map(|help| format!("help: {help}"));
    let note = finding.note.iter().map(|note| format!("note: {note}"));
    let parts: Vec<_> = std::iter::once(finding.message.clone())
        .chain(help)
        .chain(note)
        .collect();
    data(&visible::lines(&parts.join("\n")))
}

/// Escapes the text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(&visible::line(text))
        .replace(':', "%3A")
        .replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_command_or_property_is_escaped() {
        assert_eq!(data("50%\r\na:b,c"), "50%25%0D%0Aa:b,c");
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
        assert_eq!(property("a\n::error::b"), "a␊%3A%3Aerror%3A%3Ab");
    }
}
