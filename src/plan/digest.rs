//! The two digests of a plan.

use sha2::{Digest, Sha256};

use super::{Digests, Plan, PlanError};

impl Plan {
    /// The same plan with its digests set.
    ///
    /// # Errors
    ///
    /// [`PlanError::Unwritable`], which no plan that perso compiled is.
    pub fn sealed(mut self) -> Result<Self, PlanError> {
        self.digests = self.compute_digests()?;
        Ok(self)
    }

    pub(super) fn compute_digests(&self) -> Result<Digests, PlanError> {
        let content = self.content_digest()?;
        let mut plan = self.clone();
        plan.digests = Digests {
            content: content.clone(),
            document: String::new(),
        };
        let document = sha256(&plan)?;
        Ok(Digests { content, document })
    }

    /// A credential of four digits can be found by trying when everything else that a published
    /// digest covers is known. So neither it nor the digest of the file that holds it goes in.
    fn content_digest(&self) -> Result<String, PlanError> {
        let mut plan = self.masked()?;
        plan.stdlib = String::new();
        plan.digests = Digests::default();
        for source in &mut plan.sources {
            source.sha256 = String::new();
        }
        sha256(&plan)
    }
}

fn sha256(plan: &Plan) -> Result<String, PlanError> {
    use std::fmt::Write as _;
    let text = serde_json::to_vec(plan).map_err(|_| PlanError::Unwritable)?;
    let digest = Sha256::digest(text);
    Ok(digest.iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
