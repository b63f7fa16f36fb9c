//! Why a change or a look at the application failed, in words for whoever has to mend it.

use std::fmt;

use super::files::Place;
use crate::card::{ChannelError, Sw};

/// Why something could not be done with a card. No part of it is secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardError {
    /// What could not be done and where, without the full stop.
    pub problem: String,
    /// Why, and what helps, most important first; each without the full stop.
    pub causes: Vec<String>,
    /// The status word of the card, if it refused a command.
    pub sw: Option<Sw>,
    /// Whether the card stopped answering: what it did with the last command is not known.
    pub lost: bool,
}

impl CardError {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            causes: Vec::new(),
            sw: None,
            lost: false,
        }
    }

    pub(super) fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// The card answered a command with this status word.
    pub(super) fn refused(problem: impl Into<String>, sw: Sw) -> Self {
        Self {
            sw: Some(sw),
            ..Self::new(problem).because(format!("the card answered {sw} ({})", sw.meaning()))
        }
    }

    /// No answer came.
    pub(super) fn lost(problem: impl Into<String>, error: &ChannelError) -> Self {
        Self {
            lost: true,
            ..Self::new(problem).because(error.to_string())
        }
    }
}

impl fmt::Display for CardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)?;
        for (index, cause) in self.causes.iter().enumerate() {
            f.write_str(if index == 0 { ": " } else { "; " })?;
            f.write_str(cause)?;
        }
        Ok(())
    }
}

impl std::error::Error for CardError {}

pub(super) fn unusable(place: &Place, why: &str) -> CardError {
    CardError::new(format!("{place} cannot be extended")).because(why)
}

pub(super) fn unknown(place: &Place) -> CardError {
    let problem = format!("{place} cannot be created again");
    CardError::new(problem).because("the card does not tell its access rules")
}

/// A file is too small, and a larger one could not take its place.
pub(super) fn full(place: &Place, had: usize, needed: usize, cause: CardError) -> CardError {
    if cause.lost {
        return cause;
    }
    let missing = needed.saturating_sub(had);
    let problem = if missing > 0 {
        format!("{place} is too small: it has {had} bytes, {missing} more are needed")
    } else {
        format!("{place} cannot be written again")
    };
    let mut error = CardError::new(problem);
    error.sw = cause.sw;
    error = error.because(format!("a new file in its place was not possible: {cause}"));
    if missing > 0 {
        error = error.because(format!("maxsize={needed} or more in the profile helps"));
    }
    error
}
