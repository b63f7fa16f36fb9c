//! Findings for readers: one file per output format.
//!
//! This room turns sorted findings and their texts into bytes and hands them to a writer. Which
//! findings exist, how much they weigh and where the bytes go is decided elsewhere; it knows no
//! rule, no terminal and no disk.

use crate::diagnostic::{Finding, Severity};
use crate::source::{SourceId, Sources, Span};

mod excerpt;
mod human;
mod json;
mod suggestion;
mod visible;

pub use human::human;
pub use json::json;
pub use visible::line as visible_line;

/// What a report is made from.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// The texts that findings point into.
    pub sources: &'a Sources,
    /// What was found, in the order of the report.
    pub findings: &'a [Finding],
    /// How many files were looked at, the unreadable ones included.
    pub files: usize,
    /// Literals that must not be shown (a credential in the source): their text is masked in
    /// every excerpt. In any order.
    pub secrets: &'a [(SourceId, Span)],
    /// Where the page of a rule is found: the rule's name is appended. None leaves addresses out.
    pub pages: Option<&'a str>,
}

impl<'a> Report<'a> {
    /// A report on `findings` in `files` files, with nothing to mask and no addresses.
    #[must_use]
    pub fn new(sources: &'a Sources, findings: &'a [Finding], files: usize) -> Self {
        Self {
            sources,
            findings,
            files,
            secrets: &[],
            pages: None,
        }
    }

    /// How many findings there are of each severity.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let count = |severity| {
            let of_it = |finding: &&Finding| finding.severity == severity;
            self.findings.iter().filter(of_it).count()
        };
        Summary {
            files: self.files,
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
        }
    }
}

/// Findings, counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Summary {
    /// Files looked at.
    pub files: usize,
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity info.
    pub infos: usize,
}

/// As the last line of a report: `2 errors, 1 warning in 3 files`.
impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts = [
            (self.errors, "error"),
            (self.warnings, "warning"),
            (self.infos, "info"),
        ];
        let mut words: Vec<String> = counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| counted(count, word))
            .collect();
        if words.is_empty() {
            words.push("no findings".to_owned());
        }
        write!(f, "{} in {}", words.join(", "), counted(self.files, "file"))
    }
}

fn counted(count: usize, word: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {word}{plural}")
}

#[cfg(test)]
mod tests;
