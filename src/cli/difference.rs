//! What a command changes in files, or would change, for people and for `patch`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use similar::TextDiff;

use crate::report::visible_line;
use crate::source::{SourceFile, SourceId, Sources, Span};

/// Where credentials stand.
type Secrets = [(SourceId, Span)];

/// The unified difference between files as they were and as they are now. Credentials are masked.
pub(super) fn unified(
    (before, old_secrets): (&BTreeMap<SourceId, SourceFile>, &Secrets),
    (sources, new_secrets): (&Sources, &Secrets),
) -> String {
    let mut text = String::new();
    for (id, file) in before {
        let name = visible_line(file.name());
        let old = masked(file, *id, old_secrets);
        let new = masked(&sources[*id], *id, new_secrets);
        let lines = TextDiff::from_lines(&old, &new);
        let mut unified = lines.unified_diff();
        let (a, b) = (format!("a/{name}"), format!("b/{name}"));
        let _ = write!(text, "{}", unified.header(&a, &b));
    }
    text
}

fn masked(file: &SourceFile, id: SourceId, secrets: &Secrets) -> String {
    let mut text = file.text().to_owned();
    let mut own: Vec<Span> = secrets
        .iter()
        .filter(|(source, _)| *source == id)
        .map(|(_, span)| *span)
        .collect();
    own.sort_unstable();
    for span in own.into_iter().rev() {
        let stars = "*".repeat(span.of(&text).chars().count());
        let range = span.start as usize..span.end as usize;
        if text.get(range.clone()).is_some() {
            text.replace_range(range, &stars);
        }
    }
    text
}
