//! The pages of the rules, by name.

use super::Fatal;
use crate::check::UnknownRule;
use crate::rules::{self, Rule};

/// The rule `name`.
///
/// # Errors
///
/// There is no such rule; the nearest is proposed.
pub(super) fn rule(name: &str) -> Result<&'static Rule, Fatal> {
    rules::find(name).ok_or_else(|| unknown(&UnknownRule::new(name)))
}

fn unknown(rule: &UnknownRule) -> Fatal {
    let help = match rule.near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`perso explain --list` names all rules".to_owned(),
    };
    Fatal::usage(format!("there is no rule `{}`", rule.name)).help(help)
}

/// The page of a rule, for people.
pub(super) fn page(rule: &Rule) -> String {
    format!(
        "# {}\n\nDefault: {}. Family: {}. Certainty: {}. Source: {}.\n\n{}\n",
        rule.name,
        rule.level.word(),
        rule.family.name(),
        rule.certainty.word(),
        rule.source,
        rule.page()
            .markdown()
            .replace("\n# ", "\n## ")
            .replacen("# ", "## ", 1),
    )
}
