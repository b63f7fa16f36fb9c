//! The pages of the rules, by name.

use super::Fatal;
use crate::diagnostic::nearest;

/// The documentation of one rule.
pub(super) struct Page {
    /// The rule.
    pub(super) name: &'static str,
    /// What it finds, in one line.
    pub(super) headline: &'static str,
    /// The whole page, in Markdown.
    pub(super) text: &'static str,
}

const PAGES: &[Page] = &[Page {
    name: "unreadable-input",
    headline: "a file that was named or found cannot be read",
    text: "\
# unreadable-input

Default severity: error. Decided by perso.

A file that was named, or that a walk through a folder found, cannot be read: permission is
denied, it vanished, a link leads nowhere or in a circle, a folder has the name of a file, or it is
larger than 64 MiB. All other files are still checked.
",
}];

/// All pages, sorted by name.
pub(super) fn pages() -> &'static [Page] {
    PAGES
}

/// The page of the rule `name`.
///
/// # Errors
///
/// There is no such rule; the nearest is proposed.
pub(super) fn page(name: &str) -> Result<&'static Page, Fatal> {
    if let Some(page) = pages().iter().find(|page| page.name == name) {
        return Ok(page);
    }
    let names = pages().iter().map(|page| page.name);
    let help = match nearest(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`perso explain --list` names all rules".to_owned(),
    };
    Err(Fatal::usage(format!("there is no rule `{name}`")).help(help))
}
