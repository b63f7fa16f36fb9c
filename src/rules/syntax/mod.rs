//! The form of both languages.

mod binary_content;
mod malformed_hex_data;
mod malformed_line;
mod malformed_statement;
mod misleading_comment;
mod misplaced_statement;
mod non_utf8_text;
mod unbalanced_block;
mod unknown_statement;
mod unreadable_input;
mod unterminated_literal;

use super::{Rule, rule};

pub(super) const RULES: &[&Rule] = &[
    &binary_content::RULE,
    &unreadable_input::RULE,
    &non_utf8_text::RULE,
    &malformed_line::RULE,
    &misleading_comment::RULE,
    &malformed_statement::RULE,
    &unknown_statement::RULE,
    &misplaced_statement::RULE,
    &unbalanced_block::RULE,
    &unterminated_literal::RULE,
    &malformed_hex_data::RULE,
];
