//! The form of a plan as JSON Schema, for programs that are not perso.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::Value as Json;

use super::{Plan, PlanError};

/// The schema of a plan (JSON Schema 2020-12), as pretty JSON with a line end at its end. It tells
/// the form; that a plan was not changed only its digests tell.
///
/// # Errors
///
/// [`PlanError::Unwritable`], which does not happen.
pub fn schema() -> Result<String, PlanError> {
    let generator = SchemaSettings::draft2020_12()
        .with_transform(RecursiveTransform(plain_names))
        .into_generator();
    let schema = generator.into_root_schema_for::<Plan>();
    let mut text = serde_json::to_string_pretty(&schema).map_err(|_| PlanError::Unwritable)?;
    text.push('\n');
    Ok(text)
}

/// Descriptions are doc comments: their links to other items lead nowhere here.
fn plain_names(schema: &mut Schema) {
    if let Some(Json::String(text)) = schema.get_mut("description") {
        *text = text.replace("[`", "`").replace("`]", "`");
    }
}
