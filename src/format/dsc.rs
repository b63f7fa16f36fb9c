//! The layout of encoding descriptions.
//!
//! `Key=Value` without blanks around the `=`, one blank line between sections, comments in the first
//! column, known keys and headers in their canonical spelling. Names of fields and values stay as
//! they are.

use super::page::{LineEnd, Page};
use crate::source::Span;
use crate::stdlib::{self, Key, SectionKind, ValueKind};
use crate::syntax::dsc::{DscTree, Line, LineKind, Section};

const BLANKS: [char; 2] = [' ', '\t'];

/// What the left side of `=` is in a section.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    /// A keyword.
    Keyword,
    /// A field.
    Field,
    /// Nobody knows: the section is none of the language.
    Unknown,
}

/// Lays out a description in which nothing is encrypted.
pub(super) fn lay_out(text: &str, tree: &DscTree, line_end: LineEnd) -> String {
    let mut page = Page::new(line_end, text.len());
    let mut defects = tree.defects.iter().peekable();
    for (number, section) in tree.sections.iter().enumerate() {
        let left = left_side(text, section);
        let is_last = number + 1 == tree.sections.len();
        let lines = lines_of(tree, section);
        let next_header = lines.len() - if is_last { 0 } else { comments_at_end(lines) };
        let mut behind_header = false;
        for (index, line) in lines.iter().enumerate() {
            if index == next_header {
                page.blank();
            }
            let is_broken = defects
                .next_if(|defect| line.span.contains_offset(defect.span.start))
                .is_some();
            match line.kind {
                LineKind::Blank if behind_header => {}
                LineKind::Blank => page.blank(),
                _ if is_broken => page.line(&[without_end(text, line.span)]),
                _ => line_in_layout(text, line, left, |parts| page.line(parts)),
            }
            behind_header = matches!(line.kind, LineKind::Header { .. })
                || behind_header && line.kind == LineKind::Blank;
        }
        if next_header == lines.len() {
            page.blank();
        }
    }
    page.finish()
}

/// Lays out what its author may edit of a description with encrypted lines: the lines of `[Fields]`,
/// up to the first encrypted one, behind which nobody knows the section. (SDK)
pub(super) fn lay_out_around_protected(text: &str, tree: &DscTree) -> String {
    let mut new = String::with_capacity(text.len());
    let mut defects = tree.defects.iter().peekable();
    for section in &tree.sections {
        let mut is_open = left_side(text, section) == Left::Field;
        for line in lines_of(tree, section) {
            let is_broken = defects
                .next_if(|defect| line.span.contains_offset(defect.span.start))
                .is_some();
            is_open &= line.kind != LineKind::Protected;
            match line.kind {
                LineKind::Property { .. } if is_open && !is_broken => {
                    line_in_layout(text, line, Left::Field, |parts| {
                        new.extend(parts.iter().copied());
                    });
                    new.push_str(&line.span.of(text)[without_end(text, line.span).len()..]);
                }
                _ => new.push_str(line.span.of(text)),
            }
        }
    }
    new
}

/// Hands the parts of a sound line that is not blank to `write`.
fn line_in_layout(text: &str, line: &Line, left: Left, write: impl FnOnce(&[&str])) {
    let raw = without_end(text, line.span);
    match line.kind {
        LineKind::Comment => write(&[raw.trim_matches(BLANKS)]),
        LineKind::Header { name } => write_header(name.of(text), write),
        // In the first column it would be an encrypted line.
        LineKind::Property { key, .. } if key.of(text).starts_with('^') => write(&[raw]),
        LineKind::Property { key, value } => {
            let (name, key) = keyword(key.of(text), left);
            let value = value.of(text);
            let behind = if blanks_may_count(key, value, left) {
                &raw[raw.trim_end_matches(BLANKS).len()..]
            } else {
                ""
            };
            write(&[name, "=", value, behind]);
        }
        _ => write(&[raw]),
    }
}

/// A header in its canonical spelling. What follows `Application_` is a name of the author's.
fn write_header(name: &str, write: impl FnOnce(&[&str])) {
    let (canonical, suffix) = match known_section(name) {
        Some((_, canonical, suffix)) => (canonical, suffix),
        None => (name, ""),
    };
    write(&["[", canonical, suffix, "]"]);
}

/// The section of this name, in any letter case: its kind, its canonical spelling, and the suffix
/// that its author chose.
fn known_section(name: &str) -> Option<(SectionKind, &'static str, &str)> {
    stdlib::sections().iter().find_map(|section| {
        let fixed = match section.kind {
            SectionKind::Application | SectionKind::Magstripe => {
                section.header.strip_suffix('X')?
            }
            _ => section.header,
        };
        let (head, suffix) = name.split_at_checked(fixed.len())?;
        let is_whole = suffix.is_empty() == (fixed.len() == section.header.len());
        (is_whole && head.eq_ignore_ascii_case(fixed)).then_some((section.kind, fixed, suffix))
    })
}

fn left_side(text: &str, section: &Section) -> Left {
    let name = section.name.map_or("", |name| name.of(text));
    match known_section(name) {
        Some((SectionKind::Fields, ..)) => Left::Field,
        Some(_) => Left::Keyword,
        None => Left::Unknown,
    }
}

/// A key as it is to be written, and what it is. Of a family of names only the author knows the
/// spelling, and a misprint of the vendor's page is left for the author to mend.
fn keyword(name: &str, left: Left) -> (&str, Option<Key>) {
    let Some(key) = Key::find(name).filter(|_| left == Left::Keyword) else {
        return (name, None);
    };
    let keyword = key.keyword();
    let spelling = match key.alias(name) {
        _ if keyword.name.eq_ignore_ascii_case(name) => keyword.name,
        Some(alias) if !alias.misprint => alias.name,
        _ => name,
    };
    (spelling, Some(key))
}

/// Whether blanks at the end of a line may belong to its value. The public text does not say that the
/// encoder takes them off, so they stay wherever free text may stand. (perso)
fn blanks_may_count(key: Option<Key>, value: &str, left: Left) -> bool {
    let is_free = match (left, key) {
        (Left::Field, _) => false,
        (_, None) => true,
        (_, Some(key)) => matches!(
            key.keyword().kind,
            ValueKind::Raw | ValueKind::Text | ValueKind::Unknown
        ),
    };
    !value.is_empty() && (is_free || value.starts_with('#'))
}

/// How many comments stand directly above the next header: they belong to it.
fn comments_at_end(lines: &[Line]) -> usize {
    let from_end = lines.iter().rev();
    from_end
        .take_while(|line| line.kind == LineKind::Comment)
        .count()
}

fn lines_of<'t>(tree: &'t DscTree, section: &Section) -> &'t [Line] {
    let lines = section.lines.start as usize..section.lines.end as usize;
    tree.lines.get(lines).unwrap_or_default()
}

fn without_end(text: &str, line: Span) -> &str {
    line.of(text).trim_end_matches(['\n', '\r'])
}
