//! Card profiles.

mod blob_before_encryption;
mod duplicate_declaration;
mod duplicate_file_id;
mod dynamic_value_in_static_file;
mod early_burn_fuse;
mod incomplete_declaration;
mod incomplete_profile;
mod insufficient_maxsize;
mod invalid_attribute_value;
mod invalid_call;
mod language_extension;
mod unbounded_auto_size;
mod undeclared_file;
mod undefined_variable;
mod unresolved_placeholder;

use super::{Rule, rule};

pub(super) const RULES: &[&Rule] = &[
    &blob_before_encryption::RULE,
    &duplicate_declaration::RULE,
    &duplicate_file_id::RULE,
    &dynamic_value_in_static_file::RULE,
    &early_burn_fuse::RULE,
    &incomplete_declaration::RULE,
    &incomplete_profile::RULE,
    &insufficient_maxsize::RULE,
    &invalid_attribute_value::RULE,
    &invalid_call::RULE,
    &language_extension::RULE,
    &unbounded_auto_size::RULE,
    &undeclared_file::RULE,
    &undefined_variable::RULE,
    &unresolved_placeholder::RULE,
];
