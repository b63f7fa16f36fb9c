//! Encoding descriptions: sections of lines.

mod tree;

pub use tree::{Defect, DefectKind, DscTree, Line, LineKind, Section};
