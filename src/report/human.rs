//! For people: the source with labels under it, what to do, and a summary.

use std::io::{self, Write};

use codespan_reporting::diagnostic::{Diagnostic, Severity as Weight};
use codespan_reporting::files::Error;
use codespan_reporting::term::termcolor::Ansi;
use codespan_reporting::term::{
    Config, Styles, StylesWriter, emit_to_io_write, emit_to_write_style,
};

use super::Report;
use super::excerpt::excerpts;
use super::suggestion::suggestion;
use super::visible;
use crate::diagnostic::{Finding, Severity};

/// Writes every finding with its excerpt; with `summary`, a last line counts them.
///
/// With `colour` the text carries ANSI escape sequences of ours; none of the source's ever pass.
///
/// # Errors
///
/// What `out` answers.
pub fn human(
    report: &Report<'_>,
    colour: bool,
    summary: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let config = Config::default();
    let styles = Styles::default();
    let mut buffer = Vec::new();
    for finding in report.standing() {
        let (files, markers) = excerpts(report, finding);
        let diagnostic = Diagnostic::new(weight(finding.severity))
            .with_code(finding.rule)
            .with_message(visible::line(&finding.message))
            .with_labels(markers)
            .with_notes(notes(report, finding));
        buffer.clear();
        let emitted = if colour {
            let mut styled = StylesWriter::new(Ansi::new(&mut buffer), &styles);
            emit_to_write_style(&mut styled, &config, &files, &diagnostic)
        } else {
            emit_to_io_write(&mut buffer, &config, &files, &diagnostic)
        };
        emitted.map_err(into_io)?;
        name_infos(finding, &mut buffer);
        out.write_all(&buffer)?;
    }
    if summary {
        writeln!(out, "{}", report.summary())?;
    }
    Ok(())
}

fn weight(severity: Severity) -> Weight {
    match severity {
        Severity::Error => Weight::Error,
        Severity::Warning => Weight::Warning,
        Severity::Info => Weight::Note,
    }
}

/// The renderer has no word for our lowest severity: its `note`, the first word it writes, is our
/// `info`.
fn name_infos(finding: &Finding, buffer: &mut [u8]) {
    if finding.severity == Severity::Info
        && let Some(at) = memchr::memmem::find(buffer, b"note")
    {
        buffer[at..at + 4].copy_from_slice(b"info");
    }
}

fn notes(report: &Report<'_>, finding: &Finding) -> Vec<String> {
    let help = finding.help.iter();
    let note = finding.note.iter();
    let help = help.map(|text| format!("help: {}", visible::lines(text)));
    let note = note.map(|text| format!("note: {}", visible::lines(text)));
    let fixes = finding.fixes.iter().map(|fix| suggestion(report, fix));
    help.chain(note).chain(fixes).collect()
}

fn into_io(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        other => io::Error::other(other),
    }
}
