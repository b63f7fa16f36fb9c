//! A whole file: from its text to its form, with everything that is wrong.

use std::collections::HashMap;
use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::written::{Tried, Wrong};
use super::{Defect, Key, Placed, Table, Taken, Written};

/// A file that is taken apart key by key; what is wrong with it gathers here.
pub struct Document<'t> {
    text: &'t str,
    defects: Vec<Defect>,
    /// The keys by the places of their values; made when the first value is wrong.
    keys: Option<HashMap<Range<usize>, String>>,
}

/// Reads a text as the form `T`. What is no TOML has no form, and a defect.
#[must_use]
pub fn read<T: DeserializeOwned>(text: &str) -> (Option<Table<T>>, Document<'_>) {
    let mut document = Document {
        text,
        defects: Vec::new(),
        keys: None,
    };
    let parsed = DeTable::parse(text).map(Deserializer::from);
    let read = parsed.and_then(<Tabled<T> as serde::Deserialize>::deserialize);
    let form = match read {
        Ok(Tabled(form)) => form,
        Err(error) => {
            document.syntax_error(&error);
            None
        }
    };
    (form, document)
}

/// The table that a file is.
struct Tabled<T>(Option<Table<T>>);

impl<'de, T: DeserializeOwned> serde::Deserialize<'de> for Tabled<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Tried(read) = serde::Deserialize::deserialize(deserializer)?;
        Ok(Self(read.ok()))
    }
}

impl Document<'_> {
    /// The value of a key, if it is there and right.
    pub fn take<T: Written>(&mut self, key: Key<T>) -> Option<Taken<T>> {
        self.right(key.0?)
    }

    /// A value, if it is right.
    pub fn right<T: Written>(&mut self, placed: Placed<T>) -> Option<Taken<T>> {
        match placed.value {
            Ok(value) => Some((value, placed.at)),
            Err(wrong) => {
                self.wrong(wrong, placed.at);
                None
            }
        }
    }

    /// Tells something that is wrong.
    pub fn error(&mut self, message: impl Into<String>, help: Option<String>, at: Range<usize>) {
        let message = message.into();
        self.defects.push(Defect { message, help, at });
    }

    /// How much is known to be wrong so far.
    #[must_use]
    pub fn defect_count(&self) -> usize {
        self.defects.len()
    }

    /// Everything that is wrong, in the order of the file.
    #[must_use]
    pub fn defects(mut self) -> Vec<Defect> {
        self.defects.sort_by_key(|defect| defect.at.start);
        self.defects
    }

    fn wrong(&mut self, wrong: Wrong, at: Range<usize>) {
        match wrong {
            Wrong::Said { message, help } => self.error(message, help, at),
            Wrong::Kind { wanted, found } => {
                let key = self.key(&at);
                let message = format!("`{key}` must be {wanted}");
                self.error(message, Some(format!("this is {found}")), at);
            }
        }
    }

    /// The key of the value at a place; the same for all items of a list.
    fn key(&mut self, at: &Range<usize>) -> String {
        let text = self.text;
        let keys = self.keys.get_or_insert_with(|| {
            let mut keys = HashMap::new();
            if let Ok(table) = DeTable::parse(text) {
                gather(table.get_ref(), &mut keys);
            }
            keys
        });
        keys.get(at).cloned().unwrap_or_default()
    }

    fn syntax_error(&mut self, error: &toml::de::Error) {
        let message = error.message().trim().replace('\n', ", ");
        let at = error.span().unwrap_or_default();
        self.error(format!("this is no TOML: {message}"), None, at);
    }
}

/// The keys of a table by the places of their values.
fn gather(table: &DeTable<'_>, keys: &mut HashMap<Range<usize>, String>) {
    for (key, value) in table {
        gather_value(key.get_ref(), value, keys);
    }
}

fn gather_value(key: &str, value: &Spanned<DeValue<'_>>, keys: &mut HashMap<Range<usize>, String>) {
    keys.insert(value.span(), key.to_owned());
    match value.get_ref() {
        DeValue::Table(table) => gather(table, keys),
        DeValue::Array(items) => items.iter().for_each(|item| gather_value(key, item, keys)),
        _ => {}
    }
}
