//! The form of both languages.

mod malformed_line;

use super::{Rule, rule};

pub(super) const RULES: &[&Rule] = &[&malformed_line::RULE];
