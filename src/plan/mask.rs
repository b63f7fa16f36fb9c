//! Credentials that an author wrote into a description, hidden from view.

use serde_json::Value as Json;

use super::{Plan, PlanError};

/// What stands in the place of a credential, whatever its length.
pub const MASK: &str = "•••";

impl Plan {
    /// The same plan with every credential that stands in it replaced by [`MASK`]. Its digests are
    /// those of the plan that it shows; it cannot be run.
    ///
    /// # Errors
    ///
    /// [`PlanError::Unwritable`], which no plan that perso compiled is.
    pub fn masked(&self) -> Result<Self, PlanError> {
        let mut json = serde_json::to_value(self).map_err(|_| PlanError::Unwritable)?;
        mask(&mut json);
        serde_json::from_value(json).map_err(|_| PlanError::Unwritable)
    }

    /// Whether a credential stands in it.
    #[must_use]
    pub fn holds_credentials(&self) -> bool {
        self.masked().is_ok_and(|masked| masked != *self)
    }
}

/// Works on the written form: whatever operation a value stands in, it is found. Plans are as deep
/// as their values, which is bounded when they are compiled and when they are read.
fn mask(json: &mut Json) {
    match json {
        Json::Object(fields) => {
            if fields.get("secret") == Some(&Json::Bool(true)) {
                for name in ["text", "hex"] {
                    if let Some(value) = fields.get_mut(name) {
                        *value = Json::String(MASK.to_owned());
                    }
                }
            }
            fields.values_mut().for_each(mask);
        }
        Json::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}
