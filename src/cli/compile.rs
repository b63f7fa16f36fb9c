//! `perso compile`: the plan of a description.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use super::compilation::compile;
use super::options::Compiling;
use super::{Display, Exit, Fatal, output};
use crate::plan::Plan;

/// Compile a description into a plan.
#[derive(Args)]
pub(super) struct Compile {
    /// The description; `-` is the standard input.
    #[arg(value_name = "DSC")]
    description: PathBuf,
    /// Write the plan to this file, readable by its owner alone.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    compiling: Compiling,
}

/// Runs the command.
pub(super) fn run(arguments: &Compile, display: &Display) -> Result<Exit, Fatal> {
    let Some(plan) = compile(&arguments.description, &arguments.compiling, display)? else {
        return Ok(Exit::Findings);
    };
    match &arguments.output {
        Some(file) => output::save_private(text(&plan)?.as_bytes(), file)?,
        None if std::io::stdout().is_terminal() => print_masked(&plan, display)?,
        None => output::print(text(&plan)?.as_bytes(), display)?,
    }
    Ok(Exit::Done)
}

fn text(plan: &Plan) -> Result<String, Fatal> {
    plan.to_text()
        .map_err(|error| Fatal::usage(error.to_string()))
}

/// A terminal remembers what it showed.
fn print_masked(plan: &Plan, display: &Display) -> Result<(), Fatal> {
    let masked = plan
        .masked()
        .map_err(|error| Fatal::usage(error.to_string()))?;
    output::print(text(&masked)?.as_bytes(), display)?;
    if masked != *plan {
        let _ = writeln!(
            std::io::stderr(),
            "the credentials that stand in the description are masked here; -o FILE writes the plan that can be run"
        );
    }
    Ok(())
}
