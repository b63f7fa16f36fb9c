//! A finding: what is wrong, where, why, and what to do about it.
//!
//! These are values only. Rendering them is the work of `report`, deciding which of them count is
//! the work of `check`; neither is known here.

use serde::{Deserialize, Serialize};

use crate::source::{SourceId, Span};

pub use crate::source::nearest;

mod fingerprint;

pub use fingerprint::fingerprints;

/// How much a finding weighs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A recommendation, or a guess of ours that helps. Never changes the exit code.
    Info,
    /// Probably wrong; changes the exit code with `--deny-warnings`.
    Warning,
    /// Documented as wrong, or nothing can be compiled from it.
    Error,
}

impl Severity {
    /// The word for people and machines: `error`, `warning`, `info`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// How much a rule weighs unless a project says otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
pub enum Level {
    /// It does not run.
    Off,
    /// It runs, and its findings have this severity.
    On(Severity),
}

impl Level {
    /// An error.
    pub const ERROR: Self = Self::On(Severity::Error);
    /// A warning.
    pub const WARNING: Self = Self::On(Severity::Warning);
    /// An information.
    pub const INFO: Self = Self::On(Severity::Info);

    /// The word for it: `error`, `warning`, `info`, `off`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On(severity) => severity.word(),
        }
    }

    /// The level that a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Off, Self::INFO, Self::WARNING, Self::ERROR]
            .into_iter()
            .find(|level| level.word() == word)
    }
}

/// A place with a few words on what is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// The file.
    pub source: SourceId,
    /// The bytes in its text.
    pub span: Span,
    /// What is there; lower case, no full stop. May be empty on a primary label.
    pub message: String,
}

impl Label {
    /// A label on `span` of `source`.
    #[must_use]
    pub fn new(source: SourceId, span: Span, message: impl Into<String>) -> Self {
        Self {
            source,
            span,
            message: message.into(),
        }
    }
}

/// How far a fix may be trusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// The plan stays the same, or there was none before and the intent is beyond doubt.
    Safe,
    /// Changes meaning: applied on request only.
    Unsafe,
    /// For the eye only.
    Display,
}

/// One replacement of text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// The file to change.
    pub source: SourceId,
    /// The bytes to replace; empty to insert.
    pub span: Span,
    /// What to put there.
    pub text: String,
}

/// A way to mend a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fix {
    /// What applying it does, as an instruction.
    pub message: String,
    /// How far it may be trusted.
    pub applicability: Applicability,
    /// Replacements that belong together, none of them overlapping.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// A fix that may be applied unasked.
    #[must_use]
    pub fn safe(message: impl Into<String>, edits: impl Into<Vec<Edit>>) -> Self {
        Self {
            message: message.into(),
            applicability: Applicability::Safe,
            edits: edits.into(),
        }
    }

    /// A fix that changes meaning: applied on request only.
    #[must_use]
    pub fn on_request(message: impl Into<String>, edits: impl Into<Vec<Edit>>) -> Self {
        Self {
            applicability: Applicability::Unsafe,
            ..Self::safe(message, edits)
        }
    }
}

/// One report of one rule at one place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Name of the rule, kebab-case.
    pub rule: &'static str,
    /// Weight, as decided by `check`; rules hand in their default.
    pub severity: Severity,
    /// Headline, usable alone: lower case, offending name in backticks, no full stop.
    pub message: String,
    /// The exact place.
    pub primary: Label,
    /// The cause: a first definition, the section that asked for it, also in other files.
    pub secondary: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// A fact that explains.
    pub note: Option<String>,
    /// Known ways to mend it.
    pub fixes: Vec<Fix>,
    /// What silences it: then it does not count, and only programs see it.
    pub suppression: Option<Suppression>,
}

/// What silences a finding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Suppression {
    /// A comment at its line.
    Inline,
    /// A comment for the whole file.
    File,
    /// The baseline: it was there before.
    Baseline,
}

impl Finding {
    /// A finding of `rule` with nothing but a headline and a place.
    #[must_use]
    pub fn new(
        rule: &'static str,
        severity: Severity,
        message: impl Into<String>,
        primary: Label,
    ) -> Self {
        Self {
            rule,
            severity,
            message: message.into(),
            primary,
            secondary: Vec::new(),
            help: None,
            note: None,
            fixes: Vec::new(),
            suppression: None,
        }
    }

    /// Adds the cause of the finding.
    #[must_use]
    pub fn because(mut self, label: Label) -> Self {
        self.secondary.push(label);
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a fact that explains.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Offers a way to mend it.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }
}
