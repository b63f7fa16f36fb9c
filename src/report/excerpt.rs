//! The lines of the sources that one finding talks about, made fit to be shown.
//!
//! The renderer sees a small text of its own: only the lines with labels, control characters made
//! visible, secrets masked, and of a long line only the surroundings of its labels. Line numbers
//! and columns stay those of the source.

use std::collections::BTreeSet;
use std::ops::Range;

use codespan_reporting::diagnostic::{Label as Marker, LabelStyle};
use codespan_reporting::files::{Error, Files, Location};
use unicode_width::UnicodeWidthStr;

use super::Report;
use super::visible;
use crate::diagnostic::{Finding, Label};
use crate::source::{Position, SourceFile, SourceId, Span};

/// Lines up to this many bytes are shown whole.
const WHOLE: u32 = 200;
/// Of a longer line, so many bytes are shown on each side of where a label starts or ends.
const AROUND: u32 = 48;
/// A label over more lines than this is shown on its first line only.
const LINES: u32 = 8;
/// Stands for a secret, whatever its length.
const MASK: &str = "•••";

/// The excerpts of all files that a finding points into.
pub(super) struct Excerpts<'a> {
    excerpts: Vec<Excerpt<'a>>,
}

/// The shown lines of one file.
struct Excerpt<'a> {
    id: SourceId,
    file: &'a SourceFile,
    text: String,
    lines: Vec<ShownLine>,
    places: Vec<(usize, Position)>,
}

/// One shown line: its 0-based number in the source and its bytes in the shown text.
struct ShownLine {
    number: u32,
    shown: Range<usize>,
}

/// A label, cut to what can be shown.
struct Mark<'a> {
    label: &'a Label,
    style: LabelStyle,
    span: Span,
    lines: Range<u32>,
}

/// Prepares the excerpts of `finding` and the markers on them.
pub(super) fn excerpts<'a>(
    report: &Report<'a>,
    finding: &Finding,
) -> (Excerpts<'a>, Vec<Marker<SourceId>>) {
    let mut marks = vec![mark(report, &finding.primary, LabelStyle::Primary)];
    for label in &finding.secondary {
        marks.push(mark(report, label, LabelStyle::Secondary));
    }
    let mut excerpts = Vec::new();
    let mut markers = Vec::new();
    for id in marks.iter().map(|mark| mark.label.source) {
        if excerpts
            .iter()
            .all(|excerpt: &Excerpt<'_>| excerpt.id != id)
        {
            let of_file = marks.iter().filter(|mark| mark.label.source == id);
            excerpts.push(Excerpt::new(report, id, of_file, &mut markers));
        }
    }
    (Excerpts { excerpts }, markers)
}

/// Brings a label onto whole characters inside lines; line ends carry no mark.
fn mark<'a>(report: &Report<'_>, label: &'a Label, style: LabelStyle) -> Mark<'a> {
    let file = &report.sources[label.source];
    let start = floor(file.text(), label.span.start);
    let end = floor(file.text(), label.span.end).max(start);
    let lines = file.lines();
    let first = lines.line_of(start);
    let mut last = lines.line_of(end);
    if last > first && end == lines.start_of(last) {
        last -= 1;
    }
    if last - first >= LINES {
        last = first;
    }
    let start = start.min(line_span(file, first).end);
    Mark {
        label,
        style,
        span: Span::new(start, end.min(line_span(file, last).end).max(start)),
        lines: first..last + 1,
    }
}

/// The nearest character boundary at or before `offset`.
fn floor(text: &str, offset: u32) -> u32 {
    let mut at = (offset as usize).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The bytes of the 0-based line `number`, without its line end.
pub(super) fn line_span(file: &SourceFile, number: u32) -> Span {
    let lines = file.lines();
    let start = lines.start_of(number);
    let end = if number + 1 < lines.count() {
        lines.start_of(number + 1)
    } else {
        floor(file.text(), u32::MAX)
    };
    let text = Span::new(start, end).of(file.text());
    let content = text.trim_end_matches(['\r', '\n']).len();
    Span::new(start, start + u32::try_from(content).unwrap_or(0))
}

impl<'a> Excerpt<'a> {
    fn new<'m>(
        report: &Report<'a>,
        id: SourceId,
        marks: impl Iterator<Item = &'m Mark<'m>> + Clone,
        markers: &mut Vec<Marker<SourceId>>,
    ) -> Self {
        let mut excerpt = Self {
            id,
            file: &report.sources[id],
            text: String::new(),
            lines: Vec::new(),
            places: Vec::new(),
        };
        let shown = excerpt.show_lines(report, marks.clone());
        for mark in marks {
            markers.push(excerpt.marker(mark, &shown));
        }
        excerpt
    }

    /// Writes the lines and returns where the ends of the marks came to lie.
    fn show_lines<'m>(
        &mut self,
        report: &Report<'_>,
        marks: impl Iterator<Item = &'m Mark<'m>> + Clone,
    ) -> Vec<(u32, usize)> {
        let mut ends: Vec<u32> = marks
            .clone()
            .flat_map(|mark| [mark.span.start, mark.span.end])
            .collect();
        ends.sort_unstable();
        ends.dedup();
        let mut shown = Vec::with_capacity(ends.len());
        for number in numbers(marks) {
            let line = line_span(self.file, number);
            let from = ends.partition_point(|end| *end < line.start);
            let to = ends.partition_point(|end| *end <= line.end);
            let start = self.text.len();
            let secrets = secrets_in(report, self.id, line);
            self.show_line(line, &ends[from..to], &secrets, &mut shown);
            self.lines.push(ShownLine {
                number,
                shown: start..self.text.len(),
            });
            self.text.push('\n');
        }
        shown
    }

    /// Writes one line around `ends`, and records where each of them came to lie.
    fn show_line(
        &mut self,
        line: Span,
        ends: &[u32],
        secrets: &[Span],
        shown: &mut Vec<(u32, usize)>,
    ) {
        let mut waiting = ends.iter().copied().peekable();
        let mut written = line.start;
        for piece in pieces(self.file.text(), line, ends) {
            if piece.start > written {
                self.text.push('…');
            }
            for (at, character) in piece.of(self.file.text()).char_indices() {
                let at = piece.start + u32::try_from(at).unwrap_or(0);
                while let Some(end) = waiting.next_if(|end| *end <= at) {
                    shown.push((end, self.text.len()));
                }
                self.show_character(at, character, piece, secrets);
            }
            written = piece.end;
        }
        shown.extend(waiting.map(|end| (end, self.text.len())));
        if written < line.end {
            self.text.push('…');
        }
    }

    fn show_character(&mut self, at: u32, character: char, piece: Span, secrets: &[Span]) {
        match secrets.iter().find(|secret| secret.contains_offset(at)) {
            None => self.text.push(visible::visible(character)),
            Some(secret) if at == secret.start.max(piece.start) => self.text.push_str(MASK),
            Some(_) => {}
        }
    }

    fn marker(&mut self, mark: &Mark<'_>, shown: &[(u32, usize)]) -> Marker<SourceId> {
        let lies = |offset: u32| {
            let found = shown.binary_search_by_key(&offset, |(end, _)| *end);
            found.map_or(0, |index| shown[index].1)
        };
        let range = self.widened(lies(mark.span.start)..lies(mark.span.end));
        let position = self.file.position(mark.span.start);
        self.places.push((range.start, position));
        Marker::new(mark.style, self.id, range).with_message(visible::line(&mark.label.message))
    }

    /// A mark on nothing but combining characters would be invisible: it takes in their base.
    fn widened(&self, mut range: Range<usize>) -> Range<usize> {
        let next = self.text[range.start..].chars().next();
        let width_of = |range: &Range<usize>| {
            let end = range.end.max(range.start + next.map_or(0, char::len_utf8));
            self.text[range.start..end].trim_end_matches('\n').width()
        };
        while next.is_some_and(|next| next != '\n' && next != '\t') && width_of(&range) == 0 {
            match self.text[..range.start].chars().next_back() {
                Some(before) if before != '\n' => range.start -= before.len_utf8(),
                _ => break,
            }
        }
        range
    }
}

/// The lines of all marks; a single line between two of them is shown too.
fn numbers<'m>(marks: impl Iterator<Item = &'m Mark<'m>>) -> BTreeSet<u32> {
    let marked: BTreeSet<u32> = marks.flat_map(|mark| mark.lines.clone()).collect();
    let between: Vec<u32> = marked
        .iter()
        .filter(|number| marked.contains(&(**number + 2)))
        .map(|number| number + 1)
        .collect();
    marked.into_iter().chain(between).collect()
}

fn secrets_in(report: &Report<'_>, id: SourceId, line: Span) -> Vec<Span> {
    let touches = |secret: &Span| secret.start < line.end && line.start < secret.end;
    let of_file = report.secrets.iter().filter(|(source, _)| *source == id);
    of_file.map(|(_, span)| *span).filter(touches).collect()
}

/// The parts of a line that are shown: all of it, or the surroundings of `ends`.
fn pieces(text: &str, line: Span, ends: &[u32]) -> Vec<Span> {
    if line.len() <= WHOLE {
        return vec![line];
    }
    let start_only = [line.start];
    let ends = if ends.is_empty() {
        &start_only[..]
    } else {
        ends
    };
    let mut pieces: Vec<Span> = Vec::with_capacity(ends.len());
    for end in ends {
        let piece = Span::new(
            floor(text, end.saturating_sub(AROUND)).max(line.start),
            floor(text, end.saturating_add(AROUND)).min(line.end),
        );
        match pieces.last_mut() {
            Some(last) if piece.start <= last.end => *last = last.cover(piece),
            _ => pieces.push(piece),
        }
    }
    pieces
}

impl Excerpts<'_> {
    fn of(&self, id: SourceId) -> Result<&Excerpt<'_>, Error> {
        let found = self.excerpts.iter().find(|excerpt| excerpt.id == id);
        found.ok_or(Error::FileMissing)
    }
}

impl<'x> Files<'x> for Excerpts<'_> {
    type FileId = SourceId;
    type Name = std::borrow::Cow<'x, str>;
    type Source = &'x str;

    fn name(&'x self, id: SourceId) -> Result<Self::Name, Error> {
        Ok(visible::line(self.of(id)?.file.name()))
    }

    fn source(&'x self, id: SourceId) -> Result<&'x str, Error> {
        Ok(&self.of(id)?.text)
    }

    fn line_index(&'x self, id: SourceId, offset: usize) -> Result<usize, Error> {
        let lines = &self.of(id)?.lines;
        let after = lines.partition_point(|line| line.shown.start <= offset);
        let line = lines.get(after.saturating_sub(1));
        line.map(|line| line.number as usize)
            .ok_or(Error::FileMissing)
    }

    fn location(&'x self, id: SourceId, offset: usize) -> Result<Location, Error> {
        let excerpt = self.of(id)?;
        let place = excerpt.places.iter().find(|(start, _)| *start == offset);
        let (_, position) = place.ok_or(Error::FileMissing)?;
        Ok(Location {
            line_number: position.line as usize,
            column_number: position.column as usize,
        })
    }

    fn line_range(&'x self, id: SourceId, index: usize) -> Result<Range<usize>, Error> {
        let lines = &self.of(id)?.lines;
        let found = lines.binary_search_by_key(&index, |line| line.number as usize);
        match found {
            Ok(found) => Ok(lines[found].shown.clone()),
            Err(_) => Err(Error::LineTooLarge {
                given: index,
                max: lines.last().map_or(0, |line| line.number as usize),
            }),
        }
    }
}
