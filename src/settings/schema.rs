//! The form of a file as JSON Schema, for editors.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Table;

/// The schema of the form `T` (JSON Schema draft 7, which editors of TOML know).
#[must_use]
pub fn schema<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    generator.into_root_schema_for::<Table<T>>().into()
}
