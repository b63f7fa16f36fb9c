//! Middleware of every kind.

mod missing_middleware;

use super::{Rule, rule};

pub(super) const RULES: &[&Rule] = &[&missing_middleware::RULE];
