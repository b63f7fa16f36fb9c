//! How Identity Manager binds the fields.

use super::Rule;

pub(super) const RULES: &[&Rule] = &[];
