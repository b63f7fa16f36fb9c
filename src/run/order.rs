//! Which operations a run does, in which order, and with what left out.

use std::collections::BTreeMap;

use super::dialog::{self, Dialog};
use super::omission::{Keys, leave_out_parts, requirements};
use super::{Planned, Run, needs};
use crate::operation::{Action, Capability, Operation, OperationId, Value};
use crate::plan::{Application, ApplicationOrder, Plan};
use crate::secret::Secret;
use crate::token::{Kind, Refusal, TokenError};

impl<'a> Run<'a> {
    /// The operations of this run in their order.
    ///
    /// # Errors
    /// The token does not answer.
    pub(super) fn planned(
        &mut self,
        problems: &mut Vec<Refusal>,
    ) -> Result<Vec<Planned<'a>>, TokenError> {
        let falls_back =
            self.plan.fallback_program.is_some() && self.token.identity()?.kind != Kind::Pkcs11;
        let pin_pad = heeds_pin_pad(self.plan) && self.token.has_pin_pad()?;
        let mut left_out: BTreeMap<OperationId, Capability> = BTreeMap::new();
        let mut keys = Keys::default();
        let mut planned = Vec::new();
        for operation in in_order(self.plan, self.fields, problems) {
            let mut action = operation.action.clone();
            if falls_back {
                fall_back(&mut action, self.plan);
            }
            let without = leave_out_parts(&mut action, self.skip);
            let dialogs = dialog::bind(&mut action, &operation.origin, pin_pad);
            let own = requirements(operation, self.skip).find(|one| self.skip.contains(one));
            let inherited = || {
                needs(&action)
                    .iter()
                    .find_map(|id| left_out.get(id).copied())
            };
            let of_profile = keys.misses(&action).then_some(Capability::CardProfile);
            let lacking = own.or_else(inherited).or(of_profile);
            match lacking {
                Some(capability) => {
                    left_out.insert(operation.id.clone(), capability);
                }
                None => keys.after(&action, &without),
            }
            planned.push(Planned {
                operation,
                action,
                dialogs,
                left_out: lacking,
                without,
            });
        }
        Ok(planned)
    }

    /// The dialogs of this run, each once, in the order in which they are needed.
    ///
    /// # Errors
    /// The token does not answer.
    pub fn dialogs(&mut self) -> Result<Vec<Dialog>, TokenError> {
        let planned = self.planned(&mut Vec::new())?;
        let mut dialogs: Vec<Dialog> = Vec::new();
        let kept = planned.into_iter().filter(|one| one.left_out.is_none());
        for dialog in kept.flat_map(|one| one.dialogs) {
            if !dialogs.iter().any(|other| other.key == dialog.key) {
                dialogs.push(dialog);
            }
        }
        Ok(dialogs)
    }
}

/// Whether a dialog of the plan leaves the entry to a PIN pad.
fn heeds_pin_pad(plan: &Plan) -> bool {
    let mut heeds = false;
    for operation in plan.operations() {
        operation.action.visit_values(&mut |value| {
            heeds |= matches!(
                value,
                Value::Dialog {
                    reader_aware: true,
                    ..
                }
            );
        });
    }
    heeds
}

/// A blank card is laid out by the profile of the plan where the description names none.
fn fall_back(action: &mut Action, plan: &Plan) {
    if let Action::Initialise { program, .. } = action
        && program.is_none()
    {
        program.clone_from(&plan.fallback_program);
    }
}

fn in_order<'a>(
    plan: &'a Plan,
    fields: &BTreeMap<String, Secret>,
    problems: &mut Vec<Refusal>,
) -> Vec<&'a Operation> {
    let mut operations: Vec<&Operation> = plan.initialization.iter().collect();
    match &plan.applications.order {
        ApplicationOrder::Listed => {
            let listed = plan.applications.list.iter();
            operations.extend(listed.flat_map(|application| &application.operations));
        }
        ApplicationOrder::FromField { field } => {
            for application in chosen(plan, field, fields, problems) {
                operations.extend(&application.operations);
            }
        }
    }
    operations.extend(&plan.finalization);
    operations
}

/// The applications that the characters of a field name, in their order.
fn chosen<'a>(
    plan: &'a Plan,
    field: &str,
    fields: &BTreeMap<String, Secret>,
    problems: &mut Vec<Refusal>,
) -> Vec<&'a Application> {
    let mut chosen: Vec<&Application> = Vec::new();
    let Some(list) = fields.get(field).and_then(|list| list.expose_text().ok()) else {
        let problem = format!("the field `{field}`, the list of applications, has no value");
        problems.push(Refusal::new(problem));
        return chosen;
    };
    for name in list.chars().filter(|character| !character.is_whitespace()) {
        let named = |one: &&Application| one.name.chars().eq([name]);
        let problem = match plan.applications.list.iter().find(named) {
            // Its objects would get the same identifiers again.
            Some(one) if chosen.iter().any(|other| other.name == one.name) => {
                format!("the field `{field}` names the application `{name}` twice")
            }
            Some(application) => {
                chosen.push(application);
                continue;
            }
            None => {
                format!("the field `{field}` names an application `{name}` that the plan lacks")
            }
        };
        problems.push(Refusal::new(problem));
    }
    chosen
}
