//! Taking back what a run has made, from the end to the last operation that cannot be taken back.
//!
//! An object counts as made by the job if it bears an identifier of the job; a data object, which
//! has none, if the journal says that the job wrote it. Everything else stays, and is named.

use super::execute::{Progress, failed};
use super::journal::Phase;
use super::preflight::{Foreseen, Preflight};
use super::report::{Report, StepReport, StepState, words};
use super::resume::{Past, is_key_of_this_job};
use super::{Planned, Run, object_id};
use crate::operation::{Action, Input, KeyCriteria, ObjectClass, OperationId, UndoClass, Value};
use crate::secret::Secret;
use crate::token::{KeyReference, Refusal, TokenError};

impl Run<'_> {
    /// Looks for what speaks against taking back what the resumed run has made: another token, a
    /// PIN that must not be tried. Nothing is written and no PIN is tried.
    ///
    /// # Errors
    /// The token does not answer.
    pub fn preflight_undo(&mut self) -> Result<Preflight, TokenError> {
        self.token.resumes();
        let token = self.token.identity()?;
        let mut problems: Vec<Refusal> = Vec::from_iter(self.other_serial(&token));
        let planned = self.planned(&mut problems)?;
        let lost = Past::lost();
        let past = self.resume.unwrap_or(&lost);
        for one in &planned {
            let goes = matches!(judged(one, past, &planned), Verdict::Goes);
            if let Some(action) = login_alone(&one.action).filter(|_| goes) {
                self.refusals_of(&one.operation.id, &action, &mut problems)?;
            }
        }
        Ok(Preflight {
            token,
            problems,
            operations: planned.iter().map(Foreseen::of).collect(),
        })
    }

    /// Takes back what the resumed run has made, the last first; a failure ends it.
    ///
    /// # Errors
    /// The token does not even say who it is, or another run writes to it; nothing was done.
    pub fn undo(&mut self) -> Result<Report, TokenError> {
        let planned = self.planned(&mut Vec::new())?;
        let mut progress = Progress::of(self)?;
        self.hold(&progress.token)?;
        for one in &planned {
            if let Action::GenerateKeyPair { .. } = one.action {
                let id = &one.operation.id;
                progress.knows_key(id, self.reference(id));
            }
        }
        let lost = Past::lost();
        let past = self.resume.unwrap_or(&lost);
        let mut steps = Vec::with_capacity(planned.len());
        let (mut failure, mut stops) = (None, false);
        for (index, one) in planned.iter().enumerate().rev() {
            let state = match judged(one, past, &planned) {
                _ if failure.is_some() => StepState::NotReached,
                Verdict::Nothing => StepState::NothingToUndo,
                Verdict::Stays => {
                    stops |= one.operation.undo == UndoClass::Irreversible;
                    StepState::Stays
                }
                Verdict::Goes if stops => StepState::Stays,
                Verdict::Goes => {
                    (self.progress)(planned.len() - index, planned.len(), one.operation);
                    self.take_back(one, &progress).unwrap_or_else(|error| {
                        failure = Some(failed(one, error, true));
                        StepState::Failed
                    })
                }
            };
            steps.push(StepReport {
                operation: one.operation.id.clone(),
                what: words(&one.action),
                without: one.without.clone(),
                state,
            });
        }
        steps.reverse();
        let mut report = self.report(progress, steps, failure);
        report.follow_up.clear();
        Ok(report)
    }

    fn take_back(
        &mut self,
        one: &Planned<'_>,
        progress: &Progress<'_>,
    ) -> Result<StepState, TokenError> {
        let action = one.action.try_map(&mut |value: &Value| match value {
            // A certificate is found by the identifier of its key, not by its bytes.
            Value::Result { .. } => Ok(Input::Bytes(Secret::default())),
            value => progress.input(value),
        })?;
        let prepared = self.step_of(one.operation, &action, progress)?;
        let step = prepared.step();
        match self.token.undo(&step)? {
            true => {
                self.note(&step, Phase::Undone, progress)?;
                Ok(StepState::Undone)
            }
            false => Ok(StepState::NothingToUndo),
        }
    }

    /// The key pair that an operation of this job makes.
    fn reference(&self, id: &OperationId) -> KeyReference {
        KeyReference {
            id: object_id(self.plan, self.job, id).0.to_vec(),
            signature_slot: false,
        }
    }
}

/// Removing an object needs the login of the operation that made it and no more, as finding a key
/// does: neither room nor mechanisms.
fn login_alone(action: &Action<Value>) -> Option<Action<Value>> {
    let (Action::GenerateKeyPair { slot, login, .. }
    | Action::ImportPkcs12 { slot, login, .. }
    | Action::WriteCertificate { slot, login, .. }
    | Action::WriteCertificateList { slot, login, .. }
    | Action::WriteData { slot, login, .. }) = action
    else {
        return None;
    };
    Some(Action::FindKeyPair {
        slot: slot.clone(),
        criteria: KeyCriteria {
            class: ObjectClass::PublicKey,
            label: None,
            id: None,
        },
        login: login.clone(),
    })
}

/// Whether what an operation has done can be taken back.
enum Verdict {
    /// It has done nothing that stays.
    Nothing,
    /// It cannot, or whose work it is is not known.
    Stays,
    Goes,
}

fn judged(one: &Planned<'_>, past: &Past, planned: &[Planned<'_>]) -> Verdict {
    let id = &one.operation.id;
    let untouched = one.left_out.is_some() || !past.may_be_begun(id) || past.says_undone(id);
    match (one.operation.undo, &one.action) {
        (UndoClass::Reading, _) => Verdict::Nothing,
        _ if untouched => Verdict::Nothing,
        (UndoClass::Irreversible, _) => Verdict::Stays,
        (
            _,
            Action::GenerateKeyPair { .. }
            | Action::ImportPkcs12 { .. }
            | Action::WriteCertificateList { .. },
        ) => Verdict::Goes,
        (_, Action::WriteCertificate { .. }) if is_key_of_this_job(one.operation, planned) => {
            Verdict::Goes
        }
        (_, Action::WriteData { .. }) if past.says_done(id) => Verdict::Goes,
        _ => Verdict::Stays,
    }
}
