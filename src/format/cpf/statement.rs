//! One statement, piece by piece: which blanks stand between its words, and where its lines break,
//! which is where the author broke them.

use crate::source::Span;
use crate::syntax::cpf::{CpfTree, Declared, Lexeme, Statement, StatementKind, lexemes};

use super::row::{Comment, Line, Rows, column_of, trimmed};
use super::{BLANKS, STEP, hex, spelling};

/// Adds the rows of a statement without defects, `comment` being the one behind it.
pub(super) fn typeset<'t>(
    text: &'t str,
    tree: &CpfTree,
    statement: &Statement,
    comment: Option<Span>,
    indent: usize,
    rows: &mut Rows<'t>,
) {
    let mut setter = Setter {
        text,
        spellings: spelling::spellings(text, tree, statement),
        respelt: 0,
        starts: attribute_starts(tree, statement.kind),
        attributes: Vec::new(),
        is_assignment: matches!(
            statement.kind,
            StatementKind::Assignment { .. } | StatementKind::Data { .. }
        ),
        statement_indent: indent,
        indent,
        code: String::new(),
        gap: false,
        comment: None,
        is_single: true,
        rows,
    };
    let (start, end) = (statement.span.start as usize, statement.span.end as usize);
    for (lexeme, start, end) in lexemes(text, start, end) {
        setter.piece(lexeme, start, end);
    }
    setter.finish(declaration_word(statement.kind), comment);
}

/// The declarations that may form runs; a `CreateDf` is followed by what lies in it.
fn declaration_word(kind: StatementKind) -> Option<&'static str> {
    match kind {
        StatementKind::Declaration { what, .. } => match what {
            Declared::Ef => Some("CreateEf"),
            Declared::Pin => Some("CreatePin"),
            Declared::Key => Some("CreateKey"),
            Declared::Df => None,
        },
        _ => None,
    }
}

fn attribute_starts(tree: &CpfTree, kind: StatementKind) -> Vec<usize> {
    match kind {
        StatementKind::Declaration { attributes, .. } => {
            let attributes = tree.attributes(attributes).iter();
            attributes.map(|it| it.name.start as usize).collect()
        }
        _ => Vec::new(),
    }
}

struct Setter<'a, 't> {
    text: &'t str,
    spellings: Vec<(u32, &'static str)>,
    /// How many of the spellings have been used.
    respelt: usize,
    /// Where attributes start in the text.
    starts: Vec<usize>,
    /// Where they start in the code.
    attributes: Vec<usize>,
    is_assignment: bool,
    statement_indent: usize,
    indent: usize,
    /// The row at work.
    code: String,
    /// Whether blanks stand behind the last piece.
    gap: bool,
    /// The comment at the end of the row at work.
    comment: Option<(usize, usize)>,
    /// Whether no row was completed yet.
    is_single: bool,
    rows: &'a mut Rows<'t>,
}

impl<'t> Setter<'_, 't> {
    fn piece(&mut self, lexeme: Lexeme, start: usize, end: usize) {
        let piece = &self.text[start..end];
        match lexeme {
            Lexeme::Blank => self.gap = true,
            Lexeme::Comment => self.comment = Some((start, end)),
            Lexeme::LineEnd => self.break_line(),
            Lexeme::Continuation => self.continue_line(start, piece),
            Lexeme::Bytes if piece.contains(['\n', '\r']) => self.block(start, piece),
            _ => self.ink(start, piece),
        }
    }

    /// A piece that is neither white space nor a comment.
    fn ink(&mut self, start: usize, piece: &'t str) {
        if self.wants_blank(piece) {
            self.code.push(' ');
        }
        if self.starts.get(self.attributes.len()) == Some(&start) {
            self.attributes.push(self.code.len());
        }
        let spelling = self.spellings.get(self.respelt);
        match spelling.filter(|(place, _)| *place as usize == start) {
            Some((_, spelling)) => {
                self.code.push_str(spelling);
                self.respelt += 1;
            }
            None => self.code.push_str(piece),
        }
        self.gap = false;
    }

    /// Whether a blank stands before the next piece of a row.
    fn wants_blank(&self, next: &str) -> bool {
        let Some(last) = self.code.as_bytes().last() else {
            return false;
        };
        match (last, next) {
            (b'=', _) | (_, "=") => self.is_assignment,
            (b'+' | b',', _) | (_, "+") => true,
            (b'|' | b'&' | b'(', _) | (_, "|" | "&" | "(" | ")" | ",") => false,
            _ => self.gap,
        }
    }

    /// A line that ends inside parentheses.
    fn break_line(&mut self) {
        if self.code.is_empty() && self.comment.is_none() {
            self.is_single = false;
            self.rows.blank();
        } else {
            self.complete();
        }
    }

    fn continue_line(&mut self, start: usize, piece: &'t str) {
        if !self.code.is_empty() {
            self.code.push(' ');
        }
        self.code.push('\\');
        if let Some(at) = piece.find(';') {
            let comment = piece[at..].trim_end_matches(['\n', '\r']);
            self.comment = Some((start + at, start + at + comment.len()));
        }
        self.complete();
    }

    /// Hex data over several lines.
    fn block(&mut self, start: usize, piece: &'t str) {
        if self.wants_blank(piece) {
            self.code.push(' ');
        }
        let block = hex::Block::read(self.text, start, piece, self.statement_indent);
        self.code.push_str(block.opening);
        self.comment = block.comment;
        self.complete();
        (self.indent, self.code) = block.set(self.statement_indent, self.rows);
        self.gap = false;
    }

    /// Completes the row at work; the next one continues the statement.
    fn complete(&mut self) {
        let group = self.rows.new_group();
        let comment = self.take_comment(group);
        let code = std::mem::take(&mut self.code);
        self.push(code, comment);
        self.indent = self.statement_indent + STEP;
        self.gap = false;
        self.is_single = false;
    }

    fn push(&mut self, code: String, comment: Option<Comment<'t>>) {
        let line = match (code.is_empty(), comment) {
            (true, Some(comment)) => Line::new(self.indent, comment.text.to_owned(), None),
            _ => Line::new(self.indent, code, comment),
        };
        self.rows.push(line);
    }

    fn take_comment(&mut self, group: u32) -> Option<Comment<'t>> {
        let (start, end) = self.comment.take()?;
        let line_start = self.text[..start]
            .rfind(['\n', '\r'])
            .map_or(0, |at| at + 1);
        Some(Comment {
            text: trimmed(&self.text[start..end]),
            group,
            seen: column_of(&self.text[line_start..start], start - line_start),
            wanted: None,
        })
    }

    /// The last row, which alone may be aligned with its neighbours.
    fn finish(mut self, declaration: Option<&'static str>, comment: Option<Span>) {
        self.comment = comment.map(|span| (span.start as usize, span.end as usize));
        match declaration {
            Some(word) if self.is_single => {
                let attributes = std::mem::take(&mut self.attributes);
                self.rows.declare(word, self.indent, attributes);
            }
            _ => self.rows.end_run(),
        }
        let group = match self.rows.comment_above() {
            Some(above) if self.is_single && above.wanted.is_none() => above.group,
            _ => self.rows.new_group(),
        };
        let comment = self.take_comment(group);
        let code = std::mem::take(&mut self.code);
        debug_assert_eq!(code.trim_matches(BLANKS), code);
        self.push(code, comment);
    }
}
