//! Descriptions for Personal Desktop Client.

mod reserved_profile_variable;
mod variable_assigned_twice;

use super::{Rule, rule};

pub(super) const RULES: &[&Rule] = &[
    &reserved_profile_variable::RULE,
    &variable_assigned_twice::RULE,
];
