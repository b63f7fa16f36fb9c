//! The baseline: findings that a project has accepted, so that only new ones count.
//!
//! An entry names rule, file and headline and counts the findings that share them; it does not know
//! lines, so that a file can be edited above a finding.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::diagnostic::{Finding, Suppression};
use crate::source::Sources;

const FORMAT: &str = "perso-baseline";
const VERSION: u32 = 1;

/// Accepted findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    counts: BTreeMap<Accepted, usize>,
}

/// What accepted findings have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Accepted {
    file: String,
    rule: String,
    message: String,
}

#[derive(Serialize, Deserialize)]
struct Document {
    format: String,
    version: u32,
    findings: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    accepted: Accepted,
    count: usize,
}

/// Why a text is no baseline.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// No JSON of this form.
    #[error("this is no baseline: {0}")]
    Form(#[from] serde_json::Error),
    /// Another format or version.
    #[error("this is `{format}` version {version}, not `{FORMAT}` version {VERSION}")]
    Version {
        /// The format that it names.
        format: String,
        /// The version that it names.
        version: u32,
    },
}

impl Baseline {
    /// The baseline that accepts all `findings` that nothing else silences.
    #[must_use]
    pub fn of(sources: &Sources, findings: &[Finding]) -> Self {
        let mut counts = BTreeMap::new();
        for finding in findings.iter().filter(|found| found.suppression.is_none()) {
            *counts.entry(accepted(sources, finding)).or_default() += 1;
        }
        Self { counts }
    }

    /// Reads a baseline.
    ///
    /// # Errors
    ///
    /// The text is no baseline, or one of another version.
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        let document: Document = serde_json::from_str(text)?;
        let (format, version) = (document.format, document.version);
        if format != FORMAT || version != VERSION {
            return Err(BaselineError::Version { format, version });
        }
        let entries = document.findings.into_iter();
        Ok(Self {
            counts: entries.map(|entry| (entry.accepted, entry.count)).collect(),
        })
    }

    /// The text of the baseline: sorted JSON with a line end.
    ///
    /// # Errors
    ///
    /// What the writer of JSON answers, which does not happen.
    pub fn write(&self) -> Result<String, BaselineError> {
        let entries = self.counts.iter();
        let document = Document {
            format: FORMAT.to_owned(),
            version: VERSION,
            findings: entries
                .map(|(accepted, count)| Entry {
                    accepted: accepted.clone(),
                    count: *count,
                })
                .collect(),
        };
        Ok(serde_json::to_string_pretty(&document)? + "\n")
    }

    /// Silences the findings that the baseline accepts, the first ones of each kind, and returns how
    /// many it accepts that are no longer there.
    pub fn suppress(&self, sources: &Sources, findings: &mut [Finding]) -> usize {
        let mut left = self.counts.clone();
        for finding in findings
            .iter_mut()
            .filter(|found| found.suppression.is_none())
        {
            if let Some(count) = left.get_mut(&accepted(sources, finding))
                && *count > 0
            {
                *count -= 1;
                finding.suppression = Some(Suppression::Baseline);
            }
        }
        left.values().sum()
    }
}

fn accepted(sources: &Sources, finding: &Finding) -> Accepted {
    Accepted {
        file: sources[finding.primary.source].name().to_owned(),
        rule: finding.rule.to_owned(),
        message: finding.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Label, Severity};
    use crate::source::{SourceFile, Span};

    fn found(places: &[u32]) -> (Sources, Vec<Finding>) {
        let mut sources = Sources::default();
        let id = sources.add(SourceFile::from_text("a.dsc", "x\n".repeat(50)));
        let finding = |at: &u32| {
            let label = Label::new(id, Span::empty(*at), "");
            Finding::new("some-rule", Severity::Error, "`X` is wrong", label)
        };
        let findings = places.iter().map(finding).collect();
        (sources, findings)
    }

    #[test]
    fn it_accepts_as_many_as_there_were_wherever_they_stand() {
        let (sources, findings) = found(&[2, 8]);
        let text = Baseline::of(&sources, &findings).write().unwrap();
        let baseline = Baseline::read(&text).unwrap();
        let (sources, mut findings) = found(&[4, 10, 20]);
        assert_eq!(baseline.suppress(&sources, &mut findings), 0);
        let silent: Vec<_> = findings.iter().map(|f| f.suppression.is_some()).collect();
        assert_eq!(silent, [true, true, false]);
        let (sources, mut findings) = found(&[4]);
        assert_eq!(baseline.suppress(&sources, &mut findings), 1);
    }

    #[test]
    fn what_is_no_baseline_is_refused() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"format":"x","version":1,"findings":[]}"#,
        ] {
            assert!(Baseline::read(text).is_err(), "{text}");
        }
    }
}
