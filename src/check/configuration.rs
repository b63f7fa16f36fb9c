//! What `perso.toml` says to a check: what each rule weighs, and how the fields are bound.

use std::collections::HashMap;

use thiserror::Error;

use crate::diagnostic::nearest;
use crate::model::Mapping;
use crate::rules::{self, Level, Rule};

/// What a check goes by beside the files.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// Levels that differ from the rules' own.
    levels: HashMap<&'static str, Level>,
    /// `[mapping]`; none without the table.
    pub mapping: Option<Mapping>,
}

/// A name that is no rule.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("there is no rule `{name}`")]
pub struct UnknownRule {
    /// What was written.
    pub name: String,
    /// The nearest rule.
    pub near: Option<&'static str>,
}

impl UnknownRule {
    /// The answer to a name that is no rule.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let near = nearest(name, rules::all().map(|rule| rule.name));
        Self {
            name: name.to_owned(),
            near,
        }
    }
}

impl Configuration {
    /// Sets the level of a rule; a later call wins.
    ///
    /// # Errors
    ///
    /// [`UnknownRule`] when there is no rule of this name.
    pub fn set(&mut self, name: &str, level: Level) -> Result<(), UnknownRule> {
        let rule = rules::find(name).ok_or_else(|| UnknownRule::new(name))?;
        self.levels.insert(rule.name, level);
        Ok(())
    }

    /// What a rule weighs.
    #[must_use]
    pub fn level(&self, rule: &Rule) -> Level {
        self.levels.get(rule.name).copied().unwrap_or(rule.level)
    }
}
