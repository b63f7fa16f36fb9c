//! Walks what the grammar found and builds the tree.
//!
//! The grammar reads each statement as far as it fits. Here a missing part becomes one defect at the
//! first token that does not fit; further ones in the same statement are not told.

mod expression;
mod tokens;

use pest::Parser;
use pest::iterators::{Pair, Pairs};

use super::blocks::Blocks;
use super::chunk::{Chunk, chunks};
use super::grammar::{Grammar, Rule};
use super::lexeme::{is_word, run};
use super::literal::place;
use super::words::{StatementWord, file_mode, nearest_file_mode};
use super::{
    Attribute, CpfTree, Declared, Defect, DefectKind, EndWord, Expected, Expr, FileMode, Operator,
    Range32, Statement, StatementKind, Term, TermKind, Token,
};
use crate::source::Span;

/// Reads a card profile. Every text gives a tree; what does not fit is a defect of it.
#[must_use]
pub fn parse(text: &str) -> CpfTree {
    let mut reader = Reader::new(text);
    for chunk in chunks(text) {
        reader.chunk(chunk);
        reader.tree.make_room(chunk.end, text.len() - chunk.end);
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
        self.blocks.finish(&mut self.tree);
        let place = |defect: &Defect| defect.span.start;
        // Sorting would need room for a copy; only blocks bring findings out of order.
        if !self.tree.defects.is_sorted_by_key(place) {
            self.tree.defects.sort_by_key(place);
        }
        self.tree
    }

    fn chunk(&mut self, chunk: Chunk) {
        let first_defect = self.tree.defects.len();
        let end = chunk.too_deep.unwrap_or(chunk.end);
        let Some(parts) = self.read(Rule::chunk, chunk.start, end) else {
            return self.unread(place(chunk.start, chunk.end));
        };
        for part in parts.flat_map(Pair::into_inner) {
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

    /// What the grammar finds in a part of the text. It accepts everything, but pest can be told, for
    /// a whole process, to give up after a number of steps.
    fn read(&mut self, rule: Rule, start: usize, end: usize) -> Option<Parts<'t>> {
        self.base = start;
        self.limit = end;
        Grammar::parse(rule, &self.text[start..end]).ok()
    }

    /// Lines that the grammar gave up on count as one unknown statement.
    fn unread(&mut self, lines: Span) {
        self.last = lines.start;
        let word = self.next_token(true);
        if word.is_empty() {
            return self.skip(lines);
        }
        self.defect(word, DefectKind::TooDeep, self.tree.next_statement());
        self.skip(lines);
        let statement = Statement {
            span: Span::new(word.start, self.last),
            word_end: word.end,
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
            word_end: word.end,
            block: None,
            kind,
        };
        self.blocks.place(self.text, &mut self.tree, statement);
    }

    /// A statement that begins with its word.
    fn known(&mut self, part: Part<'t>) -> (Span, StatementKind) {
        let word = self.first_word(&part);
        let kind = match StatementWord::of(word.of(self.text)) {
            Some(known) => {
                let behind = self.inside(&mut part.into_inner());
                self.follow(known, behind)
            }
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
    fn follow(&mut self, word: StatementWord, parts: Parts<'t>) -> StatementKind {
        match word {
            StatementWord::Declaration(what) => self.declaration(what, parts),
            StatementWord::End(word) => self.end(word, parts),
            StatementWord::File => self.file(parts),
            StatementWord::MasterFile => StatementKind::MasterFile {
                attributes: self.attributes(parts),
                end: None,
            },
            StatementWord::CardModel => self.card_model(parts),
            StatementWord::Data => self.data_without_equals(parts),
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
                Token::at(self.token(&part))
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
            self.pass_comments(parts);
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
        let (mode, mode_word, name) = self.mode_and_name(names);
        if let Some(part) = surplus {
            self.surplus(&part, Expected::EndOfLine);
        }
        StatementKind::File {
            mode,
            mode_word: mode_word.and_then(Token::at),
            name: name.and_then(Token::at),
            end: None,
        }
    }

    /// What the two words of a `File` statement are: the mode and its word, and the name. A lone word
    /// that is no mode is the name.
    fn mode_and_name(
        &mut self,
        words: [Option<Span>; 2],
    ) -> (Option<FileMode>, Option<Span>, Option<Span>) {
        let [Some(first), second] = words else {
            self.missing(Expected::FileMode);
            return (None, None, None);
        };
        let mode = file_mode(first.of(self.text));
        if mode.is_none() {
            let expected = Expected::FileMode;
            self.fault(first, DefectKind::Unexpected { expected });
            if second.is_none() {
                return (None, None, Some(first));
            }
        } else if second.is_none() {
            self.missing(Expected::Name);
        }
        let mode = mode.or_else(|| nearest_file_mode(first.of(self.text)));
        (mode, Some(first), second)
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
        let mut parts = part.into_inner();
        let kind = if self.takes("=") {
            let value = self.inside(&mut parts);
            self.assignment(name, value)
        } else if self.takes("(") {
            self.call(name, parts)
        } else {
            self.misspelt(name, whole)
        };
        (name, kind)
    }

    fn assignment(&mut self, name: Span, parts: Parts<'t>) -> StatementKind {
        let value = self.value(parts);
        let is_data = StatementWord::of(name.of(self.text)) == Some(StatementWord::Data);
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
        let arguments = self.inside(&mut parts);
        let arguments = self.call_arguments(arguments);
        let behind = self.inside(&mut parts);
        let term = Term {
            span: Span::new(name.start, self.last),
            operator: Operator::None,
            kind: TermKind::Call { arguments },
        };
        self.end_of_statement(behind);
        StatementKind::Call {
            term: self.single(term).terms.start,
        }
    }

    /// A word that starts no statement. It counts as the statement word it is near to, and what
    /// follows is read again as that.
    fn misspelt(&mut self, name: Span, whole: Span) -> StatementKind {
        let spelt = name.of(self.text);
        let word = StatementWord::of(spelt);
        let nearest = word.or_else(|| StatementWord::nearest(spelt));
        if word.is_none() {
            self.fault(name, DefectKind::UnknownStatement { nearest });
        }
        let Some(word) = nearest else {
            self.skip(Span::new(name.end, whole.end));
            return StatementKind::Unknown;
        };
        let rule = match word {
            StatementWord::Declaration(_) => Rule::declared,
            StatementWord::End(_) => Rule::ended,
            StatementWord::File => Rule::filed,
            StatementWord::MasterFile => Rule::rooted,
            StatementWord::CardModel => Rule::modelled,
            StatementWord::Data => Rule::valued,
        };
        let (base, limit) = (self.base, self.limit);
        let kind = match self.read(rule, name.end as usize, whole.end as usize) {
            Some(mut parts) => {
                let end = self.base + parts.as_str().len();
                let behind = self.inside(&mut parts);
                let kind = self.follow(word, behind);
                // Read again, the statement can end earlier, with a comment behind it.
                self.skip(place(end, whole.end as usize));
                kind
            }
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
}

fn range(start: usize, end: usize) -> Range32 {
    let Span { start, end } = place(start, end);
    Range32 { start, end }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the grammar gives up, its lines are one statement, and what stands behind keeps its place.
    #[test]
    fn unread_lines_hide_nothing() {
        let unread = "\n; first\n  A = 0x{ 41 ; inside\n42 } \\ ; joined\nB F(\n";
        let text = format!("{unread}C = 1 ; behind\n");
        let mut reader = Reader::new(&text);
        (reader.base, reader.limit) = (0, unread.len());
        reader.unread(place(0, unread.len()));
        reader.chunk(Chunk {
            start: unread.len(),
            end: text.len(),
            too_deep: None,
        });
        let tree = reader.finish();
        let statements = tree.statements.iter();
        let texts: Vec<&str> = statements
            .map(|statement| statement.span.of(&text))
            .collect();
        assert_eq!(texts, [unread[11..].trim_ascii_end(), "C = 1"]);
        let comments: Vec<&str> = tree.comments.iter().map(|span| span.of(&text)).collect();
        assert_eq!(comments, ["; first", "; inside", "; joined", "; behind"]);
        assert_eq!(tree.defects.len(), 1);
    }

    #[test]
    fn a_statement_read_again_keeps_the_comment_behind_it() {
        let tree = parse("data\\\nCreateFiles(); note");
        let spans: Vec<_> = tree.statements.iter().map(|it| it.span).collect();
        assert_eq!(spans, [Span::new(0, 19)]);
        assert_eq!(tree.comments, [Span::new(19, 25)]);
    }

    #[test]
    fn unread_comments_are_no_statement() {
        let text = "; only\n\n ; comments";
        let mut reader = Reader::new(text);
        reader.limit = text.len();
        reader.unread(place(0, text.len()));
        let tree = reader.finish();
        assert_eq!((tree.statements.len(), tree.comments.len()), (0, 2));
        assert_eq!(tree.defects, []);
    }
}
