//! Hex data over several lines. Its rows move as one: how the author grouped the bytes, and how the rows
//! are indented against each other, shows their structure.

use super::row::{Comment, Line, Rows, column_of, trimmed};
use super::{BLANKS, STEP};
use crate::format::page::lines;

/// The columns that a tab at the start of a row takes: those of one step.
const TAB: usize = STEP;

/// Hex data that holds a line end.
pub(super) struct Block<'t> {
    /// `0x{` and what follows on its line, without a comment.
    pub(super) opening: &'t str,
    /// The place of the comment on that line.
    pub(super) comment: Option<(usize, usize)>,
    /// The other lines; the last one ends in `}`.
    rows: Vec<&'t str>,
    /// Columns that the rows move by: from the leftmost one to where it belongs.
    from: usize,
    to: usize,
}

impl<'t> Block<'t> {
    /// Reads closed hex data that stands at `start` of the text.
    pub(super) fn read(text: &'t str, start: usize, piece: &'t str, indent: usize) -> Self {
        let mut rows = lines(piece);
        let first = rows.next().unwrap_or_default();
        let (opening, comment) = split(first);
        let rows: Vec<_> = rows.collect();
        let leftmost = rows.iter().filter(|row| holds_bytes(row));
        debug_assert!(text[start..].starts_with(opening));
        Self {
            opening: opening.trim_end_matches(BLANKS),
            comment: comment.map(|comment| {
                let at = start + opening.len();
                (at, at + comment.len())
            }),
            from: leftmost.map(|row| indentation(row)).min().unwrap_or(0),
            to: indent + STEP,
            rows,
        }
    }

    /// Adds all rows but the last, and gives the indentation and code of that one.
    pub(super) fn set(self, indent: usize, rows: &mut Rows<'t>) -> (usize, String) {
        let Some((last, inner)) = self.rows.split_last() else {
            return (indent, String::new());
        };
        let mut group = rows.new_group();
        for row in inner {
            let (code, comment) = split(row);
            let ink = code.trim_matches(BLANKS);
            match comment {
                None if ink.is_empty() => {
                    rows.blank();
                    group = rows.new_group();
                }
                None => rows.push(Line::new(self.moved(row), plain(ink), None)),
                Some(comment) => self.commented(row, ink, comment, code.len(), group, rows),
            }
        }
        let ink = last.trim_matches(BLANKS);
        match ink {
            "}" => (indent, plain(ink)),
            _ => (self.moved(last), plain(ink)),
        }
    }

    /// A row with a comment, which stands `at` bytes from its start.
    fn commented(
        &self,
        row: &'t str,
        ink: &str,
        comment: &'t str,
        at: usize,
        group: u32,
        rows: &mut Rows<'t>,
    ) {
        let seen = column_of(row, at);
        let wanted = seen.map(|column| (column + self.to).saturating_sub(self.from));
        let comment = Comment {
            text: trimmed(comment),
            group,
            seen,
            wanted,
        };
        let continues = ink.is_empty() && rows.continued_comment(seen).is_some();
        let line = match ink.is_empty() && !continues {
            true => Line::new(self.moved(row), comment.text.to_owned(), None),
            false if continues => Line::new(0, String::new(), Some(comment)),
            false => Line::new(self.moved(row), plain(ink), Some(comment)),
        };
        rows.push(line);
    }

    /// The new indentation of a row.
    fn moved(&self, row: &str) -> usize {
        self.to + indentation(row).saturating_sub(self.from)
    }
}

/// The code of a row and its comment.
fn split(row: &str) -> (&str, Option<&str>) {
    match row.find(';') {
        Some(at) => (&row[..at], Some(&row[at..])),
        None => (row, None),
    }
}

/// Whether more than a comment or the closing brace stands on a row.
fn holds_bytes(row: &str) -> bool {
    !matches!(split(row).0.trim_matches(BLANKS), "" | "}")
}

/// The columns before the first ink of a row.
fn indentation(row: &str) -> usize {
    let blanks = row
        .bytes()
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\x0C'));
    blanks.fold(0, |column, byte| match byte {
        b'\t' => (column / TAB + 1) * TAB,
        b' ' => column + 1,
        _ => column,
    })
}

/// The code of a row, with blanks for every other white space.
fn plain(ink: &str) -> String {
    ink.replace(['\t', '\x0C'], " ")
}
