//! Cuts a text into portions of whole lines, so that the tokens of the recogniser stay in the cache
//! however long the text is. Knows line ends and the `[` of a header, nothing else.

/// A portion ends before the first header behind this many bytes, …
const TARGET: usize = 4 * 1024;
/// … and at the first line end behind this many, also inside a section.
const LIMIT: usize = 64 * 1024;

/// The portions of `text`, in order; joined they are the text.
///
/// A portion starts where a section does, or where one section has grown beyond [`LIMIT`]. Each line
/// lies whole in one portion.
pub(super) fn portions(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (portion, behind) = rest.split_at(portion_length(rest));
        rest = behind;
        (!portion.is_empty()).then_some(portion)
    })
}

/// Number of bytes of the first portion of `text`.
fn portion_length(text: &str) -> usize {
    if text.len() <= TARGET {
        return text.len();
    }
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'\n', b'\r', &bytes[TARGET..])
        .map(|at| TARGET + at + 1)
        .filter(|start| !bytes[..*start].ends_with(b"\r") || bytes.get(*start) != Some(&b'\n'))
        .find(|start| *start > LIMIT || is_header(&bytes[*start..]))
        .unwrap_or(text.len())
}

/// Whether a line opens a section: `[`, also behind blanks.
fn is_header(line: &[u8]) -> bool {
    line.iter().find(|byte| !matches!(byte, b' ' | b'\t')) == Some(&b'[')
}
