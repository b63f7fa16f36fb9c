//! Words out of a closed list: the variants of an enumeration, as serde spells them.

use std::fmt;

use serde::de::{DeserializeOwned, Error, IntoDeserializer};

use super::Wrong;

/// The word that `text` is; `what` it ought to be stands in the message: `a level`.
///
/// # Errors
/// It is none of them; they are told.
pub fn word<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, Wrong> {
    let read: Result<T, NoSuchWord> = T::deserialize(text.into_deserializer());
    read.map_err(|NoSuchWord(words)| {
        let message = format!("`{text}` is no {what}");
        let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
        Wrong::said(message, format!("write {}", one_of(&words)))
    })
}

/// `a`, `a or b`, `a, b or c`.
fn one_of(words: &[String]) -> String {
    match words {
        [] => "another word".to_owned(),
        [word] => word.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// The words that there are.
#[derive(Debug)]
struct NoSuchWord(&'static [&'static str]);

impl fmt::Display for NoSuchWord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no such word")
    }
}

impl std::error::Error for NoSuchWord {}

impl Error for NoSuchWord {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(&[])
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self(expected)
    }
}
