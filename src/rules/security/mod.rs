//! Secrets, and who may change a card.

mod exposed_secret;
mod hard_coded_credential;
mod secret_as_plain_value;
mod shared_credential_field;
mod uncleared_secret;
mod world_writable_file;

use super::{Rule, rule};

pub(super) const RULES: &[&Rule] = &[
    &exposed_secret::RULE,
    &hard_coded_credential::RULE,
    &uncleared_secret::RULE,
    &secret_as_plain_value::RULE,
    &shared_credential_field::RULE,
    &world_writable_file::RULE,
];
