//! `grammar/dsc.pest`, compiled. Knows nothing but the generated rules.

use pest_derive::Parser;

/// The recogniser of [`Rule`]s.
#[derive(Parser)]
#[grammar = "../grammar/dsc.pest"]
pub(super) struct DscGrammar;
