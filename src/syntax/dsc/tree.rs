//! The tree of an encoding description.

use std::ops::Range;

use crate::source::Span;

/// An encoding description: lines, grouped into sections.
#[derive(Debug, Default)]
pub struct DscTree {
    /// Every line of the text, in order; their spans tile it.
    pub lines: Vec<Line>,
    /// The sections, in order. Lines before the first header belong to a section without one.
    pub sections: Vec<Section>,
    /// What did not fit the grammar, in order of place.
    pub defects: Vec<Defect>,
}

/// A section header and the lines under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Name between the brackets, trimmed; none for the lines before the first header.
    pub name: Option<Span>,
    /// Numbers of its lines, the header line included.
    pub lines: Range<u32>,
}

/// One line, with its line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The whole line with its line end.
    pub span: Span,
    /// What it is.
    pub kind: LineKind,
}

/// What a line is. Spans of names and values are trimmed of blanks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Nothing but blanks.
    Blank,
    /// `# text`.
    Comment,
    /// `; text`: taken for a comment, though only `#` is documented.
    Semicolon,
    /// `^…`: encrypted by the vendor, kept byte for byte.
    Protected,
    /// `[Name]`; also without `]` or with text behind it (a defect then says so).
    Header {
        /// Between the brackets.
        name: Span,
    },
    /// `key=value`, split at the first `=`.
    Property {
        /// Left of `=`, never empty.
        key: Span,
        /// Right of `=`, may be empty.
        value: Span,
    },
    /// Text without `=`; in `[Fields]` it still declares a field.
    Bare {
        /// The trimmed text.
        text: Span,
    },
    /// Anything else, such as `=value`.
    Junk {
        /// The trimmed text.
        text: Span,
    },
}

/// Something that does not fit the grammar. At most one per line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defect {
    /// The exact place.
    pub span: Span,
    /// What is wrong there.
    pub kind: DefectKind,
}

/// What can be wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefectKind {
    /// `[Name` without `]`.
    UnclosedHeader,
    /// `[]`.
    EmptyHeader,
    /// `[Name] text`; the span is the text.
    TextBehindHeader,
    /// `=value`.
    MissingKey,
    /// A line without `=`.
    MissingEquals,
    /// `key=value` (or other text) before the first section.
    OutsideSection,
}
