//! Texts with `!{FIELD}` in them (`LabelExpressionDataObject`; DATA).

use crate::source::Span;

use super::value::len;

/// A piece of such a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part<'t> {
    /// Text as it stands.
    Text(&'t str),
    /// `!{NAME}`; the span is the name.
    Field(&'t str, Span),
    /// A `!{` that does not fit; the span runs from it to where reading stopped.
    Malformed(PartError, Span),
}

/// What can be wrong with a `!{`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PartError {
    /// No `}` behind it.
    Unclosed,
    /// Nothing between the braces.
    Unnamed,
}

/// The parts of the text that covers `span` of `source`.
pub fn label_parts(source: &str, span: Span) -> impl Iterator<Item = Part<'_>> {
    let mut at = span.start;
    std::iter::from_fn(move || {
        let rest = Span::new(at, span.end).of(source);
        if rest.is_empty() {
            return None;
        }
        let Some(body) = rest.strip_prefix("!{") else {
            let text = &rest[..rest.find("!{").unwrap_or(rest.len())];
            at += len(text);
            return Some(Part::Text(text));
        };
        let Some(close) = body.find('}') else {
            let whole = Span::new(at, span.end);
            at = span.end;
            return Some(Part::Malformed(PartError::Unclosed, whole));
        };
        let start = at;
        let inner = &body[..close];
        at += 2 + len(inner) + 1;
        let name = inner.trim();
        if name.is_empty() {
            return Some(Part::Malformed(PartError::Unnamed, Span::new(start, at)));
        }
        let from = start + 2 + len(inner) - len(inner.trim_start());
        Some(Part::Field(name, Span::new(from, from + len(name))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_text_fields_and_mistakes() {
        let text = "Badge of !{ Holder }, !{} and !{Rest";
        let parts: Vec<_> = label_parts(text, Span::new(0, len(text))).collect();
        assert_eq!(
            parts,
            [
                Part::Text("Badge of "),
                Part::Field("Holder", Span::new(12, 18)),
                Part::Text(", "),
                Part::Malformed(PartError::Unnamed, Span::new(22, 25)),
                Part::Text(" and "),
                Part::Malformed(PartError::Unclosed, Span::new(30, 36)),
            ]
        );
    }
}
