//! Secrets, and who may change a card.

mod exposed_secret;
mod world_writable_file;

use super::{Rule, rule};

pub(super) const RULES: &[&Rule] = &[&exposed_secret::RULE, &world_writable_file::RULE];
