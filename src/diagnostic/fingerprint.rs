//! What makes a finding the same finding in a later version of its file.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::Finding;
use crate::source::Sources;

/// Hexadecimal digits of a fingerprint: 128 bits.
const DIGITS: usize = 32;

/// The fingerprint of each finding: of its rule, its file and its headline, and, among findings
/// where these are the same, of its number. It survives that lines move. The text of the line is no
/// part of it: the line may hold a credential, and a digest of a short secret gives it away.
#[must_use]
pub fn fingerprints(sources: &Sources, findings: &[Finding]) -> Vec<String> {
    let mut seen: HashMap<(&str, &str, &str), u32> = HashMap::new();
    findings
        .iter()
        .map(|finding| {
            let file = sources[finding.primary.source].name();
            let same = (finding.rule, file, finding.message.as_str());
            let number = seen.entry(same).or_default();
            *number += 1;
            fingerprint(same, *number)
        })
        .collect()
}

fn fingerprint((rule, file, message): (&str, &str, &str), number: u32) -> String {
    let mut hash = Sha256::new();
    for part in [rule, file, message, &number.to_string()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut text: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    text.truncate(DIGITS);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Label, Severity};
    use crate::source::{SourceFile, Span};

    #[test]
    fn they_survive_moved_lines_and_differ_within_a_report() {
        let of = |text: &str, places: [u32; 2]| {
            let mut sources = Sources::default();
            let id = sources.add(SourceFile::from_text("a.dsc", text));
            let found = places.map(|at| {
                let label = Label::new(id, Span::empty(at), "");
                Finding::new("some-rule", Severity::Error, "`X` is wrong", label)
            });
            fingerprints(&sources, &found)
        };
        let before = of("X\nX\n", [0, 2]);
        assert_eq!(before, of("\n\nX\nX\n", [2, 4]));
        assert_ne!(before[0], before[1]);
        assert_eq!(before[0].len(), DIGITS);
    }
}
