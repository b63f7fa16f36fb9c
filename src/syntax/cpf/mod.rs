//! Card profiles: statements, blocks, expressions.

mod blocks;
mod chunk;
mod grammar;
mod lexeme;
mod literal;
mod reader;
mod tree;
mod words;

pub use lexeme::{Lexeme, lexemes};
pub use reader::parse;
pub use tree::{
    Attribute, CpfTree, Declared, Defect, DefectKind, EndWord, Expected, Expr, FileMode, Operator,
    Range32, Statement, StatementId, StatementKind, Term, TermKind, Token,
};
pub use words::StatementWord;

/// How many blocks, or calls inside calls, may lie inside each other.
pub const MAX_DEPTH: usize = 64;
