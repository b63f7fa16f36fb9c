//! Encoding descriptions: sections of lines.
//!
//! [`parse`] hands the text in portions of whole lines to the grammar in `grammar/dsc.pest` and
//! builds a [`DscTree`] from what it recognises. Which sections, keys and values exist is not known
//! here.

mod grammar;
mod parse;
mod portion;
mod tree;

pub use parse::parse;
pub use tree::{Defect, DefectKind, DscTree, Line, LineKind, Section};

#[cfg(test)]
mod tests;
