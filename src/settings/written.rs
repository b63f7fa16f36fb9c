//! What a TOML value can be, and what is wrong with one that is something else.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Placed;

/// A type of values. Each method takes one type of TOML in; those that are not written refuse it.
pub trait Written: Sized {
    /// What it must be: `text in quotes`.
    const WANTED: &'static str;

    /// Takes text in.
    ///
    /// # Errors
    /// It is not wanted, or says nothing.
    fn text(_: &str) -> Result<Self, Wrong> {
        Err(Wrong::kind::<Self>("text"))
    }

    /// Takes `true` or `false` in.
    ///
    /// # Errors
    /// It is not wanted.
    fn flag(_: bool) -> Result<Self, Wrong> {
        Err(Wrong::kind::<Self>("`true` or `false`"))
    }

    /// Takes a whole number in.
    ///
    /// # Errors
    /// It is not wanted, or out of range.
    fn number(_: i128) -> Result<Self, Wrong> {
        Err(Wrong::kind::<Self>("a number"))
    }

    /// Takes a list in, to its end.
    ///
    /// # Errors
    /// Inside: it is not wanted.
    fn list<'de, A: SeqAccess<'de>>(mut items: A) -> Result<Result<Self, Wrong>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Err(Wrong::kind::<Self>("a list")))
    }

    /// Takes a table in, to its end.
    ///
    /// # Errors
    /// Inside: it is not wanted.
    fn table<'de, A: MapAccess<'de>>(mut entries: A) -> Result<Result<Self, Wrong>, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Err(Wrong::kind::<Self>("a table")))
    }
}

/// What is wrong with a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wrong {
    /// It is of another type.
    Kind {
        /// What it must be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// It is of the right type and says nothing.
    Said {
        /// What is wrong: lower case, no full stop.
        message: String,
        /// What to write instead.
        help: Option<String>,
    },
}

impl Wrong {
    /// A value of another type.
    #[must_use]
    pub fn kind<T: Written>(found: &'static str) -> Self {
        let wanted = T::WANTED;
        Self::Kind { wanted, found }
    }

    /// A value that says nothing.
    #[must_use]
    pub fn said(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Said {
            message: message.into(),
            help: Some(help.into()),
        }
    }
}

impl Written for String {
    const WANTED: &'static str = "text in quotes";

    fn text(text: &str) -> Result<Self, Wrong> {
        Ok(text.to_owned())
    }
}

impl Written for bool {
    const WANTED: &'static str = "`true` or `false`";

    fn flag(flag: bool) -> Result<Self, Wrong> {
        Ok(flag)
    }
}

/// A list whose items are read each for itself.
pub struct List<T>(pub Vec<Placed<T>>);

impl<T: Written> Written for List<T> {
    const WANTED: &'static str = "a list";

    fn list<'de, A: SeqAccess<'de>>(mut items: A) -> Result<Result<Self, Wrong>, A::Error> {
        let mut read = Vec::new();
        while let Some(item) = items.next_element()? {
            read.push(item);
        }
        Ok(Ok(Self(read)))
    }
}

impl<T: JsonSchema> JsonSchema for List<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("ListOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": generator.subschema_for::<T>() })
    }
}

/// A value or what is wrong with it; never an error of serde, which would end the reading.
pub(super) struct Tried<T>(pub(super) Result<T, Wrong>);

impl<'de, T: Written> Deserialize<'de> for Tried<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Try(std::marker::PhantomData))
    }
}

struct Try<T>(std::marker::PhantomData<T>);

impl<'de, T: Written> Visitor<'de> for Try<T> {
    type Value = Tried<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(T::WANTED)
    }

    fn visit_str<E>(self, text: &str) -> Result<Tried<T>, E> {
        Ok(Tried(T::text(text)))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Tried<T>, E> {
        Ok(Tried(T::flag(flag)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tried<T>, E> {
        Ok(Tried(T::number(number.into())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tried<T>, E> {
        Ok(Tried(T::number(number.into())))
    }

    fn visit_i128<E>(self, number: i128) -> Result<Tried<T>, E> {
        Ok(Tried(T::number(number)))
    }

    fn visit_u128<E>(self, _: u128) -> Result<Tried<T>, E> {
        Ok(Tried(Err(Wrong::kind::<T>("a number"))))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Tried<T>, E> {
        Ok(Tried(Err(Wrong::kind::<T>("a number"))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Tried<T>, A::Error> {
        T::list(items).map(Tried)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Tried<T>, A::Error> {
        T::table(entries).map(Tried)
    }
}
