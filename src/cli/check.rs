//! `perso check`: findings for descriptions, profiles and configurations.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::analysis::{Analysis, Levels, analyse};
use super::options::Judging;
use super::{Display, Exit, Fatal, fix, output, rulebook};
use crate::check::Baseline;
use crate::fix::Trust;
use crate::report::{self, Report, RulePage, Summary, visible_line};
use crate::stdlib;
use crate::workspace::{Request, Workspace};

/// Check descriptions and profiles.
#[derive(Args)]
pub(super) struct Check {
    /// Files and folders; `-` is the standard input.
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The form of the report.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Write the report to this file instead of the standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// End with 0 also when there are findings.
    #[arg(long)]
    exit_zero: bool,
    /// Apply the fixes that keep the meaning.
    #[arg(long)]
    fix: bool,
    /// Apply all fixes, also those that change the meaning.
    #[arg(long)]
    unsafe_fixes: bool,
    /// Show what fixing would change, and change nothing; ends with 1 if it would.
    #[arg(long, conflicts_with_all = ["output", "format", "write_baseline"])]
    diff: bool,
    /// Silence the findings that this file accepts.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the baseline anew: accept all that is found now.
    #[arg(long, requires = "baseline")]
    write_baseline: bool,
    #[command(flatten)]
    judging: Judging,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people: with the source and labels.
    Human,
    /// One line a finding.
    Concise,
    /// One JSON object.
    Json,
    /// One JSON object a finding, each on its line.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
    /// A Code Quality report of GitLab.
    Gitlab,
    /// JUnit XML.
    Junit,
}

/// Runs the command.
pub(super) fn run(check: &Check, display: &Display) -> Result<Exit, Fatal> {
    refuse_to_fix_stdin(check)?;
    let levels = check.judging.levels()?;
    let mut workspace = open(check)?;
    for project in &mut workspace.projects {
        check
            .judging
            .set_target(&mut project.configuration.target)?;
    }
    if display.verbose {
        tell(&workspace);
    }
    if check.diff {
        return difference(&mut workspace, &levels, check);
    }
    let mut analysis = if check.fix || check.unsafe_fixes {
        let mended = fix::mend(&mut workspace, &levels, trust(check));
        fix::write(&workspace, &mended, display.quiet)?;
        mended.outcome.findings
    } else {
        analyse(&mut workspace, &levels)
    };
    if let Some(file) = &check.baseline {
        accept(&workspace, &mut analysis, file, check.write_baseline)?;
    }
    let rules = rulebook::introductions();
    let report = report(&workspace, &analysis, &rules);
    deliver(check, display, &report)?;
    Ok(exit(check, report.summary()))
}

/// Shows what fixing would change.
fn difference(workspace: &mut Workspace, levels: &Levels, check: &Check) -> Result<Exit, Fatal> {
    let mended = fix::mend(workspace, levels, trust(check));
    let text = fix::difference(workspace, &mended);
    output::pass_on(text.as_bytes())?;
    match mended.outcome.before.is_empty() || check.exit_zero {
        true => Ok(Exit::Done),
        false => Ok(Exit::Findings),
    }
}

fn trust(check: &Check) -> Trust {
    if check.unsafe_fixes {
        Trust::OnRequest
    } else {
        Trust::Safe
    }
}

/// The standard input is no file that could be written.
fn refuse_to_fix_stdin(check: &Check) -> Result<(), Fatal> {
    let writes = (check.fix || check.unsafe_fixes) && !check.diff;
    if writes && check.paths.iter().any(|path| path == Path::new("-")) {
        let message = "the standard input cannot be fixed in place";
        return Err(Fatal::usage(message).help("`--diff` shows what would be changed"));
    }
    Ok(())
}

fn open(check: &Check) -> Result<Workspace, Fatal> {
    let here = std::env::current_dir()
        .map_err(|error| Fatal::usage(format!("there is no working directory: {error}")))?;
    let workspace = Workspace::open(Request {
        here,
        paths: check.paths.clone(),
        stdin_filename: check.judging.stdin_filename.clone(),
        configuration: check.judging.config.clone(),
        stdin: &mut std::io::stdin(),
        archives: true,
        embedded: stdlib::profile,
    })?;
    Ok(workspace)
}

/// Says what is looked at; findings stay alone on the standard output.
fn tell(workspace: &Workspace) {
    let mut stderr = std::io::stderr();
    for project in &workspace.projects {
        let source = project.configuration.source;
        let name = source.map_or("none", |source| workspace.sources[source].name());
        let files = project.files.len();
        let _ = writeln!(
            stderr,
            "configuration: {}, files: {files}",
            visible_line(name)
        );
    }
}

/// Silences what the baseline accepts; with `write`, what is found now.
fn accept(
    workspace: &Workspace,
    analysis: &mut Analysis,
    file: &Path,
    write: bool,
) -> Result<(), Fatal> {
    let wrong = |error: &dyn std::fmt::Display| {
        Fatal::usage(format!("the baseline `{}`: {error}", file.display()))
            .help("`--write-baseline` writes it anew")
    };
    let baseline = if write {
        let baseline = Baseline::of(&workspace.sources, &analysis.findings);
        let text = baseline.write().map_err(|error| wrong(&error))?;
        output::save(text.as_bytes(), file)?;
        baseline
    } else {
        let text = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
        Baseline::read(&text).map_err(|error| wrong(&error))?
    };
    let stale = baseline.suppress(&workspace.sources, &mut analysis.findings);
    if stale > 0 {
        let mut stderr = std::io::stderr();
        let _ = writeln!(
            stderr,
            "accepted findings that are no longer there: {stale}; \
             `--write-baseline` drops them"
        );
    }
    Ok(())
}

fn report<'a>(
    workspace: &'a Workspace,
    analysis: &'a Analysis,
    rules: &'a [RulePage],
) -> Report<'a> {
    Report {
        secrets: &analysis.secrets,
        pages: rulebook::pages(),
        rules,
        ..Report::new(&workspace.sources, &analysis.findings, workspace.asked)
    }
}

fn deliver(check: &Check, display: &Display, report: &Report<'_>) -> Result<(), Fatal> {
    let colour = match &check.output {
        Some(_) => display.colour_in_files(),
        None => output::is_coloured(display),
    };
    let mut text = Vec::new();
    let rendered = match check.format {
        Format::Human => report::human(report, colour, !display.quiet, &mut text),
        Format::Concise => report::concise(report, !display.quiet, &mut text),
        Format::Json => report::json(report, &mut text),
        Format::Jsonl => report::jsonl(report, &mut text),
        Format::Sarif => report::sarif(report, &mut text),
        Format::Github => report::github(report, &mut text),
        Format::Gitlab => report::gitlab(report, &mut text),
        Format::Junit => report::junit(report, &mut text),
    };
    rendered.map_err(|error| Fatal::usage(format!("cannot render the report: {error}")))?;
    match &check.output {
        Some(file) => output::save(&text, file),
        None => output::print(&text, display),
    }
}

fn exit(check: &Check, summary: Summary) -> Exit {
    let denied = check.judging.deny_warnings && summary.warnings > 0;
    if (summary.errors > 0 || denied) && !check.exit_zero {
        Exit::Findings
    } else {
        Exit::Done
    }
}
