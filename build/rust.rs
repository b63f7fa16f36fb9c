//! Rust literals as text.

use std::fmt::Debug;

/// `&[a, b]` of items that are Rust already.
pub(crate) fn slice<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> String {
    let mut text = String::from("&[");
    for item in items {
        text.push_str(item.as_ref());
        text.push_str(", ");
    }
    text.push(']');
    text
}

/// `&["a", "b"]`, `&[1, 2]`: a list of things whose `Debug` form is their Rust form.
pub(crate) fn list<T: Debug>(items: &[T]) -> String {
    slice(items.iter().map(|item| format!("{item:?}")))
}

/// A value whose `Debug` form is its Rust form, such as `Some("text")`.
pub(crate) fn literal<T: Debug>(value: &T) -> String {
    format!("{value:?}")
}

/// A `static` table of records.
pub(crate) fn table(name: &str, kind: &str, records: impl IntoIterator<Item = String>) -> String {
    let mut text = format!("pub(super) static {name}: &[{kind}] = &[\n");
    for record in records {
        text.push_str("    ");
        text.push_str(&record);
        text.push_str(",\n");
    }
    text.push_str("];\n\n");
    text
}

/// A look-up table from names in lower case to indices of another table, sorted for binary search:
/// by length first, because lengths compare faster than letters.
pub(crate) fn index<'a>(name: &str, names: impl IntoIterator<Item = (&'a str, usize)>) -> String {
    let mut rows: Vec<(String, usize)> = names
        .into_iter()
        .map(|(name, at)| (name.to_ascii_lowercase(), at))
        .collect();
    rows.sort_by(|(a, _), (b, _)| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    table(
        name,
        "(&str, u16)",
        rows.iter().map(|row| format!("{row:?}")),
    )
}

/// `Version::new(&[…])` of a text like `22.10.2`; `None` if it is no version.
pub(crate) fn version(text: &str) -> Option<String> {
    let parts: Vec<u32> = text
        .split('.')
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    (1..=4)
        .contains(&parts.len())
        .then(|| format!("Version::new(&{})", &list(&parts)[1..]))
}
