//! Flags that are no flags, and what was meant.

use crate::stdlib::ValueKind;

use super::field::is_truth_word;
use super::{Encoding, Entry, Flag, Reference, Value};

/// A flag with a value that is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FlagError {
    /// A field may take the place of the flag: constants have `#` in front.
    pub takes_field: bool,
    /// What the author most likely meant, if the value is a known spelling of it.
    pub meant: Option<bool>,
    /// The value is wrong in its `#` only.
    pub only_hash: bool,
}

impl<'t> Encoding<'t> {
    /// What is wrong with the flag of an entry; none when it is right, or no flag.
    #[must_use]
    pub fn flag_error(&self, entry: &Entry<'t>) -> Option<FlagError> {
        let kind = entry.key()?.keyword().kind;
        let value = entry.value_span.of(self.text);
        let takes_field = kind == ValueKind::FlagReference;
        let wrong = match entry.value {
            Value::Flag(flag) => matches!(flag, Flag::Malformed { .. }),
            Value::Reference(_) if !takes_field => false,
            Value::Reference(Reference::Literal(word)) => !is_truth_word(word),
            Value::Reference(Reference::Field(name)) => {
                is_truth_word(name) && self.field(name).is_none()
            }
            _ => false,
        };
        let bare = value.strip_prefix('#').unwrap_or(value);
        (wrong && self.is_judged(entry)).then(|| FlagError {
            takes_field,
            meant: meaning(bare),
            only_hash: is_truth_word(bare),
        })
    }
}

fn meaning(word: &str) -> Option<bool> {
    let any = |words: [&str; 4]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    if any(["true", "yes", "on", "1"]) {
        Some(true)
    } else if any(["false", "no", "off", "0"]) {
        Some(false)
    } else {
        None
    }
}
