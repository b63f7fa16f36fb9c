//! Text to trees: the grammars of `grammar/`, bound to typed trees with spans and trivia.
//!
//! Parsing is total: every text gives a tree, and what does not fit becomes a typed defect beside
//! it. Trees hold spans into the text and own no strings. This room knows the shape of the two
//! languages; what a keyword means stands in `stdlib` and `model`.

pub mod cpf;
pub mod dsc;
pub mod suppression;
