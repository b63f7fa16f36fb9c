//! Expressions: operands, what joins them, and the arguments of calls.

use super::super::grammar::Rule;
use super::super::literal::{HexPiece, hex_pieces, is_closed_string, number};
use super::super::{DefectKind, Expected, Expr, Operator, Range32, Term, TermKind};
use super::{Part, Parts, Reader, range};
use crate::source::Span;

impl<'t> Reader<'t> {
    /// Terms and what joins them, up to the end of `parts`; something left over is a defect.
    pub(super) fn expression(&mut self, mut parts: Parts<'t>) -> Expr {
        let first = self.terms.len();
        let mut operator = Operator::None;
        let mut awaited = true;
        while let Some(part) = self.next(&mut parts) {
            match part.as_rule() {
                Rule::plus | Rule::joint => {
                    if awaited {
                        let span = self.span(&part);
                        self.unexpected(span, Expected::Value);
                    }
                    operator = joins(part.as_str());
                    self.token(&part);
                    awaited = true;
                }
                Rule::surplus => {
                    let expected = if awaited {
                        Expected::Value
                    } else {
                        Expected::EndOfLine
                    };
                    self.surplus(&part, expected);
                    awaited = false;
                }
                _ => {
                    let term = self.term(part, operator);
                    self.terms.push(term);
                    awaited = false;
                }
            }
        }
        if awaited {
            self.missing(Expected::Value);
        }
        self.complete(first)
    }

    /// Moves the terms from `first` on into the tree, one behind the other.
    fn complete(&mut self, first: usize) -> Expr {
        if first == self.terms.len() {
            return Expr::default();
        }
        let terms = self.tree.terms.len();
        self.tree.terms.extend_from_slice(&self.terms[first..]);
        self.terms.truncate(first);
        Expr {
            terms: range(terms, self.tree.terms.len()),
        }
    }

    /// An expression of one term.
    pub(super) fn single(&mut self, term: Term) -> Expr {
        self.terms.push(term);
        self.complete(self.terms.len() - 1)
    }

    pub(super) fn term(&mut self, part: Part<'t>, operator: Operator) -> Term {
        let (span, kind) = match part.as_rule() {
            Rule::number => self.number(&part),
            Rule::string => self.string(&part),
            Rule::bytes => self.bytes(&part),
            Rule::placeholder => (self.token(&part), TermKind::Placeholder),
            Rule::compound => (self.token(&part), TermKind::Name),
            _ => self.reference(part),
        };
        Term {
            span,
            operator,
            kind,
        }
    }

    fn number(&mut self, part: &Part<'t>) -> (Span, TermKind) {
        let span = self.token(part);
        if number(part.as_str()).is_none() {
            self.fault(span, DefectKind::MalformedNumber);
        }
        (span, TermKind::Number)
    }

    fn string(&mut self, part: &Part<'t>) -> (Span, TermKind) {
        let mut span = self.span(part);
        if !is_closed_string(part.as_str()) {
            span = self.visible(span);
            let quote = Span::new(span.start, span.start + 1);
            self.fault(quote, DefectKind::UnterminatedString);
        }
        self.last = span.end;
        (span, TermKind::String)
    }

    /// Hex data. What is wrong inside is told only when it is closed: else it holds what was never
    /// meant to be in it.
    fn bytes(&mut self, part: &Part<'t>) -> (Span, TermKind) {
        let mut span = self.span(part);
        let id = self.tree.next_statement();
        let first_defect = self.tree.defects.len();
        let mut closed = false;
        self.last = span.start + 3;
        for piece in hex_pieces(self.text, span) {
            match piece {
                HexPiece::Digits(run) => self.last = run.end,
                HexPiece::Comment(comment) => self.tree.comments.push(comment),
                HexPiece::Close => closed = true,
                HexPiece::OddDigits(run) => {
                    self.last = run.end;
                    self.defect(run, DefectKind::OddDigits, id);
                }
                HexPiece::Foreign(run) => {
                    self.last = run.end;
                    self.defect(run, DefectKind::NotHexadecimal, id);
                }
            }
        }
        if !closed {
            self.tree.defects.truncate(first_defect);
            let opening = Span::new(span.start, span.start + 3);
            self.fault(opening, DefectKind::UnterminatedBytes);
            span.end = self.last;
        }
        self.last = span.end;
        (span, TermKind::Bytes)
    }

    /// A name or a call, with the gap behind it.
    fn reference(&mut self, part: Part<'t>) -> (Span, TermKind) {
        let name = self.first_word(&part);
        let mut parts = part.into_inner();
        let Some(arguments) = self.next(&mut parts) else {
            return (name, TermKind::Name);
        };
        self.takes("(");
        let arguments = self.call_arguments(arguments.into_inner());
        let span = Span::new(name.start, self.last);
        self.pass_comments(parts);
        (span, TermKind::Call { arguments })
    }

    /// What follows the `(` of a call, up to its `)`.
    pub(super) fn call_arguments(&mut self, mut parts: Parts<'t>) -> Range32 {
        let first = self.arguments.len();
        let mut closed = false;
        let mut awaited = false;
        let mut had = false;
        while let Some(part) = self.next(&mut parts) {
            let span = self.span(&part);
            match part.as_rule() {
                Rule::argument => {
                    let argument = self.expression(part.into_inner());
                    self.arguments.push(argument);
                    had = true;
                    awaited = false;
                }
                rule => {
                    let is_comma = rule == Rule::comma;
                    if awaited || (is_comma && !had) {
                        self.unexpected(span, Expected::Value);
                    }
                    self.last = span.end;
                    awaited = is_comma;
                    closed = !is_comma;
                }
            }
        }
        if !closed && !self.faulty {
            let span = self.next_token(true);
            self.unexpected(span, next_expected(awaited));
        }
        let start = self.tree.arguments.len();
        self.tree
            .arguments
            .extend_from_slice(&self.arguments[first..]);
        self.arguments.truncate(first);
        range(start, self.tree.arguments.len())
    }
}

/// What fits in a call where it ends too early.
fn next_expected(after_comma: bool) -> Expected {
    if after_comma {
        Expected::Value
    } else {
        Expected::CommaOrParenthesis
    }
}

fn joins(operator: &str) -> Operator {
    match operator {
        "+" => Operator::Plus,
        "|" => Operator::Or,
        "&" => Operator::And,
        _ => Operator::None,
    }
}
