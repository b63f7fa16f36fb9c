//! Why a change or a look at the application failed, in words for whoever has to mend it.

use std::fmt;

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
