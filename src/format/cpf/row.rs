//! The rows of a profile that is being laid out: blank lines, kept lines, and lines made of code and a
//! comment that are still to be aligned.

use super::BLANKS;
use crate::format::page::Page;

/// One row.
pub(super) enum Row<'t> {
    Blank,
    /// Byte for byte as the author wrote it.
    Kept(&'t str),
    Line(Line<'t>),
}

/// Indented code and a comment behind it.
pub(super) struct Line<'t> {
    pub(super) indent: usize,
    pub(super) code: String,
    pub(super) comment: Option<Comment<'t>>,
    /// Blanks between code and comment; decided when comments are aligned.
    pub(super) gap: usize,
}

/// A comment behind code, or one that continues the comment on the row above.
#[derive(Clone, Copy)]
pub(super) struct Comment<'t> {
    pub(super) text: &'t str,
    /// Comments of one group stand in one column.
    pub(super) group: u32,
    /// The column where the author's text has it; none where tabs make that uncertain.
    pub(super) seen: Option<usize>,
    /// The column where it would stand if it moved along with its row; only for comments in hex data,
    /// whose rows keep their width.
    pub(super) wanted: Option<usize>,
}

impl<'t> Line<'t> {
    pub(super) fn new(indent: usize, code: String, comment: Option<Comment<'t>>) -> Self {
        Self {
            indent,
            code,
            comment,
            gap: 0,
        }
    }

    /// The column behind the code.
    pub(super) fn width(&self) -> usize {
        self.indent + width(&self.code)
    }

    pub(super) fn write(&self, page: &mut Page) {
        let Some(comment) = self.comment else {
            return page.indented(self.indent, &[&self.code]);
        };
        match self.code.is_empty() {
            true => page.indented(self.indent + self.gap, &[comment.text]),
            false => {
                let gap = " ".repeat(self.gap);
                page.indented(self.indent, &[&self.code, &gap, comment.text]);
            }
        }
    }
}

/// A declaration on one row, whose attributes may be aligned with those of its neighbours.
pub(super) struct Declaration {
    /// Index of its row.
    pub(super) row: usize,
    /// Where its attributes start in the code.
    pub(super) attributes: Vec<usize>,
}

/// All rows, and what of them belongs together.
#[derive(Default)]
pub(super) struct Rows<'t> {
    pub(super) rows: Vec<Row<'t>>,
    /// Runs of declarations of one kind, with at most comments between them.
    pub(super) runs: Vec<Vec<Declaration>>,
    /// The last run may go on, with declarations that begin with this word at this indentation.
    open_run: Option<(&'static str, usize)>,
    groups: u32,
}

impl<'t> Rows<'t> {
    pub(super) fn blank(&mut self) {
        self.open_run = None;
        self.rows.push(Row::Blank);
    }

    pub(super) fn keep(&mut self, line: &'t str) {
        self.open_run = None;
        self.rows.push(Row::Kept(line));
    }

    pub(super) fn push(&mut self, line: Line<'t>) {
        self.rows.push(Row::Line(line));
    }

    /// Takes the row that comes next into the run of its neighbours.
    pub(super) fn declare(&mut self, word: &'static str, indent: usize, attributes: Vec<usize>) {
        let declaration = Declaration {
            row: self.rows.len(),
            attributes,
        };
        match self.runs.last_mut() {
            Some(run) if self.open_run == Some((word, indent)) => run.push(declaration),
            _ => self.runs.push(vec![declaration]),
        }
        self.open_run = Some((word, indent));
    }

    /// A statement comes that is no such declaration.
    pub(super) fn end_run(&mut self) {
        self.open_run = None;
    }

    /// A group of comments of its own.
    pub(super) fn new_group(&mut self) -> u32 {
        self.groups += 1;
        self.groups
    }

    /// The comment of the row above, if one that stands alone in this column continues it.
    pub(super) fn continued_comment(&self, column: Option<usize>) -> Option<Comment<'t>> {
        let above = self.comment_above()?;
        (column.is_some() && above.seen == column).then_some(above)
    }

    /// The comment of the row above.
    pub(super) fn comment_above(&self) -> Option<Comment<'t>> {
        match self.rows.last()? {
            Row::Line(line) => line.comment,
            Row::Blank | Row::Kept(_) => None,
        }
    }
}

/// How many columns a piece of a line takes.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    unicode_width::UnicodeWidthStr::width(text)
}

/// The column of the byte `at` of a line of the author's; none where a tab stands before it.
pub(super) fn column_of(line: &str, at: usize) -> Option<usize> {
    let before = &line[..at];
    let is_certain = !before.contains(['\t', '\x0C']);
    is_certain.then(|| width(before))
}

/// A comment without the blanks behind it.
pub(super) fn trimmed(comment: &str) -> &str {
    comment.trim_end_matches(BLANKS)
}
