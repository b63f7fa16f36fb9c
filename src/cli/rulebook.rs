//! The pages of everything that a finding can be named after: the rules, and what cannot be compiled.

use super::Fatal;
use crate::check::UnknownRule;
use crate::diagnostic::nearest;
use crate::lower;
use crate::report::RulePage;
use crate::rules::{self, Page, Rule};

/// The rule `name`.
///
/// # Errors
///
/// There is no such rule; the nearest is proposed.
pub(super) fn rule(name: &str) -> Result<&'static Rule, Fatal> {
    if name == lower::CANNOT_COMPILE {
        let message = format!("`{name}` is no rule of `perso check`: it has no level");
        return Err(Fatal::usage(message).help("`perso explain cannot-compile` says why"));
    }
    rules::find(name).ok_or_else(|| unknown(&UnknownRule::new(name)))
}

fn unknown(rule: &UnknownRule) -> Fatal {
    let help = match rule.near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`perso explain --list` names all rules".to_owned(),
    };
    Fatal::usage(format!("there is no rule `{}`", rule.name)).help(help)
}

/// The page of a rule, or of what cannot be compiled, for people.
///
/// # Errors
///
/// There is no such name; the nearest is proposed.
pub(super) fn page(name: &str) -> Result<String, Fatal> {
    if name == lower::CANNOT_COMPILE {
        let facts = "Always an error. Family: compile. Certainty: ours.";
        return Ok(laid_out(name, facts, Page::new(lower::PAGE)));
    }
    if rules::find(name).is_none() && nearest(name, [lower::CANNOT_COMPILE]).is_some() {
        let help = format!("did you mean `{}`?", lower::CANNOT_COMPILE);
        return Err(Fatal::usage(format!("there is no rule `{name}`")).help(help));
    }
    let rule = rule(name)?;
    let facts = format!(
        "Default: {}. Family: {}. Certainty: {}. Source: {}.",
        rule.level.word(),
        rule.family.name(),
        rule.certainty.word(),
        rule.source,
    );
    Ok(laid_out(rule.name, &facts, rule.page()))
}

fn laid_out(name: &str, facts: &str, page: Page<'_>) -> String {
    let text = page.markdown().replace("\n# ", "\n## ");
    let text = text.replacen("# ", "## ", 1);
    format!("# {name}\n\n{facts}\n\n{text}\n")
}

/// Every rule with its default level and what it stands for, by family.
pub(super) fn levels() -> impl Iterator<Item = (&'static str, &'static str, String)> {
    rules::all().map(|rule| (rule.name, rule.level.word(), rule.page().summary()))
}

/// Every name with its weight and what it stands for, the rules by family.
pub(super) fn entries() -> impl Iterator<Item = (&'static str, &'static str, String)> {
    let page = Page::new(lower::PAGE);
    levels().chain([(lower::CANNOT_COMPILE, "always", page.summary())])
}

/// The pages of everything as one document; the name of a rule is the anchor of its page.
///
/// # Errors
///
/// None: every name of [`entries`] has a page.
pub(super) fn document() -> Result<String, Fatal> {
    let mut text = String::from(
        "# The rules\n\n\
         Printed by `perso explain --markdown`; `perso explain RULE` prints one page.\n\n\
         | rule | default | finds |\n| --- | --- | --- |\n",
    );
    for (name, level, summary) in entries() {
        let summary = summary.replace('|', "\\|");
        text.push_str(&format!("| [`{name}`](#{name}) | {level} | {summary} |\n"));
    }
    for (name, _, _) in entries() {
        text.push('\n');
        text.push_str(&one_level_down(&page(name)?));
    }
    Ok(text)
}

/// Headings of a page within a document; what looks like one in an example stays.
fn one_level_down(page: &str) -> String {
    let mut fenced = false;
    let mut text = String::with_capacity(page.len());
    for line in page.lines() {
        fenced ^= line.starts_with("```");
        if !fenced && line.starts_with('#') {
            text.push('#');
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// The rules as reports introduce them.
pub(super) fn introductions() -> Vec<RulePage> {
    rules::all()
        .map(|rule| RulePage {
            name: rule.name,
            level: rule.level,
            summary: rule.page().summary(),
            page: rule.page().markdown(),
        })
        .collect()
}

/// Where the pages are published; the name of a rule follows. None until the project has an address.
pub(super) fn pages() -> Option<&'static str> {
    const PAGES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/rules.md#");
    (!env!("CARGO_PKG_REPOSITORY").is_empty()).then_some(PAGES)
}
