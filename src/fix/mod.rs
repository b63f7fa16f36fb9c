//! Fixes, chosen and applied to texts.
//!
//! Which fixes go together in one pass is decided here, what a text looks like behind them, and when to
//! stop. How a text is checked again, and where it is written to, is the caller's work: this room
//! knows no rule and no file.

mod passes;

pub use passes::{Mended, PASSES, Subject, mend};

use std::collections::BTreeMap;

use crate::diagnostic::{Applicability, Edit, Finding, Fix};
use crate::source::{SourceId, Sources, Span};

/// Which fixes may be applied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trust {
    /// Safe ones.
    Safe,
    /// Also those that change meaning.
    OnRequest,
}

impl Trust {
    const fn allows(self, applicability: Applicability) -> bool {
        match applicability {
            Applicability::Safe => true,
            Applicability::Unsafe => matches!(self, Self::OnRequest),
            Applicability::Display => false,
        }
    }
}

/// The fixes of one pass: for each finding that counts the first that is allowed, changes only files
/// that `may_change`, and does not touch what an earlier one changes. The others are for the next
/// pass, when the findings are known anew.
#[must_use]
pub fn choose(
    findings: &[Finding],
    trust: Trust,
    may_change: impl Fn(SourceId) -> bool,
) -> Vec<&Fix> {
    let mut taken = Taken::default();
    let standing = findings.iter().filter(|found| found.suppression.is_none());
    standing
        .filter_map(|finding| {
            let fits = |fix: &&Fix| {
                trust.allows(fix.applicability)
                    && !fix.edits.is_empty()
                    && fix.edits.iter().all(|edit| may_change(edit.source))
                    && fix.edits.iter().all(|edit| taken.is_free(edit))
            };
            let fix = finding.fixes.iter().find(fits)?;
            fix.edits.iter().for_each(|edit| taken.take(edit));
            Some(fix)
        })
        .collect()
}

/// The texts of all files that `fixes` change, behind the change.
#[must_use]
pub fn texts(sources: &Sources, fixes: &[&Fix]) -> BTreeMap<SourceId, String> {
    let mut by_file: BTreeMap<SourceId, Vec<&Edit>> = BTreeMap::new();
    for edit in fixes.iter().flat_map(|fix| &fix.edits) {
        by_file.entry(edit.source).or_default().push(edit);
    }
    by_file
        .into_iter()
        .map(|(source, edits)| (source, applied(sources[source].text(), edits)))
        .collect()
}

/// The text behind edits that do not overlap. One that lies outside of it changes nothing.
fn applied(text: &str, mut edits: Vec<&Edit>) -> String {
    edits.sort_by_key(|edit| edit.span);
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let span = edit.span;
        let Some(kept) = text.get(at as usize..span.start as usize) else {
            continue;
        };
        if !text.is_char_boundary(span.end as usize) {
            continue;
        }
        result.push_str(kept);
        result.push_str(&edit.text);
        at = span.end;
    }
    result.push_str(&text[at as usize..]);
    result
}

/// Places that are changed already.
#[derive(Default)]
struct Taken {
    ends: BTreeMap<(SourceId, u32), u32>,
}

impl Taken {
    /// Places that touch are not free: where two meet, their order would decide.
    fn is_free(&self, edit: &Edit) -> bool {
        let Span { start, end } = edit.span;
        let before = self.ends.range(..=(edit.source, end)).next_back();
        before.is_none_or(|((source, _), taken)| *source != edit.source || *taken < start)
    }

    fn take(&mut self, edit: &Edit) {
        let end = self.ends.entry((edit.source, edit.span.start)).or_default();
        *end = edit.span.end.max(*end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Label, Severity};
    use crate::source::SourceFile;

    fn finding(id: SourceId, fix: Fix) -> Finding {
        let label = Label::new(id, Span::empty(0), "");
        Finding::new("some-rule", Severity::Error, "m", label).fix(fix)
    }

    fn edit(source: SourceId, start: u32, end: u32, text: &str) -> Edit {
        let (span, text) = (Span::new(start, end), text.to_owned());
        Edit { source, span, text }
    }

    #[test]
    fn what_overlaps_or_touches_waits_for_the_next_pass() {
        let mut sources = Sources::default();
        let id = sources.add(SourceFile::from_text("a.dsc", "abcdef\r\n"));
        let findings = [
            finding(
                id,
                Fix::safe("1", [edit(id, 0, 2, "X"), edit(id, 5, 6, "")]),
            ),
            finding(id, Fix::safe("2", [edit(id, 1, 3, "Y")])),
            finding(id, Fix::safe("3", [edit(id, 2, 2, "Y")])),
            finding(id, Fix::safe("4", [edit(id, 3, 4, "Z")])),
            finding(id, Fix::on_request("5", [edit(id, 7, 7, "!")])),
        ];
        let names = |trust| -> Vec<_> {
            let chosen = choose(&findings, trust, |_| true);
            chosen.iter().map(|fix| fix.message.as_str()).collect()
        };
        assert_eq!(names(Trust::Safe), ["1", "4"]);
        assert_eq!(names(Trust::OnRequest), ["1", "4", "5"]);
        assert!(choose(&findings, Trust::Safe, |_| false).is_empty());
        let chosen = choose(&findings, Trust::Safe, |_| true);
        assert_eq!(texts(&sources, &chosen)[&id], "XcZe\r\n");
    }

    #[test]
    fn places_outside_the_text_change_nothing() {
        let edits = [edit(SourceId(0), 0, 9, "x"), edit(SourceId(0), 8, 9, "y")];
        assert_eq!(applied("\u{e9}a", edits.iter().collect()), "\u{e9}a");
    }
}
