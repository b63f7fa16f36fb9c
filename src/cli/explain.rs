//! `perso explain`: the page of a rule.

use std::fmt::Write;

use clap::Args;

use super::rulebook::{page, pages};
use super::{Display, Exit, Fatal, output};

/// Explain a rule: what it finds, why, and what to do.
#[derive(Args)]
pub(super) struct Explain {
    /// The name of the rule, as findings show it.
    #[arg(required_unless_present = "list")]
    rule: Option<String>,
    /// Name all rules.
    #[arg(long, conflicts_with = "rule")]
    list: bool,
}

/// Runs the command.
pub(super) fn run(explain: &Explain, display: &Display) -> Result<Exit, Fatal> {
    let text = match &explain.rule {
        Some(rule) => page(rule)?.text.to_owned(),
        None => list(),
    };
    output::print(text.as_bytes(), display)?;
    Ok(Exit::Done)
}

fn list() -> String {
    let width = pages()
        .iter()
        .map(|page| page.name.len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for page in pages() {
        let _ = writeln!(text, "{:width$}  {}", page.name, page.headline);
    }
    text
}
