//! Pass after pass of fixes, in memory: what a pass breaks is taken back, and there is an end.

use std::collections::{BTreeMap, BTreeSet};

use super::{Trust, choose, texts};
use crate::diagnostic::Finding;
use crate::source::{SourceFile, SourceId, Sources};

/// Fixes that undo each other would go on for ever.
pub const PASSES: usize = 20;

/// Texts that are mended, and the way to find out what is wrong with them.
pub trait Subject {
    /// What is known of the texts.
    type Findings: AsRef<[Finding]>;

    /// The texts.
    fn sources(&mut self) -> &mut Sources;

    /// What is wrong with the texts as they are now.
    fn find(&mut self) -> Self::Findings;

    /// Whether a finding says that a text is not written in its language.
    fn is_defect(&self, finding: &Finding) -> bool;
}

/// What came of it.
#[derive(Debug)]
pub struct Mended<F> {
    /// What is still found.
    pub findings: F,
    /// Files that differ now, as they were.
    pub before: BTreeMap<SourceId, SourceFile>,
    /// How many fixes were applied.
    pub fixes: usize,
    /// Files that a fix would have broken.
    pub refused: BTreeSet<SourceId>,
    /// Whether there was nothing left to apply. Else fixes undo each other, or make new ones needed.
    pub settled: bool,
}

/// Applies fixes to the files that are `open` until there are none left, `findings` being what is found
/// before. A file that a pass would break, by a defect that was not there, is left as it was before
/// the pass and not changed again; a fix that also touches other files is then not applied to them.
pub fn mend<S: Subject>(
    subject: &mut S,
    findings: S::Findings,
    mut open: BTreeSet<SourceId>,
    trust: Trust,
) -> Mended<S::Findings> {
    let mut mended = Mended {
        findings,
        before: BTreeMap::new(),
        fixes: 0,
        refused: BTreeSet::new(),
        settled: false,
    };
    for _ in 0..PASSES {
        let found = mended.findings.as_ref();
        let fixes = choose(found, trust, |id| open.contains(&id));
        if fixes.is_empty() {
            mended.settled = true;
            break;
        }
        let texts = texts(subject.sources(), &fixes);
        let old: Vec<_> = texts
            .into_iter()
            .map(|(id, text)| (id, subject.sources().rewrite(id, text)))
            .collect();
        let now = subject.find();
        let broken = broken(subject, found, now.as_ref());
        if old.iter().any(|(id, _)| broken.contains(id)) {
            for (id, file) in old {
                subject.sources().restore(id, file);
            }
            open.retain(|id| !broken.contains(id));
            mended.refused.extend(broken);
            continue;
        }
        mended.fixes += fixes.len();
        mended.findings = now;
        for (id, file) in old {
            mended.before.entry(id).or_insert(file);
        }
    }
    let sources = subject.sources();
    mended
        .before
        .retain(|id, old| old.text() != sources[*id].text());
    mended
}

/// The files with more defects than before.
fn broken<S: Subject>(subject: &S, before: &[Finding], after: &[Finding]) -> BTreeSet<SourceId> {
    let defects = |findings: &[Finding]| {
        let mut counts: BTreeMap<SourceId, usize> = BTreeMap::new();
        for finding in findings.iter().filter(|found| subject.is_defect(found)) {
            *counts.entry(finding.primary.source).or_default() += 1;
        }
        counts
    };
    let before = defects(before);
    let after = defects(after).into_iter();
    after
        .filter(|(id, count)| before.get(id).is_none_or(|old| old < count))
        .map(|(id, _)| id)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Edit, Fix, Label, Severity};
    use crate::source::Span;

    /// Rewrites words: a finding at each word of the list, which wants the other one there. `?` is
    /// a defect.
    struct Words {
        sources: Sources,
        rules: &'static [(&'static str, &'static str)],
    }

    impl Words {
        fn new(texts: &[&str], rules: &'static [(&'static str, &'static str)]) -> Self {
            let mut sources = Sources::default();
            for text in texts {
                sources.add(SourceFile::from_text("x", *text));
            }
            Self { sources, rules }
        }

        fn mended(&mut self) -> Mended<Vec<Finding>> {
            let found = self.find();
            let open = self.sources.iter().map(|(id, _)| id).collect();
            mend(self, found, open, Trust::Safe)
        }

        fn texts(&self) -> Vec<&str> {
            self.sources.iter().map(|(_, file)| file.text()).collect()
        }

        /// The first place of a word in every text.
        fn places(&self, word: &str) -> Vec<(SourceId, Span)> {
            let place = |(id, file): (SourceId, &SourceFile)| {
                let start = u32::try_from(file.text().find(word)?).ok()?;
                Some((
                    id,
                    Span::new(start, start + u32::try_from(word.len()).ok()?),
                ))
            };
            self.sources.iter().filter_map(place).collect()
        }
    }

    impl Subject for Words {
        type Findings = Vec<Finding>;

        fn sources(&mut self) -> &mut Sources {
            &mut self.sources
        }

        fn find(&mut self) -> Vec<Finding> {
            let finding = |rule, (id, span)| {
                Finding::new(rule, Severity::Error, "m", Label::new(id, span, ""))
            };
            let mut findings = Vec::new();
            for (word, other) in self.rules {
                let places = self.places(word);
                let Some(first) = places.first() else {
                    continue;
                };
                let edits = places.iter().map(|(source, span)| Edit {
                    source: *source,
                    span: *span,
                    text: (*other).to_owned(),
                });
                let fix = Fix::safe("write the other", edits.collect::<Vec<_>>());
                findings.push(finding("word", *first).fix(fix));
            }
            findings.extend(self.places("?").into_iter().map(|at| finding("defect", at)));
            findings
        }

        fn is_defect(&self, finding: &Finding) -> bool {
            finding.rule == "defect"
        }
    }

    #[test]
    fn a_fix_goes_through_all_its_files_and_new_findings_are_mended_too() {
        let mut words = Words::new(&["one a", "a two"], &[("a", "b"), ("b", "c")]);
        let mended = words.mended();
        assert_eq!(words.texts(), ["one c", "c two"]);
        assert_eq!(
            (mended.fixes, mended.before.len(), mended.settled),
            (2, 2, true)
        );
        assert!(mended.findings.is_empty());
    }

    #[test]
    fn rules_that_undo_each_other_come_to_an_end() {
        let mut words = Words::new(&["a", "c"], &[("a", "b"), ("b", "a"), ("c", "d")]);
        let mended = words.mended();
        assert_eq!(words.texts(), ["a", "d"]);
        assert!(!mended.settled);
        let changed: Vec<_> = mended.before.keys().map(|id| id.0).collect();
        assert_eq!(changed, [1], "what is as it was is not written");
    }

    #[test]
    fn what_would_break_a_file_is_taken_back_and_the_rest_is_applied() {
        let mut words = Words::new(&["a", "c"], &[("a", "?"), ("c", "d")]);
        let mended = words.mended();
        assert_eq!(words.texts(), ["a", "d"]);
        assert_eq!((mended.fixes, mended.settled), (1, true));
        assert_eq!(
            mended.refused.iter().map(|id| id.0).collect::<Vec<_>>(),
            [0]
        );
        let rules: Vec<_> = mended.findings.iter().map(|it| it.rule).collect();
        assert_eq!(rules, ["word"], "it still stands");
    }

    #[test]
    fn a_fix_over_two_files_is_applied_to_both_or_none() {
        let mut words = Words::new(&["a", "a x"], &[("a", "b"), ("x", "?")]);
        let mended = words.mended();
        assert_eq!(words.texts(), ["a", "a x"]);
        assert_eq!(mended.fixes, 0);
        assert!(mended.before.is_empty());
    }

    #[test]
    fn a_defect_that_was_there_does_not_hold_up_a_fix() {
        let mut words = Words::new(&["? a"], &[("a", "b")]);
        assert_eq!(words.mended().fixes, 1);
        assert_eq!(words.texts(), ["? b"]);
    }
}
