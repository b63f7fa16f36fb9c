//! Descriptions for Personal Desktop Client.

mod card_model_mismatch;
mod decrypted_pin_as_login;
mod delete_of_unerasable_card;
mod delete_profile_with_extras;
mod init_without_profile;
mod initial_signature_puk;
mod personal_key_on_other_middleware;
mod pin_decryption_over_jpki_encoder;
mod pin_decryption_with_application;
mod pin_decryption_with_login;
mod reserved_profile_variable;
mod serial_without_admin_login;
mod unsupported_puk_change;
mod unverified_puk_change;
mod variable_assigned_twice;
mod wrong_personal_library;

use super::{Rule, rule};

pub(super) const RULES: &[&Rule] = &[
    &card_model_mismatch::RULE,
    &decrypted_pin_as_login::RULE,
    &delete_of_unerasable_card::RULE,
    &init_without_profile::RULE,
    &initial_signature_puk::RULE,
    &personal_key_on_other_middleware::RULE,
    &pin_decryption_over_jpki_encoder::RULE,
    &pin_decryption_with_application::RULE,
    &reserved_profile_variable::RULE,
    &unsupported_puk_change::RULE,
    &variable_assigned_twice::RULE,
    &wrong_personal_library::RULE,
    &delete_profile_with_extras::RULE,
    &serial_without_admin_login::RULE,
    &unverified_puk_change::RULE,
    &pin_decryption_with_login::RULE,
];
