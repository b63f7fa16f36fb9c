//! Middleware of every kind.

mod conflicting_middleware;
mod feature_newer_than_target;
mod key_import_on_tcos;
mod mismatched_admin_credential;
mod missing_middleware;
mod obsolete_apdu_key;
mod pin_length_outside_tcos_limits;
mod signature_slot_on_unsupported_middleware;
mod unsupported_on_jpki_encoder;

use super::{Rule, rule};

pub(super) const RULES: &[&Rule] = &[
    &missing_middleware::RULE,
    &conflicting_middleware::RULE,
    &mismatched_admin_credential::RULE,
    &obsolete_apdu_key::RULE,
    &signature_slot_on_unsupported_middleware::RULE,
    &key_import_on_tcos::RULE,
    &pin_length_outside_tcos_limits::RULE,
    &unsupported_on_jpki_encoder::RULE,
    &feature_newer_than_target::RULE,
];
