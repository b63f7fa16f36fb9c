//! What perso itself is told: its configuration, and comments that silence findings.

mod doubtful_target;
mod suppression_without_reason;
mod unknown_config_key;
mod unknown_suppression;
mod unused_suppression;

use super::{Rule, rule};

pub(super) const RULES: &[&Rule] = &[
    &unknown_config_key::RULE,
    &doubtful_target::RULE,
    &unknown_suppression::RULE,
    &unused_suppression::RULE,
    &suppression_without_reason::RULE,
];
