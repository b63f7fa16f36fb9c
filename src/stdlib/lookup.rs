//! Look-up of names without regard to ASCII letter case, without allocation.

use std::cmp::Ordering;

/// The item that an index of lower-case names, sorted by length and then by letters, gives for
/// `name`.
pub(super) fn find<T>(
    index: &[(&str, u16)],
    table: &'static [T],
    name: &str,
) -> Option<&'static T> {
    let row = index
        .binary_search_by(|(known, _)| folded_cmp(known, name))
        .ok()?;
    table.get(usize::from(index[row].1))
}

/// Compares a name in lower case with another folded to lower case.
fn folded_cmp(lower: &str, name: &str) -> Ordering {
    let letters = || lower.bytes().zip(name.bytes());
    let mut by_letter = letters().map(|(known, byte)| known.cmp(&byte.to_ascii_lowercase()));
    let by_length = lower.len().cmp(&name.len());
    by_length.then_with(|| {
        by_letter
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    })
}

/// The rest of `text` behind `prefix`, whose letter case does not matter.
pub(super) fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let start = text.get(..prefix.len())?;
    start
        .eq_ignore_ascii_case(prefix)
        .then(|| &text[prefix.len()..])
}

/// Whether `text` holds `part` (in lower case) somewhere, letter case apart.
pub(super) fn contains(text: &str, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    text.windows(part.len())
        .any(|window| window.eq_ignore_ascii_case(part))
}
