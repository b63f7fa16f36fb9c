//! From the tokens of the grammar to the tree: trims names and values, counts lines into sections,
//! says what did not fit.

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
            Ok(lines) => builder.add_portion(lines),
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

    fn add_portion(&mut self, lines: Pairs<'_, Rule>) {
        for line in lines {
            let span = self.span(&line);
            let kind = self.line(line, span);
            self.add_line(Line { span, kind });
        }
    }

    /// The grammar accepts every text, but pest can be told, for a whole process, to give up after
    /// a number of steps. What it left unread is one line that does not fit.
    fn add_unread(&mut self, portion: &str) {
        let span = Span::new(0, offset(portion.len())).shifted(self.at);
        let text = self.trimmed(span);
        self.defect(text, DefectKind::MissingEquals);
        self.add_line(Line {
            span,
            kind: LineKind::Junk { text },
        });
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

    fn line(&mut self, line: Pair<'_, Rule>, span: Span) -> LineKind {
        match line.as_rule() {
            Rule::property => self.property(line.into_inner(), span),
            Rule::header => self.header(line.into_inner(), span),
            Rule::comment => LineKind::Comment,
            Rule::blank => LineKind::Blank,
            Rule::protected => LineKind::Protected,
            Rule::semicolon => LineKind::Semicolon,
            Rule::bare => self.bare(span),
            Rule::unclosed_header => self.unclosed_header(line.into_inner(), span),
            _ => self.missing_key(span),
        }
    }

    fn property(&mut self, mut parts: Pairs<'_, Rule>, span: Span) -> LineKind {
        let key = self.token(parts.next(), span);
        let value = self.token(parts.next(), span);
        if self.is_outside() {
            self.defect(self.trimmed(span), DefectKind::OutsideSection);
        }
        LineKind::Property { key, value }
    }

    fn header(&mut self, mut parts: Pairs<'_, Rule>, span: Span) -> LineKind {
        let name = self.token(parts.next(), span);
        if name.is_empty() {
            self.defect(self.brackets(span), DefectKind::EmptyHeader);
        } else if let Some(behind) = parts.next() {
            let behind = self.token(Some(behind), span);
            self.defect(behind, DefectKind::TextBehindHeader);
        }
        LineKind::Header { name }
    }

    fn unclosed_header(&mut self, mut parts: Pairs<'_, Rule>, span: Span) -> LineKind {
        let name = self.token(parts.next(), span);
        self.defect(self.trimmed(span), DefectKind::UnclosedHeader);
        LineKind::Header { name }
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

    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        Span::new(offset(span.start()), offset(span.end())).shifted(self.at)
    }

    /// Place of a token without the blanks at its end; the end of `line` if there is no token.
    fn token(&self, pair: Option<Pair<'_, Rule>>, line: Span) -> Span {
        pair.map_or(Span::empty(line.end), |pair| self.trimmed(self.span(&pair)))
    }

    /// `span` without blanks and line ends around; empty at its start if nothing else is there.
    fn trimmed(&self, span: Span) -> Span {
        let bytes = span.of(self.text).as_bytes();
        let end = bytes.iter().rposition(is_ink).map_or(0, |last| last + 1);
        let start = bytes[..end].iter().position(is_ink).unwrap_or(end);
        Span::new(offset(start), offset(end)).shifted(span.start)
    }

    /// From `[` to `]` of a header line.
    fn brackets(&self, line: Span) -> Span {
        let start = self.trimmed(line).start;
        let length = line.of(self.text).find(']').map_or(0, |at| offset(at) + 1);
        Span::new(start, line.start + length)
    }
}

/// Neither blank nor line end.
fn is_ink(byte: &u8) -> bool {
    !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Number of lines of `text`, one more if it ends in a line end.
fn count_lines(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends = memchr::memchr2_iter(b'\n', b'\r', bytes)
        .filter(|at| bytes[*at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'));
    ends.count() + 1
}

/// Texts are limited to what 32 bits can count (see [`Span`]).
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
