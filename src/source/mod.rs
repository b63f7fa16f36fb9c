//! Text and places in it: files by identity, byte spans, lines and columns.
//!
//! A [`SourceFile`] holds decoded UTF-8 text; every [`Span`] of the program counts bytes of that
//! text. Only at the edge (a report, a digest) is a place translated back to the bytes that lie on
//! disk, which differ behind a byte order mark or in a Windows-1252 file.
//!
//! Which of some known words a misspelt one is near to is decided here too, once for all rooms.
//!
//! This room knows no language, no rule and no disk.

mod file;
mod lines;
mod span;
mod spelling;

pub use file::{SourceFile, SourceId, Sources, TextEncoding};
pub use lines::{LineIndex, Position};
pub use span::Span;
pub use spelling::nearest;
