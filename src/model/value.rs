//! The value of a key, read as its keyword demands.

use crate::source::Span;
use crate::stdlib::{self, Dialog, ValueKind};

/// A flag as its author wrote it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flag {
    /// `true`, in any letter case.
    On,
    /// `false`, in any letter case.
    Off,
    /// Anything else; whether it is a spelling of *off* (`#false`, `no`, `0`, `off`, nothing).
    Malformed {
        /// Counts as on unless it spells off.
        on: bool,
    },
}

impl Flag {
    fn read(text: &str) -> Self {
        const OFF: [&str; 4] = ["#false", "no", "0", "off"];
        if text.eq_ignore_ascii_case("true") {
            Self::On
        } else if text.eq_ignore_ascii_case("false") {
            Self::Off
        } else {
            let off = text.is_empty() || OFF.iter().any(|word| text.eq_ignore_ascii_case(word));
            Self::Malformed { on: !off }
        }
    }

    /// Whether the flag counts as on.
    #[must_use]
    pub const fn is_on(self) -> bool {
        matches!(self, Self::On | Self::Malformed { on: true })
    }
}

/// A value that is a constant, a field, or an answer given at the card.
#[derive(Clone, Copy, Debug)]
pub enum Reference<'t> {
    /// `#text`: the constant behind the hash sign.
    Literal(&'t str),
    /// A name that `[Fields]` must declare.
    Field(&'t str),
    /// One of the documented `!FROM_…` values.
    Dialog(&'static Dialog),
    /// Begins with `!` and is none of them.
    UnknownDialog(&'t str),
    /// Nothing.
    Missing,
}

/// Whether a value is a constant rather than the name of a field: digits only, or with a character
/// that names have not.
#[must_use]
pub fn looks_constant(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit())
        || value.chars().any(|c| !c.is_alphanumeric() && c != '_')
}

impl<'t> Reference<'t> {
    /// Reads a trimmed value.
    #[must_use]
    pub fn read(text: &'t str) -> Self {
        if text.is_empty() {
            Self::Missing
        } else if let Some(literal) = text.strip_prefix('#') {
            Self::Literal(literal)
        } else if text.starts_with('!') {
            stdlib::dialog(text).map_or(Self::UnknownDialog(text), Self::Dialog)
        } else {
            Self::Field(text)
        }
    }

    /// The field it names, if it names one.
    #[must_use]
    pub const fn field(self) -> Option<&'t str> {
        match self {
            Self::Field(name) => Some(name),
            _ => None,
        }
    }
}

/// A value in the form its keyword demands.
#[derive(Clone, Copy, Debug)]
pub enum Value<'t> {
    /// A flag.
    Flag(Flag),
    /// A constant, field or dialog; also for keys that only take a field.
    Reference(Reference<'t>),
    /// A comma list of fields; see [`list_items`].
    Fields(&'t str),
    /// Text taken as it stands: names, numbers, lists of letters, filters, attributes.
    Text(&'t str),
}

impl<'t> Value<'t> {
    /// Reads the trimmed text of a value as `kind` demands.
    #[must_use]
    pub fn read(kind: ValueKind, text: &'t str) -> Self {
        match kind {
            ValueKind::Flag => Self::Flag(Flag::read(text)),
            ValueKind::Reference | ValueKind::Field | ValueKind::FlagReference => {
                Self::Reference(Reference::read(text))
            }
            ValueKind::FieldList => Self::Fields(text),
            _ => Self::Text(text),
        }
    }

    /// The field that the whole value names, if it does.
    #[must_use]
    pub const fn field(self) -> Option<&'t str> {
        match self {
            Self::Reference(reference) => reference.field(),
            _ => None,
        }
    }
}

/// Whether a blank and `#` inside a value of this kind begin a comment rather than text.
pub(super) const fn ends_at_comment(kind: ValueKind) -> bool {
    !matches!(
        kind,
        ValueKind::Text | ValueKind::LibraryPath | ValueKind::Raw | ValueKind::Unknown
    )
}

/// One name of a comma list, trimmed, with its place. Empty between two commas.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ListItem<'t> {
    /// The name.
    pub name: &'t str,
    /// Its place in the source.
    pub span: Span,
}

/// The items of the comma list that covers `span` of `text`.
pub fn list_items(text: &str, span: Span) -> impl Iterator<Item = ListItem<'_>> {
    let list = span.of(text);
    let mut start = span.start;
    list.split(',').map(move |item| {
        let from = start;
        start += len(item) + 1;
        let name = item.trim();
        let lead = len(item) - len(item.trim_start());
        ListItem {
            name,
            span: Span::new(from + lead, from + lead + len(name)),
        }
    })
}

/// Length in bytes; texts fit 32 bits (see [`Span`]).
pub(super) fn len(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_the_place_of_each_name() {
        let text = "K=a, bb ,,c";
        let items: Vec<_> = list_items(text, Span::new(2, 11)).collect();
        assert_eq!(
            items.iter().map(|item| item.name).collect::<Vec<_>>(),
            ["a", "bb", "", "c"]
        );
        for item in items {
            assert_eq!(item.span.of(text), item.name);
        }
    }

    #[test]
    fn spellings_of_off_do_not_count_as_on() {
        for (text, on) in [
            ("TRUE", true),
            ("#true", true),
            ("yes", true),
            ("no", false),
            ("", false),
        ] {
            assert_eq!(Flag::read(text).is_on(), on, "{text}");
        }
    }
}
