//! Tables: those whose keys are known, and those whose keys are names that the author chooses.

use std::borrow::Cow;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::StringDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use toml::Spanned;

use super::Placed;
use super::written::{Written, Wrong};

/// A table with known keys. Others are kept, and reading goes on.
pub struct Table<T> {
    /// What stands behind the known keys.
    pub keys: T,
    /// The other keys.
    pub unknown: Vec<Unknown>,
}

/// A key that a table does not have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unknown {
    /// The key and its place.
    pub name: Name,
    /// The keys that the table can have and does not have yet.
    pub free: Vec<&'static str>,
}

/// A name that the author wrote, and the bytes where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Its bytes in the file.
    pub at: Range<usize>,
}

/// A table whose keys are names that the author chooses, in the order of the file.
pub struct Entries<T>(pub Vec<(Name, Placed<T>)>);

impl<T: DeserializeOwned> Written for Table<T> {
    const WANTED: &'static str = "a table";

    fn table<'de, A: MapAccess<'de>>(mut entries: A) -> Result<Result<Self, Wrong>, A::Error> {
        match Name::next(&mut entries) {
            Ok(first) => Self::from_first(first, entries).map(Ok),
            Err(Dated) => Ok(Err(Wrong::kind::<Self>("a date"))),
        }
    }
}

impl<T: DeserializeOwned> Table<T> {
    /// Reads a table whose first key has been taken out already.
    ///
    /// # Errors
    /// Those of the table.
    pub fn from_first<'de, A: MapAccess<'de>>(
        first: Option<Name>,
        entries: A,
    ) -> Result<Self, A::Error> {
        let (mut free, mut unknown) = (Vec::new(), Vec::new());
        let keys = T::deserialize(KnownKeys {
            fields: &[],
            first,
            entries,
            free: &mut free,
            unknown: &mut unknown,
        })?;
        let unknown = unknown.into_iter().map(|name| Unknown {
            name,
            free: free.clone(),
        });
        Ok(Self {
            keys,
            unknown: unknown.collect(),
        })
    }
}

impl<T: Written> Written for Entries<T> {
    const WANTED: &'static str = "a table";

    fn table<'de, A: MapAccess<'de>>(mut entries: A) -> Result<Result<Self, Wrong>, A::Error> {
        let mut read = Vec::new();
        loop {
            match Name::next(&mut entries) {
                Ok(Some(name)) => read.push((name, entries.next_value()?)),
                Ok(None) => break,
                Err(Dated) => return Ok(Err(Wrong::kind::<Self>("a date"))),
            }
        }
        read.sort_by_key(|(name, _)| name.at.start);
        Ok(Ok(Self(read)))
    }
}

/// It is no table: the toml crate hands a date to serde as a table whose key has no place.
pub struct Dated;

impl Name {
    /// The next key of a table.
    ///
    /// # Errors
    /// There is a key without a place.
    pub fn next<'de, A: MapAccess<'de>>(entries: &mut A) -> Result<Option<Self>, Dated> {
        let key = entries.next_key::<Spanned<String>>().map_err(|_| Dated)?;
        Ok(key.map(|key| Self {
            at: key.span(),
            text: key.into_inner(),
        }))
    }
}

/// A table that shows serde no more keys than those of the type that is read, which serde tells
/// when it asks for a structure.
struct KnownKeys<'u, A> {
    fields: &'static [&'static str],
    first: Option<Name>,
    entries: A,
    free: &'u mut Vec<&'static str>,
    unknown: &'u mut Vec<Name>,
}

impl<'de, A: MapAccess<'de>> Deserializer<'de> for KnownKeys<'_, A> {
    type Error = A::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.fields = fields;
        self.free.extend(fields);
        visitor.visit_map(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_map(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for KnownKeys<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        loop {
            let name = match self.first.take() {
                Some(first) => first,
                None => match Name::next(&mut self.entries) {
                    Ok(Some(name)) => name,
                    Ok(None) | Err(Dated) => return Ok(None),
                },
            };
            if self.fields.contains(&name.text.as_str()) {
                self.free.retain(|free| *free != name.text);
                let key = StringDeserializer::new(name.text);
                return seed.deserialize(key).map(Some);
            }
            self.entries.next_value::<IgnoredAny>()?;
            self.unknown.push(name);
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.entries.next_value_seed(seed)
    }
}

impl<T: JsonSchema> JsonSchema for Table<T> {
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
        let mut schema = T::json_schema(generator);
        schema.insert("additionalProperties".to_owned(), false.into());
        schema
    }
}

impl<T: JsonSchema> JsonSchema for Entries<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("EntriesOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let entry = generator.subschema_for::<T>();
        json_schema!({ "type": "object", "additionalProperties": entry })
    }
}
