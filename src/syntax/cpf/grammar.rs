//! The grammar of `grammar/cpf.pest`, compiled.
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the derive writes public, bare items"
)]

/// Reads text by a rule of the grammar.
#[derive(pest_derive::Parser)]
#[grammar = "../grammar/cpf.pest"]
pub(super) struct Grammar;
