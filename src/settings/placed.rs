//! Values with their places.

use std::borrow::Cow;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer};
use toml::Spanned;

use super::written::{Tried, Written, Wrong};

/// A value, or what is wrong with it, and the bytes where it stands.
pub struct Placed<T> {
    /// The value.
    pub value: Result<T, Wrong>,
    /// Its bytes in the file.
    pub at: Range<usize>,
}

/// A value that is right, and the bytes where it stands.
pub type Taken<T> = (T, Range<usize>);

/// What stands behind a key of a table; nothing when the key is not there.
pub struct Key<T>(pub Option<Placed<T>>);

/// What is wrong with a file, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Defect {
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The bytes that are wrong.
    pub at: Range<usize>,
}

impl<T> Default for Key<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Written> Deserialize<'de> for Placed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Spanned::<Tried<T>>::deserialize(deserializer)?;
        let at = read.span();
        let Tried(value) = read.into_inner();
        Ok(Self { value, at })
    }
}

impl<'de, T: Written> Deserialize<'de> for Key<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Placed::deserialize(deserializer).map(|placed| Self(Some(placed)))
    }
}

impl<T: JsonSchema> JsonSchema for Key<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
