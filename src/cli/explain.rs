//! `perso explain`: the page of a rule.

use std::fmt::Write;

use clap::Args;

use super::{Display, Exit, Fatal, output, rulebook};

/// Explain a rule: what it finds, why, and what to do.
#[derive(Args)]
pub(super) struct Explain {
    /// The name of the rule, as findings show it.
    #[arg(required_unless_present_any = ["list", "markdown"])]
    rule: Option<String>,
    /// Name all rules.
    #[arg(long, conflicts_with = "rule")]
    list: bool,
    /// Print the pages of all rules as one Markdown document.
    #[arg(long, conflicts_with_all = ["rule", "list"])]
    markdown: bool,
}

/// Runs the command.
pub(super) fn run(explain: &Explain, display: &Display) -> Result<Exit, Fatal> {
    let text = match &explain.rule {
        Some(name) => rulebook::page(name)?,
        None if explain.markdown => rulebook::document()?,
        None => list(),
    };
    output::print(text.as_bytes(), display)?;
    Ok(Exit::Done)
}

/// Every name with its weight and what it stands for.
fn list() -> String {
    let width = rulebook::entries()
        .map(|(name, _, _)| name.len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (name, level, summary) in rulebook::entries() {
        let _ = writeln!(text, "{name:width$}  {level:7}  {summary}");
    }
    text
}
