//! `perso plan`: looking at plans, drawing and comparing them, checking them against their
//! description.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::compilation::compile;
use super::options::Compiling;
use super::{Display, Exit, Fatal, apdu, output};
use crate::check::Language;
use crate::plan::{self, Difference, Plan as Document};
use crate::workspace::Kind;

/// Show and compare plans.
#[derive(Args)]
pub(super) struct Plan {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the operations of a plan as a table; credentials are masked.
    Show {
        /// A plan, or a description that is compiled first.
        #[arg(value_name = "PLAN|DSC")]
        plan: PathBuf,
        /// Print the commands that lay out the card instead, as a script for `scriptor`.
        #[arg(long)]
        apdu: bool,
        /// Fill in the fields that this job binds.
        #[arg(long, value_name = "FILE", requires = "apdu")]
        job: Option<PathBuf>,
        /// Fill in the secret ones, too.
        #[arg(long, requires_all = ["apdu", "output"])]
        with_secrets: bool,
        /// Write the commands to this file, readable by its owner alone.
        #[arg(short, long, value_name = "FILE", requires = "apdu")]
        output: Option<PathBuf>,
        #[command(flatten)]
        compiling: Box<Compiling>,
    },
    /// Compare two plans by what they do; ends with 1 when they differ.
    Diff {
        /// A plan or a description.
        #[arg(value_name = "A")]
        from: PathBuf,
        /// A plan or a description.
        #[arg(value_name = "B")]
        to: PathBuf,
        #[command(flatten)]
        compiling: Box<Compiling>,
    },
    /// Tell whether a plan is what its description compiles to; ends with 1 when it is not.
    Verify {
        /// The plan.
        #[arg(value_name = "PLAN")]
        plan: PathBuf,
        /// The description.
        #[arg(long, value_name = "DSC")]
        against: PathBuf,
        #[command(flatten)]
        compiling: Box<Compiling>,
    },
    /// Print the form of plans as JSON Schema (2020-12).
    Schema,
    /// Draw a plan as a flowchart in the language of Mermaid.
    Graph {
        /// Draw it as an image (SVG) instead.
        #[arg(long)]
        svg: bool,
        /// A plan, or a description that is compiled first.
        #[arg(value_name = "PLAN|DSC")]
        plan: PathBuf,
        #[command(flatten)]
        compiling: Box<Compiling>,
    },
}

/// Runs the command.
pub(super) fn run(arguments: &Plan, display: &Display) -> Result<Exit, Fatal> {
    match &arguments.command {
        Command::Show {
            plan,
            apdu: true,
            job,
            with_secrets,
            output,
            compiling,
        } => {
            let Some(plan) = load(plan, compiling, display)? else {
                return Ok(Exit::Findings);
            };
            let script = apdu::script(&plan, job.as_deref(), *with_secrets)?;
            match output {
                Some(file) => output::save_private(script.as_bytes(), file)?,
                None => output::print(script.as_bytes(), display)?,
            }
            Ok(Exit::Done)
        }
        Command::Show {
            plan, compiling, ..
        } => picture(plan::show, plan, compiling, display),
        Command::Graph {
            svg,
            plan,
            compiling,
        } => {
            let draw = if *svg { plan::svg } else { plan::graph };
            picture(draw, plan, compiling, display)
        }
        Command::Schema => {
            let schema = plan::schema().map_err(|error| fatal(&error))?;
            output::print(schema.as_bytes(), display)?;
            Ok(Exit::Done)
        }
        Command::Diff {
            from,
            to,
            compiling,
        } => {
            let (from, to) = (
                load(from, compiling, display)?,
                load(to, compiling, display)?,
            );
            let (Some(from), Some(to)) = (from, to) else {
                return Ok(Exit::Findings);
            };
            tell(
                &plan::diff(&from, &to).map_err(|error| fatal(&error))?,
                display,
            )
        }
        Command::Verify {
            plan,
            against,
            compiling,
        } => {
            let old = read(plan)?;
            let Some(new) = compile(against, compiling, display)? else {
                return Ok(Exit::Findings);
            };
            verify(&old, &new, display)
        }
    }
}

/// Prints what `draw` makes of a plan.
fn picture(
    draw: fn(&Document) -> Result<String, plan::PlanError>,
    plan: &Path,
    compiling: &Compiling,
    display: &Display,
) -> Result<Exit, Fatal> {
    let Some(plan) = load(plan, compiling, display)? else {
        return Ok(Exit::Findings);
    };
    let text = draw(&plan).map_err(|error| fatal(&error))?;
    output::print(text.as_bytes(), display)?;
    Ok(Exit::Done)
}

/// Equal up to the version of stdlib; credentials and the bytes of all sources count.
fn verify(old: &Document, new: &Document, display: &Display) -> Result<Exit, Fatal> {
    let differences = plan::diff(old, new).map_err(|error| fatal(&error))?;
    if differences.is_empty() && old.digests.content != new.digests.content {
        let text = "~ places: the operations are the same, but stand elsewhere in the sources\n";
        output::print(text.as_bytes(), display)?;
        return Ok(Exit::Findings);
    }
    tell(&differences, display)
}

fn tell(differences: &[Difference], display: &Display) -> Result<Exit, Fatal> {
    let mut text = String::new();
    for difference in differences {
        text.push_str(&crate::report::visible_line(&difference.to_string()));
        text.push('\n');
    }
    output::print(text.as_bytes(), display)?;
    Ok(match differences.is_empty() {
        true => Exit::Done,
        false => Exit::Findings,
    })
}

/// A description is compiled, everything else is read as a plan.
pub(super) fn load(
    path: &Path,
    compiling: &Compiling,
    display: &Display,
) -> Result<Option<Document>, Fatal> {
    let is_archive = Kind::of(path) == Some(Kind::Archive);
    let is_description = Language::of_name(&path.to_string_lossy()).is_some();
    if is_description || is_archive || path == Path::new("-") {
        return compile(path, compiling, display);
    }
    read(path).map(Some)
}

/// Plans are smaller than this by far.
const LIMIT: u64 = 64 << 20;

fn read(path: &Path) -> Result<Document, Fatal> {
    let shown = path.to_string_lossy();
    let failed = |error: std::io::Error| Fatal::usage(format!("cannot read `{shown}`: {error}"));
    if fs::metadata(path).map_err(failed)?.len() > LIMIT {
        return Err(Fatal::usage(format!("`{shown}` is too large for a plan")));
    }
    let text = fs::read_to_string(path).map_err(failed)?;
    Document::from_text(&text).map_err(|error| Fatal::usage(format!("`{shown}`: {error}")))
}

fn fatal(error: &plan::PlanError) -> Fatal {
    Fatal::usage(error.to_string())
}
