//! `perso fmt`: descriptions and profiles in canonical layout.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use rayon::prelude::*;

use super::analysis::analyse;
use super::{Display, Exit, Fatal, difference, output};
use crate::format::{self, Refusal};
use crate::report::{Report, human, visible_line};
use crate::source::{SourceFile, SourceId};
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
    /// Write nothing; show what would change, with credentials masked, and end with 1 if anything would.
    #[arg(long)]
    diff: bool,
    /// The name that the standard input goes by.
    #[arg(long, value_name = "FILE")]
    stdin_filename: Option<PathBuf>,
}

/// A file that is to look otherwise.
struct Change {
    source: SourceId,
    text: String,
}

/// Runs the command.
pub(super) fn run(fmt: &Fmt, display: &Display) -> Result<Exit, Fatal> {
    let mut workspace = open(fmt)?;
    show_unreadable(&workspace, display)?;
    let mut failed = !workspace.findings.is_empty();
    let mut changes = Vec::new();
    for (id, text) in laid_out(&workspace) {
        let file = &workspace.sources[id];
        match text {
            Ok(text) if text != file.text() => changes.push(Change { source: id, text }),
            Ok(_) => {}
            Err(refusal) => {
                refuse(file, refusal);
                failed = true;
            }
        }
    }
    let mut count = changes.len();
    let wants_none = fmt.check || fmt.diff;
    if fmt.diff {
        output::pass_on(difference(&mut workspace, changes).as_bytes())?;
    } else if fmt.check {
        output::print(names(&workspace, &changes).as_bytes(), display)?;
    } else {
        let unwritten = write(&mut workspace, changes, display)?;
        failed |= unwritten > 0;
        count -= unwritten;
    }
    if !display.quiet {
        tell(wants_none, count);
    }
    Ok(match failed || wants_none && count > 0 {
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

/// Every file with its new text; a configuration has no layout of ours.
fn laid_out(workspace: &Workspace) -> Vec<(SourceId, Result<String, Refusal>)> {
    let files = workspace.projects.iter().flat_map(|project| &project.files);
    let files: Vec<_> = files.collect();
    let new = files.into_par_iter().filter_map(|file| {
        let source = &workspace.sources[file.source];
        let new = match file.kind {
            Kind::Description => format::description(source, &dsc::parse(source.text())),
            Kind::Profile => format::profile(source, &cpf::parse(source.text())),
            Kind::Configuration | Kind::Archive => return None,
        };
        Some((file.source, new))
    });
    new.collect()
}

/// A file that is left as it is.
fn refuse(source: &SourceFile, refusal: Refusal) {
    let name = visible_line(source.name());
    let _ = writeln!(
        std::io::stderr(),
        "{name} is left as it is: {refusal}\nhelp: {}",
        refusal.help()
    );
}

fn names(workspace: &Workspace, changes: &[Change]) -> String {
    changes.iter().fold(String::new(), |mut names, change| {
        let name = workspace.sources[change.source].name();
        let _ = writeln!(names, "{}", visible_line(name));
        names
    })
}

/// What would change, with credentials masked: they are known before and after.
fn difference(workspace: &mut Workspace, changes: Vec<Change>) -> String {
    let old_secrets = analyse(workspace, &[]).secrets;
    let before = take(workspace, changes);
    let new_secrets = analyse(workspace, &[]).secrets;
    difference::unified((&before, &old_secrets), (&workspace.sources, &new_secrets))
}

/// Gives files their new texts, in memory. Returns what they were.
fn take(workspace: &mut Workspace, changes: Vec<Change>) -> BTreeMap<SourceId, SourceFile> {
    let files = changes.into_iter();
    files
        .map(|Change { source, text }| (source, workspace.sources.rewrite(source, text)))
        .collect()
}

/// Writes the changed files, and the standard input onto the standard output, changed or not. One file
/// that cannot be written does not hold up the others. Returns how many cannot.
fn write(
    workspace: &mut Workspace,
    changes: Vec<Change>,
    display: &Display,
) -> Result<usize, Fatal> {
    let mut unwritten = 0;
    for (source, before) in take(workspace, changes) {
        let new = &workspace.sources[source];
        let Some(path) = workspace.path(source) else {
            continue;
        };
        let ready = output::prepare(&new.original_bytes(), &before.original_bytes(), path);
        let written = ready.and_then(|ready| ready.map_or(Ok(()), output::Replacement::commit));
        if let Err(fatal) = written {
            fatal.show(display);
            unwritten += 1;
        }
    }
    let mut files = workspace.projects.iter().flat_map(|project| &project.files);
    let piped = files.find(|file| workspace.path(file.source).is_none());
    if let Some(file) = piped {
        output::pass_on(&workspace.sources[file.source].original_bytes())?;
    }
    Ok(unwritten)
}

fn tell(would: bool, count: usize) {
    let files = if count == 1 { "file" } else { "files" };
    let _ = match (would, count) {
        (_, 0) => Ok(()),
        (true, count) => writeln!(std::io::stderr(), "{count} {files} would change"),
        (false, count) => writeln!(std::io::stderr(), "{count} {files} laid out"),
    };
}
