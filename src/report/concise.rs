//! For people in a hurry, editors and `grep`: one line a finding.

use std::io::{self, Write};

use super::{Report, visible};

/// Writes `path:line:column: severity[rule]: message` for each finding; with `summary`, a last line
/// counts them.
///
/// # Errors
///
/// What `out` answers.
pub fn concise(report: &Report<'_>, summary: bool, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.standing() {
        let (start, _) = report.extent(&finding.primary);
        writeln!(
            out,
            "{}:{}:{}: {}[{}]: {}",
            visible::line(report.sources[finding.primary.source].name()),
            start.line,
            start.column,
            finding.severity.word(),
            finding.rule,
            visible::line(&finding.message),
        )?;
    }
    if summary {
        writeln!(out, "{}", report.summary())?;
    }
    Ok(())
}
