//! `perso fmt`: descriptions and profiles in canonical layout.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use similar::TextDiff;

use super::{Display, Exit, Fatal, output};
use crate::format::{self, Refusal};
use crate::report::{Report, human, visible_line};
use crate::source::{SourceFile, TextEncoding};
use crate::stdlib;
use crate::syntax::{cpf, dsc};
use crate::workspace::{Kind, Request, Workspace};

/// Lay out descriptions and profiles in one way.
///
/// What has a syntax error keeps its bytes. Archives (`.dsz`) are passed over.
#[derive(Args)]
pub(super) struct Fmt {
    /// Files and folders; `-` lays out the standard input.
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write nothing; name the files that would change, and end with 1 if there are any.
    #[arg(long)]
    check: bool,
    /// Write nothing; show what would change.
    #[arg(long)]
    diff: bool,
    /// The name that the standard input goes by.
    #[arg(long, value_name = "FILE")]
    stdin_filename: Option<PathBuf>,
}

/// What became of the files.
#[derive(Default)]
struct Tally {
    changed: usize,
    refused: usize,
    /// What goes to the standard output.
    text: String,
}

/// Runs the command.
pub(super) fn run(fmt: &Fmt, display: &Display) -> Result<Exit, Fatal> {
    let workspace = open(fmt)?;
    show_unreadable(&workspace, display)?;
    let mut tally = Tally::default();
    for file in workspace.projects.iter().flat_map(|project| &project.files) {
        let source = &workspace.sources[file.source];
        match laid_out(source, file.kind) {
            Some(Ok(new)) => deliver(fmt, source, &new, workspace.path(file.source), &mut tally)?,
            Some(Err(refusal)) => refuse(fmt, source, refusal, &mut tally),
            None => {}
        }
    }
    output::print(tally.text.as_bytes(), display)?;
    if !display.quiet {
        tell(fmt, &tally);
    }
    let would_change = (fmt.check || fmt.diff) && tally.changed > 0;
    let failed = tally.refused > 0 || !workspace.findings.is_empty();
    Ok(match fmt.check && would_change || failed {
        true => Exit::Findings,
        false => Exit::Done,
    })
}

fn open(fmt: &Fmt) -> Result<Workspace, Fatal> {
    let here = std::env::current_dir()
        .map_err(|error| Fatal::usage(format!("there is no working directory: {error}")))?;
    Ok(Workspace::open(Request {
        here,
        paths: fmt.paths.clone(),
        stdin_filename: fmt.stdin_filename.clone(),
        configuration: None,
        stdin: &mut std::io::stdin(),
        archives: false,
        embedded: stdlib::profile,
    })?)
}

/// Files that cannot be read, on the error output.
fn show_unreadable(workspace: &Workspace, display: &Display) -> Result<(), Fatal> {
    if workspace.findings.is_empty() {
        return Ok(());
    }
    let report = Report::new(&workspace.sources, &workspace.findings, workspace.asked);
    let mut text = Vec::new();
    human(&report, false, !display.quiet, &mut text)
        .map_err(|error| Fatal::usage(format!("cannot render the report: {error}")))?;
    let _ = std::io::stderr().write_all(&text);
    Ok(())
}

/// The new text of a file; none for a configuration.
fn laid_out(source: &SourceFile, kind: Kind) -> Option<Result<String, Refusal>> {
    match kind {
        Kind::Description => Some(format::description(source, &dsc::parse(source.text()))),
        Kind::Profile => Some(format::profile(source, &cpf::parse(source.text()))),
        Kind::Configuration | Kind::Archive => None,
    }
}

fn deliver(
    fmt: &Fmt,
    source: &SourceFile,
    new: &str,
    path: Option<&Path>,
    tally: &mut Tally,
) -> Result<(), Fatal> {
    let changes = new != source.text();
    tally.changed += usize::from(changes);
    if fmt.diff {
        tally.text.push_str(&difference(source, new));
    } else if fmt.check {
        if changes {
            let _ = writeln!(tally.text, "{}", visible_line(source.name()));
        }
    } else if let Some(path) = path {
        if changes {
            output::rewrite(&on_disk(source, new), path)?;
        }
    } else {
        tally
            .text
            .push_str(&String::from_utf8_lossy(&on_disk(source, new)));
    }
    Ok(())
}

/// A file that is left as it is. From the standard input it goes on unchanged.
fn refuse(fmt: &Fmt, source: &SourceFile, refusal: Refusal, tally: &mut Tally) {
    tally.refused += 1;
    let _ = fmt;
    let name = visible_line(source.name());
    let _ = writeln!(
        std::io::stderr(),
        "{name} is left as it is: {refusal}\nhelp: {}",
        refusal.help()
    );
}

/// The bytes of a text, behind the mark that its file began with.
fn on_disk(source: &SourceFile, new: &str) -> Vec<u8> {
    let mark: &[u8] = match source.encoding() {
        TextEncoding::Utf8WithMark => b"\xEF\xBB\xBF",
        _ => b"",
    };
    [mark, new.as_bytes()].concat()
}

fn difference(source: &SourceFile, new: &str) -> String {
    let name = visible_line(source.name());
    TextDiff::from_lines(source.text(), new)
        .unified_diff()
        .header(&format!("a/{name}"), &format!("b/{name}"))
        .to_string()
}

fn tell(fmt: &Fmt, tally: &Tally) {
    let files = if tally.changed == 1 { "file" } else { "files" };
    let _ = match (fmt.check || fmt.diff, tally.changed) {
        (_, 0) => Ok(()),
        (true, count) => writeln!(std::io::stderr(), "{count} {files} would change"),
        (false, count) => writeln!(std::io::stderr(), "{count} {files} laid out"),
    };
}
