//! A plan as a picture: what is done in which order, and which results feed later operations.
//!
//! Nothing but names and kinds of operations is drawn, so no credential is.

mod mermaid;
mod svg;

pub use mermaid::graph;
pub use svg::svg;

use serde_json::Value as Json;

use super::{Plan, PlanError};
use crate::operation::{Action, OperationId};

/// A result that an operation takes from another one.
struct Fed {
    from: OperationId,
    to: OperationId,
    result: &'static str,
}

/// Every result that feeds another operation, in the order of the plan.
fn results(plan: &Plan) -> Vec<Fed> {
    let mut arrows = Vec::new();
    for operation in plan.operations() {
        let mut feed = |to: &OperationId, from: &OperationId, result| {
            let (from, to) = (from.clone(), to.clone());
            arrows.push(Fed { from, to, result });
        };
        let action = &operation.action;
        action.visit_results(&mut |from, result| feed(&operation.id, from, result));
        if let Action::Initialise {
            program: Some(program),
            ..
        } = action
        {
            for card in &program.operations {
                let action = &card.action;
                action.visit_results(&mut |from, result| feed(&card.id, from, result));
            }
        }
    }
    arrows
}

/// The word of an operation, as plans hold it.
fn word(operation: &impl serde::Serialize) -> Result<String, PlanError> {
    let json = serde_json::to_value(operation).map_err(|_| PlanError::Unwritable)?;
    let word = json.get("operation").and_then(Json::as_str);
    Ok(word.unwrap_or_default().to_owned())
}
