//! Certificates that come later: what a run does meanwhile, and whether it is worth resuming.
//!
//! The operations after a request without answer go on in their order as long as they do not need
//! the certificate, so that all requests of a card are handed over in one go (perso). What does
//! more than make or write objects ends that: it is done when its turn comes.

use std::collections::BTreeSet;

use serde::Serialize;

use super::execute::{Progress, failed};
use super::report::{Report, StepReport, StepState, words};
use super::resume::Past;
use super::{Planned, Run, needs};
use crate::issuer::{Awaited, IssueError};
use crate::operation::{Action, KeyCriteria, ObjectClass, OperationId, UndoClass, Value};
use crate::token::TokenError;

/// A certificate that the run waits for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Waiting {
    /// The operation that obtains it.
    pub operation: OperationId,
    /// The file with the request, in PEM.
    pub request: String,
    /// The files in which the certificate is looked for.
    pub answers: Vec<String>,
    /// Why what lies there is not taken yet.
    pub reason: Option<String>,
}

impl Waiting {
    pub(super) fn of(operation: &OperationId, awaited: Awaited) -> Self {
        Self {
            operation: operation.clone(),
            request: awaited.request,
            answers: awaited.answers,
            reason: awaited.reason,
        }
    }
}

/// What is left for later because of what a run waits for.
#[derive(Default)]
pub(super) struct Postponed {
    operations: BTreeSet<OperationId>,
    /// Whether everything that follows is.
    all: bool,
}

impl Postponed {
    /// The run waits for what this operation obtains.
    pub(super) fn wait_for(&mut self, operation: &OperationId) {
        self.operations.insert(operation.clone());
    }

    /// Whether an operation, the next one in the order of the run, is left for later.
    pub(super) fn takes(&mut self, one: &Planned<'_>) -> bool {
        if self.operations.is_empty() {
            return false;
        }
        self.all |= !goes_ahead(&one.action);
        let waits = self.all || !self.operations.is_disjoint(&needs(&one.action));
        if waits {
            self.operations.insert(one.operation.id.clone());
        }
        waits
    }
}

/// Whether an operation may be done before another one that was to come first: it makes or writes
/// objects of its own. Whatever looks for a certificate may look for one that is waited for.
const fn goes_ahead(action: &Action<Value>) -> bool {
    match action {
        Action::FindKeyPair {
            criteria: KeyCriteria { class, .. },
            ..
        } => !matches!(class, ObjectClass::Certificate),
        Action::GenerateKeyPair { .. }
        | Action::SignRequest { .. }
        | Action::ObtainCertificate { .. }
        | Action::WriteCertificate { .. }
        | Action::WriteCertificateList { .. }
        | Action::ImportPkcs12 { .. }
        | Action::WriteData { .. } => true,
        _ => false,
    }
}

impl Run<'_> {
    /// Where the run before waits for certificates, has done everything else that it could, and none
    /// of them is there yet: the report that says so. Nobody logs in, and nothing is written.
    ///
    /// # Errors
    /// The token does not answer.
    pub fn still_waits(&mut self) -> Result<Option<Report>, TokenError> {
        let Some(past) = self.resume else {
            return Ok(None);
        };
        let planned = self.planned(&mut Vec::new())?;
        let mut progress = Progress::of(self)?;
        let mut postponed = Postponed::default();
        let mut steps: Vec<StepReport> = Vec::with_capacity(planned.len());
        let mut failure = None;
        for one in &planned {
            let id = &one.operation.id;
            let state = match one.left_out {
                _ if failure.is_some() => StepState::NotReached,
                Some(capability) => StepState::Skipped { capability },
                None if postponed.takes(one) => StepState::NotReached,
                None if waits(one, past, &planned) => {
                    match self
                        .issuer
                        .as_ref()
                        .map(|issuer| issuer.look(&self.name_of(id)))
                    {
                        None | Some(Ok(())) => return Ok(None),
                        Some(Err(IssueError::Waiting(awaited))) => {
                            postponed.wait_for(id);
                            progress.waiting.push(Waiting::of(id, awaited));
                            StepState::Waiting
                        }
                        Some(Err(error)) => {
                            failure = Some(failed(one, error.into(), true));
                            StepState::Failed
                        }
                    }
                }
                None if was_done(one, past, &planned) => StepState::DoneBefore,
                None => return Ok(None),
            };
            steps.push(StepReport {
                operation: id.clone(),
                what: words(&one.action),
                without: one.without.clone(),
                state,
            });
        }
        let idle = !progress.waiting.is_empty() || failure.is_some();
        Ok(idle.then(|| self.report(progress, steps, failure)))
    }

    /// What a request is called.
    pub(super) fn name_of(&self, obtaining: &OperationId) -> String {
        format!("{}-{obtaining}", self.job)
    }
}

/// Whether the run before waits for what an operation obtains.
fn waits(one: &Planned<'_>, past: &Past, planned: &[Planned<'_>]) -> bool {
    past.says_waiting(&one.operation.id) && !is_written(&one.operation.id, past, planned)
}

/// Whether nothing is left to do of an operation.
fn was_done(one: &Planned<'_>, past: &Past, planned: &[Planned<'_>]) -> bool {
    let id = &one.operation.id;
    match (&one.action, one.operation.undo) {
        (Action::ObtainCertificate { .. }, _) => is_written(id, past, planned),
        (_, UndoClass::Reading) => true,
        _ => past.says_done(id),
    }
}

/// Whether the certificate that an operation obtains is on the token, as the journal says.
fn is_written(obtaining: &OperationId, past: &Past, planned: &[Planned<'_>]) -> bool {
    let takes_it = |one: &&Planned<'_>| needs(&one.action).contains(obtaining);
    let writing = planned.iter().find(takes_it);
    writing.is_some_and(|one| past.says_done(&one.operation.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{Operation, Origin, Part, Slot};

    fn operation(id: &str, action: Action) -> Operation {
        Operation {
            id: OperationId(id.to_owned()),
            action,
            undo: UndoClass::Reading,
            requires: Vec::new(),
            origin: Origin {
                source: "card.dsc".to_owned(),
                start: 0,
                end: 0,
                line: 1,
                column: 1,
                text: String::new(),
            },
        }
    }

    #[test]
    fn what_needs_the_certificate_waits_and_a_blocked_pin_ends_going_ahead() {
        let id = |id: &str| OperationId(id.to_owned());
        let obtain = |request: &str| Action::ObtainCertificate {
            request: id(request),
            template: String::new(),
        };
        let certificate = Value::Result {
            operation: id("A.obtain"),
            part: Part::Certificate,
        };
        let needs_it = Action::Initialise {
            label: None,
            puk: certificate,
            pin: None,
            signature_pin: None,
            operator_pin: None,
            officer: Value::text("PUK"),
            serial: None,
            program: None,
        };
        let block = Action::BlockPin {
            slot: Slot::Default,
        };
        let takes = |actions: &[Action]| {
            let mut postponed = Postponed::default();
            let operations: Vec<_> = actions
                .iter()
                .map(|action| operation("x", action.clone()))
                .collect();
            let mut taken = Vec::new();
            for operation in &operations {
                taken.push(postponed.takes(&Planned {
                    operation,
                    action: operation.action.clone(),
                    dialogs: Vec::new(),
                    left_out: None,
                    without: Vec::new(),
                }));
                if taken.len() == 1 {
                    postponed.wait_for(&id("A.obtain"));
                }
            }
            taken
        };
        assert_eq!(
            takes(&[block.clone(), obtain("B.request"), obtain("A.obtain")]),
            [false, false, true]
        );
        assert_eq!(
            takes(&[obtain("B.request"), block, obtain("C.request")]),
            [false, true, true]
        );
        assert_eq!(takes(&[needs_it.clone(), needs_it]), [false, true]);
    }
}
