//! A plan as text: pretty JSON that is the same on every machine, and the way back.

use super::{Digests, Plan};

/// The word that marks a plan.
pub const FORMAT: &str = "perso-plan";
/// The version of the format that this perso writes and reads.
pub const VERSION: u32 = 1;

/// Why a text is no plan that can be trusted.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Not JSON.
    #[error("the plan is no JSON: line {line}, column {column}")]
    NotJson {
        /// 1-based line.
        line: usize,
        /// 1-based column.
        column: usize,
    },
    /// JSON of another kind.
    #[error("this is no plan of perso: `format` is not `{FORMAT}`")]
    OtherFormat,
    /// Written by a newer perso.
    #[error("the plan has version {found}, this perso reads up to {VERSION}: use a newer perso")]
    Newer {
        /// The version.
        found: u64,
    },
    /// A plan by its mark, but not by its content. Never quotes the content.
    #[error("the plan is malformed near line {line}, column {column}; compile it again")]
    Malformed {
        /// 1-based line; 0 when unknown.
        line: usize,
        /// 1-based column; 0 when unknown.
        column: usize,
    },
    /// The document was changed after it was compiled.
    #[error("the plan was changed after it was compiled: its {digest} digest does not match")]
    Changed {
        /// `content` or `document`.
        digest: &'static str,
    },
    /// It cannot be written down.
    #[error("the plan cannot be written as JSON")]
    Unwritable,
}

impl Plan {
    /// The document: JSON with two blanks of indentation and a line end at its end.
    ///
    /// # Errors
    ///
    /// [`PlanError::Unwritable`], which no plan that perso compiled is.
    pub fn to_text(&self) -> Result<String, PlanError> {
        let mut text = serde_json::to_string_pretty(self).map_err(|_| PlanError::Unwritable)?;
        text.push('\n');
        Ok(text)
    }

    /// Reads a document and checks its digests.
    ///
    /// # Errors
    ///
    /// [`PlanError`] if it is no plan, is newer than this perso, or was changed.
    pub fn from_text(text: &str) -> Result<Self, PlanError> {
        let head: serde_json::Value =
            serde_json::from_str(text).map_err(|error| PlanError::NotJson {
                line: error.line(),
                column: error.column(),
            })?;
        if head.get("format").and_then(serde_json::Value::as_str) != Some(FORMAT) {
            return Err(PlanError::OtherFormat);
        }
        match head.get("version").and_then(serde_json::Value::as_u64) {
            Some(version) if version <= u64::from(VERSION) => {}
            Some(found) => return Err(PlanError::Newer { found }),
            None => return Err(PlanError::Malformed { line: 0, column: 0 }),
        }
        let plan: Self = serde_json::from_str(text).map_err(|error| PlanError::Malformed {
            line: error.line(),
            column: error.column(),
        })?;
        let Digests { content, document } = plan.compute_digests()?;
        for (digest, is, says) in [
            ("content", content, &plan.digests.content),
            ("document", document, &plan.digests.document),
        ] {
            if is != *says {
                return Err(PlanError::Changed { digest });
            }
        }
        Ok(plan)
    }
}
