//! A fix as a small difference of lines.

use super::Report;
use super::excerpt::line_span;
use super::visible;
use crate::diagnostic::{Applicability, Edit, Fix};
use crate::source::{SourceFile, Span};

/// A difference that touches more lines than this, before or after, is told but not shown.
const LINES: usize = 4;
/// Longer lines are not shown.
const WIDTH: usize = 100;

/// The fix in words, with the lines before and after where they fit.
pub(super) fn suggestion(report: &Report<'_>, fix: &Fix) -> String {
    let class = match fix.applicability {
        Applicability::Safe => "fix",
        Applicability::Unsafe => "unsafe fix",
        Applicability::Display => "suggestion",
    };
    let mut text = format!("{class}: {}", visible::lines(&fix.message));
    for line in difference(report, fix).unwrap_or_default() {
        text.push_str("\n  ");
        text.push_str(&visible::line(&line));
    }
    text
}

/// The lines `- before` and `+ after`, if all edits lie close together and hold no secret.
fn difference(report: &Report<'_>, fix: &Fix) -> Option<Vec<String>> {
    let mut edits: Vec<&Edit> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let id = edits.first()?.source;
    let all_here = edits.iter().all(|edit| edit.source == id);
    let file = &report.sources[id];
    let whole = whole_lines(file, edits.first()?.span.cover(edits.last()?.span));
    let secret = |(source, span): &(_, Span)| {
        *source == id && span.start < whole.end && whole.start < span.end
    };
    if !all_here || whole.len() as usize > LINES * WIDTH || report.secrets.iter().any(secret) {
        return None;
    }
    let before = whole.of(file.text());
    let after = applied(file.text(), whole, &edits)?;
    let removed = before.lines().map(|line| format!("- {line}"));
    let added = after.lines().map(|line| format!("+ {line}"));
    let shown = changed(removed.collect(), added.collect());
    let fits = shown.len() <= 2 * LINES && shown.iter().all(|line| line.chars().count() <= WIDTH);
    fits.then_some(shown)
}

fn whole_lines(file: &SourceFile, span: Span) -> Span {
    let lines = file.lines();
    let first = line_span(file, lines.line_of(span.start));
    first.cover(line_span(file, lines.line_of(span.end)))
}

fn applied(text: &str, whole: Span, edits: &[&Edit]) -> Option<String> {
    let mut after = String::new();
    let mut at = whole.start;
    for edit in edits {
        after.push_str(text.get(at as usize..edit.span.start as usize)?);
        after.push_str(&edit.text);
        at = edit.span.end;
    }
    after.push_str(text.get(at as usize..whole.end as usize)?);
    Some(after)
}

/// Drops lines that are the same before and after, at both ends.
fn changed(mut before: Vec<String>, mut after: Vec<String>) -> Vec<String> {
    let same = |a: Option<&String>, b: Option<&String>| {
        a.zip(b).is_some_and(|(a, b)| a.get(2..) == b.get(2..))
    };
    while same(before.last(), after.last()) {
        before.pop();
        after.pop();
    }
    while same(before.first(), after.first()) {
        before.remove(0);
        after.remove(0);
    }
    before.extend(after);
    before
}
