//! The command line: one file per subcommand.
//!
//! The only room that joins the others: it reads the arguments, calls what they ask for, delivers
//! the result and decides the exit code. Work that has a result of its own belongs elsewhere.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod analysis;
mod apdu;
mod card;
mod check;
mod compilation;
mod compile;
mod difference;
mod exit;
mod explain;
mod fatal;
mod fix;
mod fmt;
mod guard;
mod new;
mod options;
mod output;
mod plan;
mod rulebook;
mod run;
mod schema;

use exit::Exit;
use fatal::Fatal;
use options::Display;

/// Compiler, linter and runner for smart-card encoding descriptions (DSC) and card profiles (CPF).
#[derive(Parser)]
#[command(name = "perso", version, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    display: Display,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Check),
    Fmt(fmt::Fmt),
    Compile(compile::Compile),
    Plan(plan::Plan),
    Run(Box<run::Run>),
    Card(card::Card),
    New(new::New),
    Schema(schema::Schema),
    Explain(explain::Explain),
}

/// Runs the command that the arguments of the process name.
#[must_use]
pub fn main() -> ExitCode {
    guard::speak_for_panics();
    guard::guarded(run).into()
}

fn run() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return not_a_command(&error),
    };
    let done = match &cli.command {
        Command::Check(check) => check::run(check, &cli.display),
        Command::Fmt(fmt) => fmt::run(fmt, &cli.display),
        Command::Compile(compile) => compile::run(compile, &cli.display),
        Command::Plan(plan) => plan::run(plan, &cli.display),
        Command::Card(card) => card::run(card, &cli.display),
        Command::New(new) => new::run(new, &cli.display),
        Command::Schema(schema) => schema::run(schema, &cli.display),
        Command::Explain(explain) => explain::run(explain, &cli.display),
        Command::Run(run) => run::run(run, &cli.display),
    };
    done.unwrap_or_else(|fatal| fatal.show(&cli.display))
}

/// Help and version are asked for and no error; a reader who went away is none either.
fn not_a_command(error: &clap::Error) -> Exit {
    let _ = error.print();
    if error.use_stderr() {
        Exit::Usage
    } else {
        Exit::Done
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        super::Cli::command().debug_assert();
    }
}
