//! What differs between two plans, by meaning: where in a file an operation was written, and how
//! the file looks, does not count.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value as Json;

use super::{Plan, PlanError};

/// One difference. Credentials in it are masked; a changed one is reported as changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Difference {
    /// Only the second plan has it.
    Added {
        /// What, for instance `operation A.key`.
        what: String,
    },
    /// Only the first plan has it.
    Removed {
        /// What.
        what: String,
    },
    /// Both have it, with other content.
    Changed {
        /// What.
        what: String,
        /// In the first plan.
        from: String,
        /// In the second plan.
        to: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { what } => write!(f, "+ {what}"),
            Self::Removed { what } => write!(f, "- {what}"),
            Self::Changed { what, from, to } if from == to => {
                write!(f, "~ {what}: another credential")
            }
            Self::Changed { what, from, to } => write!(f, "~ {what}: {from} -> {to}"),
        }
    }
}

/// The differences between two plans, sorted by what they are about.
///
/// # Errors
///
/// [`PlanError::Unwritable`], which no plan that perso compiled is.
pub fn diff(from: &Plan, to: &Plan) -> Result<Vec<Difference>, PlanError> {
    let (old, new) = (parts(from)?, parts(to)?);
    let (old_shown, new_shown) = (parts(&from.masked()?)?, parts(&to.masked()?)?);
    let mut differences = Vec::new();
    for (what, value) in &old {
        match new.get(what) {
            None => differences.push(Difference::Removed { what: what.clone() }),
            Some(other) if other != value => differences.push(Difference::Changed {
                what: what.clone(),
                from: old_shown.get(what).cloned().unwrap_or_default(),
                to: new_shown.get(what).cloned().unwrap_or_default(),
            }),
            Some(_) => {}
        }
    }
    for what in new.keys().filter(|what| !old.contains_key(*what)) {
        differences.push(Difference::Added { what: what.clone() });
    }
    Ok(differences)
}

/// What a plan consists of, by name, down to the arguments of each operation.
fn parts(plan: &Plan) -> Result<BTreeMap<String, String>, PlanError> {
    let mut json = serde_json::to_value(plan).map_err(|_| PlanError::Unwritable)?;
    if let Json::Object(fields) = &mut json {
        fields.remove("digests");
        fields.remove("stdlib");
    }
    let mut parts = BTreeMap::new();
    collect("", &json, &mut parts);
    Ok(parts)
}

fn collect(path: &str, json: &Json, parts: &mut BTreeMap<String, String>) {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        _ => format!("{path} {name}"),
    };
    match json {
        Json::Object(fields) if !fields.contains_key("kind") => {
            for (name, value) in fields {
                if name != "origin" {
                    collect(&below(name), value, parts);
                }
            }
        }
        Json::Array(items) if items.iter().any(Json::is_object) => {
            let mut order = Vec::new();
            for (number, item) in items.iter().enumerate() {
                let name = name_of(item).unwrap_or_else(|| (number + 1).to_string());
                collect(&below(&name), item, parts);
                order.push(name);
            }
            parts.insert(below("order"), order.join(", "));
        }
        _ => {
            parts.insert(path.to_owned(), json.to_string());
        }
    }
}

/// What an element of a list is known by.
fn name_of(item: &Json) -> Option<String> {
    let name = ["id", "field", "name"]
        .iter()
        .find_map(|key| item.get(key)?.as_str())?;
    Some(name.to_owned())
}
