//! Encoding descriptions.

mod ambiguous_key_source;
mod conflicting_output_field;
mod duplicate_definition;
mod early_card_block;
mod field_case_mismatch;
mod idle_application;
mod incomplete_error_reporting;
mod inconsistent_application_list;
mod input_without_trigger;
mod invalid_flag_value;
mod login_without_pin;
mod malformed_encoding_header;
mod malformed_value;
mod mismatched_card_serial;
mod misplaced_key;
mod missing_initial_puk;
mod missing_token_label;
mod misspelled_key;
mod misused_pin_dialog;
mod oversize_token_label;
mod preset_field_value;
mod puk_without_setpin;
mod retrieve_all_with_other_commands;
mod setpin_without_authorization;
mod signature_slot_without_pin;
mod suspicious_value;
mod trigger_without_input;
mod undeclared_field;
mod undefined_application;
mod unknown_key;
mod unknown_section;
mod unscheduled_application;
mod unusable_companion_file;
mod unused_field;

use super::{EncodingContext, Rule, rule};
use crate::model::Entry;
use crate::stdlib::Key;

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
    &ambiguous_key_source::RULE,
    &conflicting_output_field::RULE,
    &input_without_trigger::RULE,
    &idle_application::RULE,
    &unscheduled_application::RULE,
    &inconsistent_application_list::RULE,
    &preset_field_value::RULE,
    &oversize_token_label::RULE,
    &missing_token_label::RULE,
    &unknown_key::RULE,
    &mismatched_card_serial::RULE,
    &incomplete_error_reporting::RULE,
    &login_without_pin::RULE,
    &misused_pin_dialog::RULE,
    &early_card_block::RULE,
    &suspicious_value::RULE,
];

/// `InitToken`, where it is on without a key that it needs.
fn initialised_without<'p>(cx: &EncodingContext<'p>, needed: Key) -> Option<&'p Entry<'p>> {
    let trigger = cx.encoding.on(Key::InitToken)?;
    (!cx.encoding.has(needed)).then_some(trigger)
}
