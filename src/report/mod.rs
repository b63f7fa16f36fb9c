//! Findings for readers: one file per output format.
//!
//! This room turns sorted findings and their texts into bytes and hands them to a writer. Which
//! findings exist, how much they weigh and where the bytes go is decided elsewhere; it knows no
//! rule, no terminal and no disk.

use crate::diagnostic::{Finding, Label, Level, Severity};
use crate::source::{Position, SourceId, Sources, Span};

mod concise;
mod excerpt;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod sarif;
mod suggestion;
mod visible;

pub use concise::concise;
pub use github::github;
pub use gitlab::gitlab;
pub use human::human;
pub use json::{json, jsonl};
pub use junit::junit;
pub use sarif::sarif;
pub use visible::{line as visible_line, lines as visible_lines};

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
    /// What is known about the rules that may have spoken.
    pub rules: &'a [RulePage],
}

/// A rule, as a report introduces it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RulePage {
    /// Its name.
    pub name: &'static str,
    /// Its weight unless a project says otherwise.
    pub level: Level,
    /// One sentence on what it finds.
    pub summary: String,
    /// Its page, in Markdown.
    pub page: String,
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
            rules: &[],
        }
    }

    /// How many findings there are of each severity.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let count = |severity| {
            let of_it = |finding: &&Finding| finding.severity == severity;
            self.standing().filter(of_it).count()
        };
        Summary {
            files: self.files,
            suppressed: self.findings.len() - self.standing().count(),
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
        }
    }

    /// The findings that nothing silences.
    fn standing(&self) -> impl Iterator<Item = &'a Finding> {
        let stands = |finding: &&Finding| finding.suppression.is_none();
        self.findings.iter().filter(stands)
    }

    /// Where the page of a rule is found.
    fn url(&self, rule: &str) -> Option<String> {
        self.pages.map(|pages| format!("{pages}{rule}"))
    }

    /// Where a finding begins and ends, for people: the end is exclusive.
    fn extent(&self, label: &Label) -> (Position, Position) {
        let file = &self.sources[label.source];
        let span = label.span;
        (file.position(span.start), file.position(span.end))
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
    /// Findings of any severity that something silences.
    pub suppressed: usize,
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
        write!(f, "{} in {}", words.join(", "), counted(self.files, "file"))?;
        match self.suppressed {
            0 => Ok(()),
            some => write!(f, " ({some} suppressed)"),
        }
    }
}

fn counted(count: usize, word: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {word}{plural}")
}

#[cfg(test)]
mod tests;
