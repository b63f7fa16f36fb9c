//! Steps over what the grammar found: the next part, the place of the last token, comments on the
//! way, and the one finding on the form of a statement.

use pest::iterators::Pair;

use super::super::grammar::Rule;
use super::super::lexeme::{Lexeme, comment_in_continuation, lexemes};
use super::super::literal::{HexPiece, hex_pieces, place};
use super::super::{Defect, DefectKind, Expected, StatementId};
use super::{Part, Parts, Reader};
use crate::source::Span;

impl<'t> Reader<'t> {
    pub(super) fn end_of_statement(&mut self, mut parts: Parts<'t>) {
        while let Some(part) = self.next(&mut parts) {
            self.surplus(&part, Expected::EndOfLine);
        }
    }

    pub(super) fn surplus(&mut self, part: &Part<'t>, expected: Expected) {
        if !self.faulty {
            let span = self.next_token(true);
            self.unexpected(span, expected);
        }
        self.skip(self.span(part));
    }

    /// Passes over text that fits nowhere, keeping its comments.
    pub(super) fn skip(&mut self, span: Span) {
        for (lexeme, start, end) in lexemes(self.text, span.start as usize, span.end as usize) {
            match lexeme {
                Lexeme::Blank | Lexeme::LineEnd => {}
                Lexeme::Comment => self.tree.comments.push(place(start, end)),
                Lexeme::Continuation => {
                    let comment = comment_in_continuation(self.text, start, end);
                    self.tree
                        .comments
                        .extend(comment.map(|(start, end)| place(start, end)));
                }
                Lexeme::Bytes => {
                    let pieces = hex_pieces(self.text, place(start, end));
                    self.tree
                        .comments
                        .extend(pieces.filter_map(|piece| match piece {
                            HexPiece::Comment(comment) => Some(comment),
                            _ => None,
                        }));
                    self.last = self.visible(place(start, end)).end;
                }
                _ => self.last = self.visible(place(start, end)).end,
            }
        }
    }

    /// What the next of `parts` holds.
    pub(super) fn inside(&mut self, parts: &mut Parts<'t>) -> Parts<'t> {
        self.next(parts)
            .map_or_else(|| parts.clone(), Pair::into_inner)
    }

    /// The next part that is no comment; comments on the way are kept.
    pub(super) fn next(&mut self, parts: &mut Parts<'t>) -> Option<Part<'t>> {
        loop {
            let part = parts.next()?;
            if part.as_rule() != Rule::comment {
                return Some(part);
            }
            self.comment(&part);
        }
    }

    /// Keeps the comments of `parts`, which holds nothing else.
    pub(super) fn pass_comments(&mut self, mut parts: Parts<'t>) {
        while self.next(&mut parts).is_some() {}
    }

    pub(super) fn comment(&mut self, part: &Part<'t>) {
        let span = self.span(part);
        self.tree.comments.push(span);
    }

    pub(super) fn span(&self, part: &Part<'t>) -> Span {
        let span = part.as_span();
        place(self.base + span.start(), self.base + span.end())
    }

    /// The place of a token, which becomes the last one of its statement.
    pub(super) fn token(&mut self, part: &Part<'t>) -> Span {
        let span = self.span(part);
        self.last = span.end;
        span
    }

    /// The span without blanks and line ends behind it, which an unclosed literal takes along.
    pub(super) fn visible(&self, span: Span) -> Span {
        let length = span.of(self.text).trim_ascii_end().len();
        Span::new(span.start, span.start + place(0, length).end)
    }

    /// The token behind the last one (`0x{` of hex data), or the empty place behind that when the statement ends there.
    pub(super) fn next_token(&self, over_lines: bool) -> Span {
        for (lexeme, start, end) in lexemes(self.text, self.last as usize, self.limit) {
            match lexeme {
                Lexeme::Blank | Lexeme::Continuation => {}
                Lexeme::LineEnd | Lexeme::Comment if over_lines => {}
                Lexeme::LineEnd | Lexeme::Comment => break,
                Lexeme::Bytes => return place(start, start + "0x{".len()),
                _ => return self.visible(place(start, end)),
            }
        }
        Span::empty(self.last)
    }

    /// Whether the next token is `punctuation`; then it becomes the last one.
    pub(super) fn takes(&mut self, punctuation: &str) -> bool {
        let token = self.next_token(false);
        let taken = token.of(self.text) == punctuation;
        if taken {
            self.last = token.end;
        }
        taken
    }

    pub(super) fn missing(&mut self, expected: Expected) {
        if !self.faulty {
            let span = self.next_token(false);
            self.unexpected(span, expected);
        }
    }

    pub(super) fn unexpected(&mut self, span: Span, expected: Expected) {
        self.fault(span, DefectKind::Unexpected { expected });
    }

    /// The one finding on the form of a statement.
    pub(super) fn fault(&mut self, span: Span, kind: DefectKind) {
        if !self.faulty {
            self.faulty = true;
            let id = self.tree.next_statement();
            self.defect(span, kind, id);
        }
    }

    pub(super) fn defect(&mut self, span: Span, kind: DefectKind, id: StatementId) {
        self.tree.defects.push(Defect {
            span,
            statement: Some(id),
            kind,
        });
    }
}
