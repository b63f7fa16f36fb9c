//! Middleware of every kind.

use super::Rule;

pub(super) const RULES: &[&Rule] = &[];
