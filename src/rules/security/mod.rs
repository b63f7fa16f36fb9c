//! Secrets, and who may change a card.

mod exposed_secret;

use super::{Rule, rule};

pub(super) const RULES: &[&Rule] = &[&exposed_secret::RULE];
