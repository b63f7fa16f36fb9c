//! How Identity Manager binds the fields.

mod decrypted_pin_to_plain_field;
mod decrypted_pin_without_read;
mod mapping_of_undeclared_field;
mod output_without_read;
mod shared_mapping_target;
mod unmapped_field;

use super::{Rule, rule};

pub(super) const RULES: &[&Rule] = &[
    &decrypted_pin_to_plain_field::RULE,
    &decrypted_pin_without_read::RULE,
    &output_without_read::RULE,
    &unmapped_field::RULE,
    &mapping_of_undeclared_field::RULE,
    &shared_mapping_target::RULE,
];
