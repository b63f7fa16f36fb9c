//! `perso schema`: the forms of the files that people write, for their editors.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{Display, Exit, Fatal, output, rulebook};
use crate::job::Job;
use crate::workspace::configuration;

/// Print the form of a file as JSON Schema, for editors.
#[derive(Args)]
pub(super) struct Schema {
    /// The file.
    #[arg(value_enum, value_name = "FILE")]
    file: File,
}

#[derive(Clone, Copy, ValueEnum)]
enum File {
    /// `perso.toml`, the configuration of a project.
    Config,
    /// The values for one card.
    Job,
}

/// Runs the command.
pub(super) fn run(arguments: &Schema, display: &Display) -> Result<Exit, Fatal> {
    let schema = match arguments.file {
        File::Config => with_rules(configuration::schema()),
        File::Job => Job::schema(),
    };
    output::print(format!("{schema:#}\n").as_bytes(), display)?;
    Ok(Exit::Done)
}

/// The schema of the configuration, which knows no rules, with the names of all rules.
fn with_rules(mut schema: Value) -> Value {
    let rules = &mut schema["properties"]["rules"];
    let level = rules["additionalProperties"].clone();
    let rule = |(name, default, summary): (&str, &str, String)| {
        let description = format!("{summary} Default: {default}.");
        (
            name.to_owned(),
            json!({ "description": description, "allOf": [level] }),
        )
    };
    rules["properties"] = rulebook::levels().map(rule).collect();
    rules["additionalProperties"] = json!(false);
    schema
}
