//! What each rule weighs in a project.

use std::collections::HashMap;

use thiserror::Error;

use crate::diagnostic::nearest;
use crate::rules::{self, Level, Rule};

/// Levels that differ from the rules' own.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    levels: HashMap<&'static str, Level>,
}

/// A name that is no rule.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("there is no rule `{name}`{}", proposal(*near))]
pub struct UnknownRule {
    /// What was written.
    pub name: String,
    /// The nearest rule.
    pub near: Option<&'static str>,
}

fn proposal(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

impl Configuration {
    /// Sets the level of a rule; a later call wins.
    ///
    /// # Errors
    ///
    /// [`UnknownRule`] when there is no rule of this name.
    pub fn set(&mut self, name: &str, level: Level) -> Result<(), UnknownRule> {
        let rule = find(name)?;
        self.levels.insert(rule.name, level);
        Ok(())
    }

    /// What a rule weighs.
    #[must_use]
    pub fn level(&self, rule: &Rule) -> Level {
        self.levels.get(rule.name).copied().unwrap_or(rule.level)
    }
}

/// The rule of a name.
///
/// # Errors
///
/// [`UnknownRule`], with the nearest name, when there is none.
pub fn find(name: &str) -> Result<&'static Rule, UnknownRule> {
    rules::find(name).ok_or_else(|| UnknownRule {
        name: name.to_owned(),
        near: nearest(name, rules::all().map(|rule| rule.name)),
    })
}
