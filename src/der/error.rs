//! What can be wrong with the frame of a data object, and where.

use std::ops::Range;

use super::Tag;

/// A data object whose tag or length does not fit, with the places a person must look at.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{misfit}")]
pub struct TlvError {
    /// What is wrong.
    pub misfit: Misfit,
    /// Offset of the first byte of the tag.
    pub tag_at: usize,
    /// The length bytes that do not fit; the last byte there is, when the length is missing.
    pub length: Range<usize>,
    /// The length bytes of the enclosing data object; `None` when the data itself is the frame.
    pub parent_length: Option<Range<usize>>,
    /// Offset where the frame (the parent, or the data) ends.
    pub frame_end: usize,
}

/// The ways in which a tag and length do not fit.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Misfit {
    /// The value would end behind its frame.
    #[error("element {tag} announces {announced} bytes, but only {available} are left")]
    TooLong {
        /// The element.
        tag: Tag,
        /// Number of bytes that its length promises.
        announced: usize,
        /// Number of bytes between its length and the end of the frame.
        available: usize,
    },
    /// The frame ends before the length.
    #[error("element {tag} has no complete length")]
    NoLength {
        /// The element.
        tag: Tag,
    },
    /// The frame ends inside the tag, or the tag is longer than four bytes.
    #[error("the tag is incomplete or longer than four bytes")]
    BadTag,
    /// Length byte `80`: allowed in BER, not on cards.
    #[error("element {tag} has an indefinite length, which card files do not allow")]
    Indefinite {
        /// The element.
        tag: Tag,
    },
    /// More than four bytes of length, or the reserved first byte `FF`.
    #[error("element {tag} has a length of more than four bytes")]
    HugeLength {
        /// The element.
        tag: Tag,
    },
}
