//! Everything that can be known to go wrong before anything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use super::value::{Missing, Values};
use super::{Planned, Run, needs};
use crate::operation::{Action, Capability, Input, Operation, OperationId, UndoClass, Value};
use crate::plan::{Application, ApplicationOrder, Plan};
use crate::secret::Secret;
use crate::token::{Identity, Refusal, TokenError};

/// What was found before the first write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preflight {
    /// The token.
    pub token: Identity,
    /// Everything that speaks against the run; empty if nothing does.
    pub problems: Vec<Refusal>,
    /// The operations that would be done, in order; left-out ones carry what they lack.
    pub operations: Vec<(OperationId, UndoClass, Option<Capability>)>,
}

impl<'a> Run<'a> {
    /// Looks for everything that speaks against the run. Nothing is written and no PIN is tried.
    ///
    /// # Errors
    /// The token does not answer.
    pub fn preflight(&mut self) -> Result<Preflight, TokenError> {
        let mut problems = Vec::new();
        let token = self.token.identity()?;
        if let Some(serial) = self.serial
            && serial != token.serial
        {
            let problem = format!(
                "the token has the serial number `{}`, the job is for `{serial}`",
                token.serial
            );
            problems.push(Refusal::new(problem).help("insert the right card, or correct the job"));
        }
        let planned = self.planned(&mut problems);
        let offered = self.token.capabilities()?;
        let kept = || planned.iter().filter(|one| one.left_out.is_none());
        missing_capabilities(kept(), &offered, self.skip, &mut problems);
        let obtains = |one: &Planned<'_>| matches!(one.action, Action::ObtainCertificate { .. });
        if self.issuer.is_none() && kept().any(obtains) {
            let problem = "the plan obtains certificates and the job names no issuer";
            problems.push(
                Refusal::new(problem).help("name one in the job: [issuer] kind = \"dev-ca\""),
            );
        }
        for one in kept() {
            self.refusals(one, &mut problems)?;
        }
        let operations = planned
            .iter()
            .map(|one| (one.operation.id.clone(), one.operation.undo, one.left_out))
            .collect();
        Ok(Preflight {
            token,
            problems,
            operations,
        })
    }

    /// The operations of this run in their order.
    pub(super) fn planned(&self, problems: &mut Vec<Refusal>) -> Vec<Planned<'a>> {
        let mut left_out: BTreeMap<OperationId, Capability> = BTreeMap::new();
        let mut planned = Vec::new();
        for operation in in_order(self.plan, self.fields, problems) {
            let action = without_skipped_parts(&operation.action, self.skip);
            let own = requirements(operation, self.skip).find(|one| self.skip.contains(one));
            let inherited = || {
                needs(&action)
                    .iter()
                    .find_map(|id| left_out.get(id).copied())
            };
            let lacking = own.or_else(inherited);
            if let Some(capability) = lacking {
                left_out.insert(operation.id.clone(), capability);
            }
            planned.push(Planned {
                operation,
                action,
                left_out: lacking,
            });
        }
        planned
    }

    /// What speaks against one operation, as far as its values are known.
    fn refusals(
        &mut self,
        planned: &Planned<'_>,
        problems: &mut Vec<Refusal>,
    ) -> Result<(), TokenError> {
        let values = Values::of(self.fields);
        let mut missing = Vec::new();
        let known = planned
            .action
            .try_map::<Option<Input>, Infallible, _>(&mut |value: &Value| {
                Ok(match values.input(value) {
                    Ok(input) => Some(input),
                    Err(Missing::Later) => None,
                    Err(Missing::Never(reason)) => {
                        missing.push(Refusal::new(reason));
                        None
                    }
                })
            });
        let Ok(action) = known;
        let refused = match action {
            Action::ObtainCertificate { .. } | Action::ClearFields { .. } => Vec::new(),
            action => self.token.preflight(&action)?,
        };
        for refusal in missing.into_iter().chain(refused) {
            let named = Refusal {
                problem: format!("{}: {}", planned.operation.id, refusal.problem),
                ..refusal
            };
            if !problems.contains(&named) {
                problems.push(named);
            }
        }
        Ok(())
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

/// A skipped profile or serial number leaves a bare initialisation.
fn without_skipped_parts(action: &Action, skip: &BTreeSet<Capability>) -> Action {
    let mut action = action.clone();
    if let Action::Initialise {
        program, serial, ..
    } = &mut action
    {
        program.take_if(|_| skip.contains(&Capability::CardProfile));
        serial.take_if(|_| skip.contains(&Capability::SerialNumber));
    }
    action
}

/// What an operation requires; an initialisation can do without a profile and a serial number.
fn requirements<'o>(
    operation: &'o Operation,
    skip: &'o BTreeSet<Capability>,
) -> impl Iterator<Item = Capability> + 'o {
    let initialises = matches!(operation.action, Action::Initialise { .. });
    const PARTS: [Capability; 2] = [Capability::CardProfile, Capability::SerialNumber];
    let required = operation.requires.iter().copied();
    required.filter(move |one| !(initialises && PARTS.contains(one) && skip.contains(one)))
}

fn missing_capabilities<'p>(
    planned: impl Iterator<Item = &'p Planned<'p>>,
    offered: &BTreeSet<Capability>,
    skip: &BTreeSet<Capability>,
    problems: &mut Vec<Refusal>,
) {
    let mut missing: BTreeMap<Capability, Vec<&str>> = BTreeMap::new();
    for one in planned {
        for capability in requirements(one.operation, skip) {
            if !offered.contains(&capability) {
                missing
                    .entry(capability)
                    .or_default()
                    .push(&one.operation.id.0);
            }
        }
    }
    for (capability, operations) in missing {
        let word = capability.word();
        let problem = format!(
            "the token lacks the capability `{word}`, which {} needs",
            operations.join(", ")
        );
        problems.push(
            Refusal::new(problem)
                .help(format!("use another token, or leave it out: --skip {word}")),
        );
    }
}
