//! Encoding descriptions.

mod duplicate_definition;
mod field_case_mismatch;
mod invalid_flag_value;
mod malformed_encoding_header;
mod malformed_value;
mod misplaced_key;
mod missing_initial_puk;
mod misspelled_key;
mod puk_without_setpin;
mod retrieve_all_with_other_commands;
mod setpin_without_authorization;
mod signature_slot_without_pin;
mod trigger_without_input;
mod undeclared_field;
mod undefined_application;
mod unknown_section;
mod unusable_companion_file;
mod unused_field;

use super::{Rule, rule};

pub(super) const RULES: &[&Rule] = &[
    &malformed_encoding_header::RULE,
    &unknown_section::RULE,
    &misspelled_key::RULE,
    &misplaced_key::RULE,
    &duplicate_definition::RULE,
    &undeclared_field::RULE,
    &field_case_mismatch::RULE,
    &unused_field::RULE,
    &invalid_flag_value::RULE,
    &malformed_value::RULE,
    &unusable_companion_file::RULE,
    &undefined_application::RULE,
    &trigger_without_input::RULE,
    &missing_initial_puk::RULE,
    &setpin_without_authorization::RULE,
    &puk_without_setpin::RULE,
    &signature_slot_without_pin::RULE,
    &retrieve_all_with_other_commands::RULE,
];
