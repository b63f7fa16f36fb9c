//! Where in the source an operation comes from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place in a source, kept in the plan so that a failed operation is shown where its author
/// wrote it, also when the source is gone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// Name of the source, as the description names it.
    pub source: String,
    /// Offset of the first byte, in the bytes on disk.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
    /// 1-based line.
    pub line: u32,
    /// 1-based column in Unicode scalar values.
    pub column: u32,
    /// The line itself, with the literals of credentials masked.
    pub text: String,
}
