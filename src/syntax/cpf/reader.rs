//! Walks what the grammar found and builds the tree.
//!
//! The grammar reads each statement as far as it fits. Here a missing part becomes one defect at the
//! first token that does not fit; further ones in the same statement are not told.

use pest::Parser;
use pest::iterators::{Pair, Pairs};

use super::blocks::Blocks;
use super::chunk::{Chunk, chunks};
use super::grammar::{Grammar, Rule};
use super::lexeme::{Lexeme, comment_in_continuation, is_word, lexemes, run};
use super::literal::{HexPiece, hex_pieces, is_closed_string, number, place};
use super::words::{Word, file_mode, nearest_file_mode};
use super::{
    Attribute, CpfTree, Declared, Defect, DefectKind, EndWord, Expected, Expr, FileMode, Operator,
    Range32, Statement, StatementId, StatementKind, Term, TermKind,
};
use crate::source::Span;

/// Reads a card profile. Every text gives a tree; what does not fit is a defect of it.
#[must_use]
pub fn parse(text: &str) -> CpfTree {
    let mut reader = Reader::new(text);
    for chunk in chunks(text) {
        reader.chunk(chunk);
    }
    reader.finish()
}

type Part<'t> = Pair<'t, Rule>;
type Parts<'t> = Pairs<'t, Rule>;

struct Reader<'t> {
    text: &'t str,
    tree: CpfTree,
    blocks: Blocks,
    /// Offset in the text of what the grammar reads.
    base: usize,
    /// Offset behind what the grammar reads.
    limit: usize,
    /// End of the last token of the statement.
    last: u32,
    /// Whether the statement has its one finding.
    faulty: bool,
    /// Terms and arguments whose expression or call is not complete yet.
    terms: Vec<Term>,
    arguments: Vec<Expr>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            tree: CpfTree::default(),
            blocks: Blocks::default(),
            base: 0,
            limit: 0,
            last: 0,
            faulty: false,
            terms: Vec::new(),
            arguments: Vec::new(),
        }
    }

    fn finish(mut self) -> CpfTree {
        self.blocks
            .finish(&mut self.tree, place(0, self.text.len()).end);
        self.tree.defects.sort_by_key(|defect| defect.span.start);
        self.tree
    }

    fn chunk(&mut self, chunk: Chunk) {
        let first_defect = self.tree.defects.len();
        let end = chunk.too_deep.unwrap_or(chunk.end);
        let Some(parts) = self.read(Rule::chunk, chunk.start, end) else {
            return self.unread(place(chunk.start, chunk.end));
        };
        for part in parts {
            match part.as_rule() {
                Rule::comment => self.comment(&part),
                Rule::EOI => {}
                _ => self.statement(part),
            }
        }
        if let Some(parenthesis) = chunk.too_deep {
            self.too_deep(parenthesis, chunk.end, first_defect);
        }
    }

    /// What the grammar finds in a part of the text. It accepts everything; only a thread with
    /// hardly any stack makes it give up.
    fn read(&mut self, rule: Rule, start: usize, end: usize) -> Option<Parts<'t>> {
        self.base = start;
        self.limit = end;
        Grammar::parse(rule, &self.text[start..end]).ok()
    }

    /// Lines that the grammar gave up on count as one unknown statement.
    fn unread(&mut self, lines: Span) {
        self.last = lines.start;
        let word = self.next_token(true);
        self.defect(word, DefectKind::TooDeep, self.tree.next_statement());
        self.skip(lines);
        let statement = Statement {
            span: Span::new(word.start, self.last),
            word,
            block: None,
            kind: StatementKind::Unknown,
        };
        self.blocks.place(self.text, &mut self.tree, statement);
    }

    /// The last statement goes on with calls that lie too deep inside each other.
    fn too_deep(&mut self, parenthesis: usize, end: usize, first_defect: usize) {
        let Some(id) = self.tree.last_statement() else {
            return;
        };
        let earlier = self.tree.defects.split_off(first_defect);
        self.tree
            .defects
            .extend(earlier.into_iter().filter(|defect| {
                defect.statement != Some(id)
                    || !matches!(defect.kind, DefectKind::Unexpected { .. })
            }));
        self.defect(place(parenthesis, parenthesis + 1), DefectKind::TooDeep, id);
        self.skip(place(parenthesis, end));
        if let Some(statement) = self.tree.statements.last_mut() {
            statement.span.end = self.last;
        }
    }

    fn statement(&mut self, part: Part<'t>) {
        self.faulty = false;
        let whole = self.span(&part);
        let (word, kind) = match part.as_rule() {
            Rule::surplus => (self.unknown(whole), StatementKind::Unknown),
            Rule::named => self.named(part, whole),
            _ => self.known(part),
        };
        let statement = Statement {
            span: Span::new(whole.start, self.last),
            word,
            block: None,
            kind,
        };
        self.blocks.place(self.text, &mut self.tree, statement);
    }

    /// A statement that begins with its word.
    fn known(&mut self, part: Part<'t>) -> (Span, StatementKind) {
        let word = self.first_word(&part);
        let kind = match Word::of(word.of(self.text)) {
            Some(known) => self.follow(known, part.into_inner()),
            None => StatementKind::Unknown,
        };
        (word, kind)
    }

    /// The word that a statement or a reference begins with.
    fn first_word(&mut self, part: &Part<'t>) -> Span {
        let start = self.span(part).start;
        let length = run(part.as_str().as_bytes(), 0, is_word);
        let word = Span::new(start, start + place(0, length).end);
        self.last = word.end;
        word
    }

    /// What follows a statement word.
    fn follow(&mut self, word: Word, parts: Parts<'t>) -> StatementKind {
        match word {
            Word::Declaration(what) => self.declaration(what, parts),
            Word::End(word) => self.end(word, parts),
            Word::File => self.file(parts),
            Word::MasterFile => StatementKind::MasterFile {
                attributes: self.attributes(parts),
                end: None,
            },
            Word::CardModel => self.card_model(parts),
            Word::Data => self.data_without_equals(parts),
        }
    }

    fn declaration(&mut self, what: Declared, mut parts: Parts<'t>) -> StatementKind {
        let named = parts.clone().find(|part| part.as_rule() != Rule::comment);
        let name = match named {
            Some(part) if part.as_rule() == Rule::name => {
                for part in parts.by_ref() {
                    if part.as_rule() == Rule::name {
                        break;
                    }
                    self.comment(&part);
                }
                Some(self.token(&part))
            }
            _ => {
                self.missing(Expected::Name);
                None
            }
        };
        StatementKind::Declaration {
            what,
            name,
            attributes: self.attributes(parts),
            end: None,
        }
    }

    fn attributes(&mut self, mut parts: Parts<'t>) -> Range32 {
        let start = self.tree.attributes.len();
        while let Some(part) = self.next(&mut parts) {
            match part.as_rule() {
                Rule::attribute => {
                    let attribute = self.attribute(part.into_inner());
                    self.tree.attributes.push(attribute);
                }
                _ => self.surplus(&part, Expected::Attribute),
            }
        }
        range(start, self.tree.attributes.len())
    }

    fn attribute(&mut self, mut parts: Parts<'t>) -> Attribute {
        let name = self
            .next(&mut parts)
            .map(|part| self.token(&part))
            .unwrap_or_default();
        let value = if self.takes("=") {
            self.expression(parts)
        } else {
            self.missing(Expected::Equals);
            Expr::default()
        };
        Attribute { name, value }
    }

    fn end(&mut self, word: EndWord, parts: Parts<'t>) -> StatementKind {
        self.end_of_statement(parts);
        StatementKind::End { word, closes: None }
    }

    fn file(&mut self, mut parts: Parts<'t>) -> StatementKind {
        let mut names = [None; 2];
        let mut named = 0;
        let mut surplus = None;
        while let Some(part) = self.next(&mut parts) {
            match part.as_rule() {
                Rule::name => {
                    names[named] = Some(self.token(&part));
                    named += 1;
                }
                _ => surplus = Some(part),
            }
        }
        let (mode, name) = self.mode_and_name(names);
        if let Some(part) = surplus {
            self.surplus(&part, Expected::EndOfLine);
        }
        StatementKind::File {
            mode,
            name,
            end: None,
        }
    }

    /// The two words of a `File` statement; a lone word that is no mode is the name.
    fn mode_and_name(
        &mut self,
        words: [Option<Span>; 2],
    ) -> (Option<(FileMode, Span)>, Option<Span>) {
        let [Some(first), second] = words else {
            self.missing(Expected::FileMode);
            return (None, None);
        };
        let expected = Expected::FileMode;
        match (file_mode(first.of(self.text)), second) {
            (Some(mode), Some(name)) => (Some((mode, first)), Some(name)),
            (Some(mode), None) => {
                self.missing(Expected::Name);
                (Some((mode, first)), None)
            }
            (None, Some(name)) => {
                self.fault(first, DefectKind::Unexpected { expected });
                let mode = nearest_file_mode(first.of(self.text));
                (mode.map(|mode| (mode, first)), Some(name))
            }
            (None, None) => {
                self.fault(first, DefectKind::Unexpected { expected });
                (None, Some(first))
            }
        }
    }

    fn card_model(&mut self, mut parts: Parts<'t>) -> StatementKind {
        let expected = Expected::Value;
        let mut value = None;
        let mut surplus = None;
        let equals = self.next_token(false);
        if self.takes("=") {
            self.unexpected(equals, expected);
        }
        while let Some(part) = self.next(&mut parts) {
            match part.as_rule() {
                Rule::surplus => surplus = Some(part),
                _ => {
                    let term = self.term(part, Operator::None);
                    if !matches!(term.kind, TermKind::String | TermKind::Name) {
                        self.fault(term.span, DefectKind::Unexpected { expected });
                    }
                    value = Some(self.single(term));
                }
            }
        }
        if value.is_none() {
            self.missing(expected);
        }
        if let Some(part) = surplus {
            self.surplus(&part, Expected::EndOfLine);
        }
        StatementKind::CardModel { value }
    }

    /// `data` with no `=` behind it.
    fn data_without_equals(&mut self, parts: Parts<'t>) -> StatementKind {
        self.missing(Expected::Equals);
        StatementKind::Data {
            value: self.value(parts),
        }
    }

    /// A statement that begins with a name: an assignment, a call, or a misspelt word.
    fn named(&mut self, part: Part<'t>, whole: Span) -> (Span, StatementKind) {
        let name = self.first_word(&part);
        let parts = part.into_inner();
        let kind = if self.takes("=") {
            self.assignment(name, parts)
        } else if self.takes("(") {
            self.call(name, parts)
        } else {
            self.misspelt(name, whole)
        };
        (name, kind)
    }

    fn assignment(&mut self, name: Span, parts: Parts<'t>) -> StatementKind {
        let value = self.value(parts);
        let is_data = Word::of(name.of(self.text)) == Some(Word::Data);
        if is_data && self.blocks.in_file() {
            StatementKind::Data { value }
        } else {
            StatementKind::Assignment { value }
        }
    }

    fn value(&mut self, parts: Parts<'t>) -> Option<Expr> {
        let value = self.expression(parts);
        (value.terms != Range32::default()).then_some(value)
    }

    fn call(&mut self, name: Span, mut parts: Parts<'t>) -> StatementKind {
        let arguments = self.call_arguments(&mut parts);
        let term = Term {
            span: Span::new(name.start, self.last),
            operator: Operator::None,
            kind: TermKind::Call { name, arguments },
        };
        self.end_of_statement(parts);
        StatementKind::Call {
            term: self.single(term).terms.start,
        }
    }

    /// A word that starts no statement. It counts as the statement word it is near to, and what
    /// follows is read again as that.
    fn misspelt(&mut self, name: Span, whole: Span) -> StatementKind {
        let spelt = name.of(self.text);
        let word = Word::of(spelt);
        let nearest = word.map_or_else(|| Word::nearest(spelt), |word| Some(("data", word)));
        if word.is_none() {
            let nearest = nearest.map(|(nearest, _)| nearest);
            self.fault(name, DefectKind::UnknownStatement { nearest });
        }
        let Some((_, word)) = nearest else {
            self.skip(Span::new(name.end, whole.end));
            return StatementKind::Unknown;
        };
        let rule = match word {
            Word::Declaration(_) => Rule::declared,
            Word::End(_) => Rule::ended,
            Word::File => Rule::filed,
            Word::MasterFile => Rule::rooted,
            Word::CardModel => Rule::modelled,
            Word::Data => Rule::valued,
        };
        let (base, limit) = (self.base, self.limit);
        let kind = match self.read(rule, name.end as usize, whole.end as usize) {
            Some(parts) => self.follow(word, parts),
            None => StatementKind::Unknown,
        };
        (self.base, self.limit) = (base, limit);
        kind
    }

    /// A line that begins with no word; its first token counts as the word.
    fn unknown(&mut self, whole: Span) -> Span {
        self.last = whole.start;
        let word = self.next_token(false);
        self.fault(word, DefectKind::UnknownStatement { nearest: None });
        self.skip(whole);
        word
    }

    /// Terms and what joins them, up to the end of `parts`; something left over is a defect.
    fn expression(&mut self, mut parts: Parts<'t>) -> Expr {
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
        let (start, end) = match &self.terms[first..] {
            [] => return Expr::default(),
            [only] => (only.span, only.span),
            [start, .., end] => (start.span, end.span),
        };
        let terms = self.tree.terms.len();
        self.tree.terms.extend_from_slice(&self.terms[first..]);
        self.terms.truncate(first);
        Expr {
            span: start.cover(end),
            terms: range(terms, self.tree.terms.len()),
        }
    }

    /// An expression of one term.
    fn single(&mut self, term: Term) -> Expr {
        self.terms.push(term);
        self.complete(self.terms.len() - 1)
    }

    fn term(&mut self, part: Part<'t>, operator: Operator) -> Term {
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
        let value = number(part.as_str());
        if value.is_none() {
            self.fault(span, DefectKind::MalformedNumber);
        }
        (span, TermKind::Number(value.unwrap_or(0)))
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

    fn reference(&mut self, part: Part<'t>) -> (Span, TermKind) {
        let mut span = self.span(&part);
        let name = self.first_word(&part);
        if name == span {
            return (name, TermKind::Name);
        }
        self.takes("(");
        let arguments = self.call_arguments(&mut part.into_inner());
        span.end = self.last;
        (span, TermKind::Call { name, arguments })
    }

    /// What follows the `(` of a call, up to its `)`; what follows that stays in `parts`.
    fn call_arguments(&mut self, parts: &mut Parts<'t>) -> Range32 {
        let first = self.arguments.len();
        let mut closed = false;
        let mut awaited = false;
        let mut had = false;
        while !closed && let Some(part) = self.next(parts) {
            let span = self.span(&part);
            match part.as_rule() {
                Rule::argument => {
                    let argument = self.expression(part.into_inner());
                    self.arguments.push(argument);
                    had = true;
                    awaited = false;
                }
                Rule::surplus => self.surplus(&part, next_expected(awaited)),
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

    fn end_of_statement(&mut self, mut parts: Parts<'t>) {
        while let Some(part) = self.next(&mut parts) {
            self.surplus(&part, Expected::EndOfLine);
        }
    }

    fn surplus(&mut self, part: &Part<'t>, expected: Expected) {
        if !self.faulty {
            let span = self.next_token(true);
            self.unexpected(span, expected);
        }
        self.skip(self.span(part));
    }

    /// Passes over text that fits nowhere, keeping its comments.
    fn skip(&mut self, span: Span) {
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

    /// The next part that is no comment; comments on the way are kept.
    fn next(&mut self, parts: &mut Parts<'t>) -> Option<Part<'t>> {
        loop {
            let part = parts.next()?;
            if part.as_rule() != Rule::comment {
                return Some(part);
            }
            self.comment(&part);
        }
    }

    fn comment(&mut self, part: &Part<'t>) {
        let span = self.span(part);
        self.tree.comments.push(span);
    }

    fn span(&self, part: &Part<'t>) -> Span {
        let span = part.as_span();
        place(self.base + span.start(), self.base + span.end())
    }

    /// The place of a token, which becomes the last one of its statement.
    fn token(&mut self, part: &Part<'t>) -> Span {
        let span = self.span(part);
        self.last = span.end;
        span
    }

    /// The span without blanks and line ends behind it, which an unclosed literal takes along.
    fn visible(&self, span: Span) -> Span {
        let length = span.of(self.text).trim_ascii_end().len();
        Span::new(span.start, span.start + place(0, length).end)
    }

    /// The token behind the last one (`0x{` of hex data), or the empty place behind that when the statement ends there.
    fn next_token(&self, over_lines: bool) -> Span {
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
    fn takes(&mut self, punctuation: &str) -> bool {
        let token = self.next_token(false);
        let taken = token.of(self.text) == punctuation;
        if taken {
            self.last = token.end;
        }
        taken
    }

    fn missing(&mut self, expected: Expected) {
        if !self.faulty {
            let span = self.next_token(false);
            self.unexpected(span, expected);
        }
    }

    fn unexpected(&mut self, span: Span, expected: Expected) {
        self.fault(span, DefectKind::Unexpected { expected });
    }

    /// The one finding on the form of a statement.
    fn fault(&mut self, span: Span, kind: DefectKind) {
        if !self.faulty {
            self.faulty = true;
            let id = self.tree.next_statement();
            self.defect(span, kind, id);
        }
    }

    fn defect(&mut self, span: Span, kind: DefectKind, id: StatementId) {
        self.tree.defects.push(Defect {
            span,
            statement: Some(id),
            kind,
        });
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

fn range(start: usize, end: usize) -> Range32 {
    let Span { start, end } = place(start, end);
    Range32 { start, end }
}
