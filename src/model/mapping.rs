//! The right side of `[Fields]` in descriptions for Card SDK: fields, texts in double quotes and
//! `Format(field,"mask")`, joined by `+` (SDK).

use crate::source::Span;

use super::value::len;

/// The first place at which the expression that covers `span` of `text` leaves the form.
#[must_use]
pub fn expression_error(text: &str, span: Span) -> Option<Span> {
    let whole = span.of(text);
    if whole.is_empty() {
        return None;
    }
    let mut rest = whole;
    loop {
        match term(rest) {
            Ok(behind) => rest = behind.trim_start(),
            Err(at) => return Some(Span::new(span.end - len(at), span.end)),
        }
        match rest.strip_prefix('+') {
            Some(next) => rest = next.trim_start(),
            None if rest.is_empty() => return None,
            None => return Some(Span::new(span.end - len(rest), span.end)),
        }
    }
}

/// What stands behind the term at the beginning of `text`; else the text where it goes wrong.
fn term(text: &str) -> Result<&str, &str> {
    if text.starts_with('"') {
        return quoted(text);
    }
    let behind = name(text)?;
    let named = &text[..text.len() - behind.len()];
    match behind.strip_prefix('(') {
        Some(arguments) if named.trim() == "Format" => format_arguments(arguments.trim_start()),
        _ => Ok(behind),
    }
}

fn format_arguments(text: &str) -> Result<&str, &str> {
    let behind = name(text)?;
    let mask = behind.strip_prefix(',').ok_or(behind)?.trim_start();
    let behind = quoted(mask)?.trim_start();
    behind.strip_prefix(')').ok_or(behind)
}

fn quoted(text: &str) -> Result<&str, &str> {
    let inner = text.strip_prefix('"').ok_or(text)?;
    let end = inner.find('"').ok_or(text)?;
    Ok(&inner[end + 1..])
}

/// A name; blanks may lie inside it.
fn name(text: &str) -> Result<&str, &str> {
    let end = text.find(['"', '+', '(', ')', ',']).unwrap_or(text.len());
    match text[..end].trim().is_empty() {
        true => Err(text),
        false => Ok(&text[end..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_end_where_they_go_wrong() {
        let wrong = |text: &str| expression_error(text, Span::new(0, len(text))).map(|at| at.start);
        for text in [
            "",
            "Track 2",
            "\"000\" + F22 + Format(F21,\"00\")",
            "Format( F1 , \"0\" )",
        ] {
            assert_eq!(wrong(text), None, "{text}");
        }
        assert_eq!(wrong("\"open"), Some(0));
        assert_eq!(wrong("F1 +"), Some(4));
        assert_eq!(wrong("Format(F1)"), Some(9));
        assert_eq!(wrong("F1 \"x\""), Some(3));
    }
}
