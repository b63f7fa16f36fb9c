//! Card profiles.

mod access_by_undefined_credential;
mod blob_before_encryption;
mod contradicting_hex_comment;
mod duplicate_declaration;
mod duplicate_file_id;
mod dynamic_value_in_static_file;
mod early_burn_fuse;
mod incomplete_declaration;
mod incomplete_pin_blob;
mod incomplete_profile;
mod inconsistent_name_case;
mod insufficient_maxsize;
mod invalid_attribute_value;
mod invalid_call;
mod language_extension;
mod misordered_statement;
mod missing_access_rule;
mod unbounded_auto_size;
mod undeclared_file;
mod undefined_variable;
mod unerasable_card;
mod unknown_attribute;
mod unknown_card_model;
mod unresolved_placeholder;
mod unused_variable;

use super::{Rule, rule};

pub(super) const RULES: &[&Rule] = &[
    &access_by_undefined_credential::RULE,
    &blob_before_encryption::RULE,
    &contradicting_hex_comment::RULE,
    &duplicate_declaration::RULE,
    &duplicate_file_id::RULE,
    &dynamic_value_in_static_file::RULE,
    &early_burn_fuse::RULE,
    &incomplete_declaration::RULE,
    &incomplete_pin_blob::RULE,
    &incomplete_profile::RULE,
    &inconsistent_name_case::RULE,
    &insufficient_maxsize::RULE,
    &invalid_attribute_value::RULE,
    &invalid_call::RULE,
    &language_extension::RULE,
    &misordered_statement::RULE,
    &missing_access_rule::RULE,
    &unbounded_auto_size::RULE,
    &undeclared_file::RULE,
    &undefined_variable::RULE,
    &unerasable_card::RULE,
    &unknown_attribute::RULE,
    &unknown_card_model::RULE,
    &unresolved_placeholder::RULE,
    &unused_variable::RULE,
];
