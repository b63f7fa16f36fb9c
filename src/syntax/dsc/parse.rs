//! From the lines that the grammar tells apart to the tree: splits and trims names and values, counts
//! lines into sections, says what did not fit.

use pest::Parser;
use pest::iterators::{Pair, Pairs};

use super::grammar::{DscGrammar, Rule};
use super::portion::portions;
use super::{Defect, DefectKind, DscTree, Line, LineKind, Section};
use crate::source::Span;

/// Reads an encoding description. Every text has a tree; what does not fit the grammar is kept in
/// place and listed in [`DscTree::defects`], at most one a line.
///
/// Takes time proportional to the text. Besides the tree it needs only the tokens of one portion.
#[must_use]
pub fn parse(text: &str) -> DscTree {
    let mut builder = Builder::new(text);
    for portion in portions(text) {
        match DscGrammar::parse(Rule::portion, portion) {
            Ok(portion) => builder.add_portion(portion),
            Err(_) => builder.add_unread(portion),
        }
        builder.at += offset(portion.len());
    }
    builder.tree
}

struct Builder<'t> {
    text: &'t str,
    /// Where the portion at work starts.
    at: u32,
    tree: DscTree,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        let tree = DscTree {
            lines: Vec::with_capacity(count_lines(text)),
            ..DscTree::default()
        };
        Self { text, at: 0, tree }
    }

    fn add_portion(&mut self, portion: Pairs<'_, Rule>) {
        for line in portion.flat_map(Pair::into_inner) {
            let place = line.as_span();
            let span = Span::new(offset(place.start()), offset(place.end())).shifted(self.at);
            let kind = self.line(line.as_rule(), span);
            self.add_line(Line { span, kind });
        }
    }

    /// The grammar accepts every text, but pest can be told, for a whole process, to give up after
    /// a number of steps. What it left unread are lines that do not fit.
    fn add_unread(&mut self, portion: &str) {
        let mut start = self.at;
        for length in line_lengths(portion) {
            let span = Span::new(start, start + offset(length));
            let kind = match self.trimmed(span) {
                text if text.is_empty() => LineKind::Blank,
                text => {
                    self.defect_of_text(text, DefectKind::MissingEquals);
                    LineKind::Junk { text }
                }
            };
            self.add_line(Line { span, kind });
            start = span.end;
        }
    }

    fn add_line(&mut self, line: Line) {
        let number = offset(self.tree.lines.len());
        let name = match line.kind {
            LineKind::Header { name } => Some(name),
            _ => None,
        };
        self.tree.lines.push(line);
        match self.tree.sections.last_mut() {
            Some(section) if name.is_none() => section.lines.end = number + 1,
            _ => self.tree.sections.push(Section {
                name,
                lines: number..number + 1,
            }),
        }
    }

    fn line(&mut self, rule: Rule, span: Span) -> LineKind {
        match rule {
            Rule::property => self.property(span),
            Rule::header => self.header(span),
            Rule::comment => LineKind::Comment,
            Rule::blank => LineKind::Blank,
            Rule::protected => LineKind::Protected,
            Rule::semicolon => LineKind::Semicolon,
            Rule::bare => self.bare(span),
            Rule::unclosed_header => self.unclosed_header(span),
            _ => self.missing_key(span),
        }
    }

    fn property(&mut self, line: Span) -> LineKind {
        let equals = self.position(b'=', line);
        if self.is_outside() {
            self.defect(self.trimmed(line), DefectKind::OutsideSection);
        }
        LineKind::Property {
            key: self.trimmed(Span::new(line.start, equals)),
            value: self.trimmed(Span::new(equals + 1, line.end)),
        }
    }

    fn header(&mut self, line: Span) -> LineKind {
        let (open, close) = (self.position(b'[', line), self.position(b']', line));
        let name = self.trimmed(Span::new(open + 1, close));
        let behind = self.trimmed(Span::new(close + 1, line.end));
        if name.is_empty() {
            self.defect(Span::new(open, close + 1), DefectKind::EmptyHeader);
        } else if !behind.is_empty() {
            self.defect(behind, DefectKind::TextBehindHeader);
        }
        LineKind::Header { name }
    }

    fn unclosed_header(&mut self, line: Span) -> LineKind {
        let open = self.position(b'[', line);
        self.defect(self.trimmed(line), DefectKind::UnclosedHeader);
        LineKind::Header {
            name: self.trimmed(Span::new(open + 1, line.end)),
        }
    }

    fn bare(&mut self, span: Span) -> LineKind {
        let text = self.trimmed(span);
        self.defect_of_text(text, DefectKind::MissingEquals);
        LineKind::Bare { text }
    }

    fn missing_key(&mut self, span: Span) -> LineKind {
        let text = self.trimmed(span);
        self.defect_of_text(text, DefectKind::MissingKey);
        LineKind::Junk { text }
    }

    /// A defect of a line that belongs into a section: before the first one, only that is said.
    fn defect_of_text(&mut self, text: Span, kind: DefectKind) {
        let kind = match self.is_outside() {
            true => DefectKind::OutsideSection,
            false => kind,
        };
        self.defect(text, kind);
    }

    fn defect(&mut self, span: Span, kind: DefectKind) {
        self.tree.defects.push(Defect { span, kind });
    }

    /// Whether no header was seen yet.
    fn is_outside(&self) -> bool {
        self.tree
            .sections
            .last()
            .is_none_or(|section| section.name.is_none())
    }

    /// Where `byte` first stands in a line that the grammar found it in.
    fn position(&self, byte: u8, line: Span) -> u32 {
        let length = memchr::memchr(byte, line.of(self.text).as_bytes());
        length.map_or(line.start, |length| line.start + offset(length))
    }

    /// Part of a line without blanks and the line end around; empty behind its blanks if nothing else
    /// is there.
    fn trimmed(&self, span: Span) -> Span {
        let bytes = span.of(self.text).as_bytes();
        let blanks = bytes.iter().take_while(|byte| is_blank(**byte));
        let start = blanks.count();
        let ink = bytes
            .iter()
            .rposition(|byte| !is_blank(*byte) && !ends_line(*byte));
        let end = ink.map_or(start, |last| last + 1);
        Span::new(offset(start), offset(end)).shifted(span.start)
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

const fn ends_line(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Number of lines of `text`, one more if it ends in a line end.
fn count_lines(text: &str) -> usize {
    line_ends(text.as_bytes()).count() + 1
}

/// The lengths of the lines of `text`, line ends included.
fn line_lengths(text: &str) -> impl Iterator<Item = usize> {
    let mut start = 0;
    let ends = line_ends(text.as_bytes()).chain([text.len()]);
    ends.map(move |end| end - std::mem::replace(&mut start, end))
        .filter(|length| *length > 0)
}

/// Where each LF, CRLF or CR of `bytes` ends.
fn line_ends(bytes: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memchr2_iter(b'\n', b'\r', bytes)
        .map(|at| at + 1)
        .filter(|end| bytes[end - 1] == b'\n' || bytes.get(*end) != Some(&b'\n'))
}

/// Texts are limited to what 32 bits can count (see [`Span`]).
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the grammar gives up, the lines behind still have their numbers.
    #[test]
    fn unread_lines_are_lines() {
        let text = "[A]\na=1\r\n b \r\n\n\rc";
        let mut builder = Builder::new(text);
        builder.add_portion(DscGrammar::parse(Rule::portion, &text[..4]).unwrap());
        builder.at = 4;
        builder.add_unread(&text[4..]);
        let tree = builder.tree;
        let read = parse(text);
        let spans = |tree: &DscTree| tree.lines.iter().map(|line| line.span).collect::<Vec<_>>();
        assert_eq!(spans(&tree), spans(&read));
        assert_eq!(tree.sections, read.sections);
        let places = tree.defects.iter().map(|defect| defect.span.of(text));
        assert_eq!(places.collect::<Vec<_>>(), ["a=1", "b", "c"]);
    }
}
