//! One operation behind the other, until one fails.

use std::collections::BTreeMap;

use super::journal::{Entry, Phase};
use super::lock::LockError;
use super::report::{Failure, Report, StepReport, StepState, TokenReport, words};
use super::value::{Missing, Values};
use super::waiting::{Postponed, Waiting};
use super::{Planned, Run, key_of, object_id};
use crate::operation::{Action, Input, Operation, OperationId, Part, UndoClass, Value};
use crate::pki::DistinguishedName;
use crate::secret::Secret;
use crate::token::{Identity, KeyReference, ObjectId, Outcome, Retry, Step, TokenError};

/// What the run knows so far.
pub(super) struct Progress<'a> {
    pub(super) values: Values<'a>,
    keys: BTreeMap<OperationId, KeyReference>,
    outputs: BTreeMap<String, Secret>,
    pub(super) waiting: Vec<Waiting>,
    pub(super) token: Identity,
    /// Whether a writing operation was begun.
    written: bool,
}

/// A step with what it borrows.
pub(super) struct Prepared<'s> {
    operation: &'s OperationId,
    action: &'s Action<Input>,
    object_id: ObjectId,
    key: Option<KeyReference>,
    subject: Option<DistinguishedName>,
}

impl Prepared<'_> {
    pub(super) const fn step(&self) -> Step<'_> {
        Step {
            operation: self.operation,
            action: self.action,
            object_id: self.object_id,
            key: self.key.as_ref(),
            subject: self.subject.as_ref(),
        }
    }
}

impl Run<'_> {
    /// Does the operations in their order. Pre-flight has found nothing against it.
    ///
    /// # Errors
    /// The token does not even say who it is, or another run writes to it; nothing was done.
    pub fn execute(&mut self) -> Result<Report, TokenError> {
        let planned = self.planned(&mut Vec::new())?;
        let mut progress = Progress::of(self)?;
        self.hold(&progress.token)?;
        let mut postponed = Postponed::default();
        let mut steps = Vec::with_capacity(planned.len());
        let mut failure = None;
        for (index, one) in planned.iter().enumerate() {
            let state = match (one.left_out, &failure) {
                (_, Some(_)) => StepState::NotReached,
                (Some(capability), _) => StepState::Skipped { capability },
                (None, None) if postponed.takes(one) => StepState::NotReached,
                (None, None) => {
                    (self.progress)(index + 1, planned.len(), one.operation);
                    match self.step(one, &planned, &mut progress) {
                        Ok(state) => {
                            if state == StepState::Waiting {
                                postponed.wait_for(&one.operation.id);
                            }
                            state
                        }
                        Err(error) => {
                            failure = Some(failed(one, error, progress.written));
                            StepState::Failed
                        }
                    }
                }
            };
            steps.push(StepReport {
                operation: one.operation.id.clone(),
                what: words(&one.action),
                state,
                without: one.without.clone(),
            });
        }
        Ok(self.report(progress, steps, failure))
    }

    fn step(
        &mut self,
        planned: &Planned<'_>,
        all: &[Planned<'_>],
        progress: &mut Progress<'_>,
    ) -> Result<StepState, TokenError> {
        let Planned {
            operation, action, ..
        } = planned;
        match action {
            Action::SignRequest { .. } | Action::ObtainCertificate { .. }
                if self.written_certificate(&operation.id, all, progress)? =>
            {
                return Ok(StepState::DoneBefore);
            }
            Action::ObtainCertificate { request, template } => {
                return self.obtain(&operation.id, request, template, progress);
            }
            Action::ClearFields { fields } => {
                for field in fields {
                    progress.outputs.remove(field);
                }
                return Ok(StepState::Done);
            }
            Action::Initialise {
                program: Some(program),
                ..
            } => self.make_secrets(program, progress)?,
            _ => {}
        }
        let resolved = action.try_map(&mut |value: &Value| progress.input(value))?;
        self.on_token(operation, &resolved, all, progress)
    }

    fn on_token(
        &mut self,
        operation: &Operation,
        action: &Action<Input>,
        all: &[Planned<'_>],
        progress: &mut Progress<'_>,
    ) -> Result<StepState, TokenError> {
        let prepared = self.step_of(operation, action, progress)?;
        let step = prepared.step();
        if operation.undo == UndoClass::Reading {
            let mut outcome = self.token.apply(&step)?;
            if let Action::ReadEncryptedPins { into } = action
                && let Some(container) = outcome.parts.get(&Part::PinBlob)
            {
                outcome.fields = self.decrypted(container, into)?;
            }
            progress.keep(&operation.id, action, outcome);
            return Ok(StepState::Done);
        }
        if let Some(outcome) = self.taken_over(&step, all)? {
            self.note(&step, Phase::Done, progress)?;
            progress.keep(&operation.id, action, outcome);
            return Ok(StepState::DoneBefore);
        }
        self.note(&step, Phase::Begin, progress)?;
        progress.written = true;
        let done = self.token.apply(&step).and_then(|outcome| {
            let compared = self.token.read_back(&step, &outcome);
            compared.map_err(TokenError::undecided)?;
            Ok(outcome)
        });
        match done {
            Ok(outcome) => {
                if let Action::Initialise { .. } | Action::WriteSerialNumber { .. } = action {
                    progress.token = self.token.identity()?;
                    self.hold(&progress.token)?;
                }
                self.note(&step, Phase::Done, progress)?;
                progress.keep(&operation.id, action, outcome);
                Ok(StepState::Done)
            }
            Err(error) => {
                // The failure of the token weighs more than one of the journal.
                let phase = match error.undecided {
                    true => Phase::Undecided,
                    false => Phase::Failed,
                };
                let _ = self.note(&step, phase, progress);
                Err(self.with_a_look(error, action, progress))
            }
        }
    }

    /// What failed on a token that is gone, or is another one now, is for a person to look at,
    /// whatever the token called it.
    fn with_a_look(
        &mut self,
        error: TokenError,
        action: &Action<Input>,
        progress: &Progress<'_>,
    ) -> TokenError {
        let renumbers = matches!(
            action,
            Action::Initialise { .. } | Action::WriteSerialNumber { .. }
        );
        match self.token.identity() {
            Ok(token) if renumbers || token.serial == progress.token.serial => error,
            _ => TokenError {
                retry: Retry::LookFirst,
                ..error.cause("the token does not answer any more, or is another one now")
            },
        }
    }

    /// A step of this run.
    pub(super) fn step_of<'s>(
        &self,
        operation: &'s Operation,
        action: &'s Action<Input>,
        progress: &Progress<'_>,
    ) -> Result<Prepared<'s>, TokenError> {
        let subject = match action {
            Action::SignRequest { serial, .. } => Some(self.subject(serial.as_ref())?),
            _ => None,
        };
        Ok(Prepared {
            operation: &operation.id,
            action,
            object_id: object_id(self.plan, self.job, &operation.id),
            key: key_of(action).and_then(|id| progress.keys.get(id).cloned()),
            subject,
        })
    }

    /// Keeps other runs off the token, under the serial number that it has now.
    pub(super) fn hold(&mut self, token: &Identity) -> Result<(), TokenError> {
        self.lock.hold(&token.serial).map_err(|error| {
            let taken = matches!(error, LockError::Taken);
            let refused = TokenError::new(Retry::Refused, error.to_string());
            match taken {
                true => refused.cause("wait until it has ended, or end it"),
                false => refused,
            }
        })
    }

    pub(super) fn note(
        &mut self,
        step: &Step<'_>,
        phase: Phase,
        progress: &Progress<'_>,
    ) -> Result<(), TokenError> {
        let becomes = match step.action {
            Action::Initialise { label, .. } => {
                let label = label.as_ref().and_then(Input::bytes);
                let label = label.and_then(|label| label.expose_text().ok());
                Some(label.unwrap_or_default().to_owned())
            }
            Action::WriteSerialNumber { .. } => Some(String::new()),
            _ => None,
        };
        let entry = Entry {
            becomes,
            ..self.entry(step.operation, phase, progress)
        };
        self.lasting(&entry)
    }

    /// A run that is resumed without the certificate has nothing to do.
    pub(super) fn note_waiting(
        &mut self,
        operation: &OperationId,
        progress: &Progress<'_>,
    ) -> Result<(), TokenError> {
        let entry = self.entry(operation, Phase::Waiting, progress);
        self.lasting(&entry)
    }

    fn entry(&self, operation: &OperationId, phase: Phase, progress: &Progress<'_>) -> Entry {
        Entry {
            job: self.job.to_owned(),
            plan: self.plan.digests.content.clone(),
            serial: progress.token.serial.clone(),
            label: progress.token.label.clone(),
            becomes: None,
            starts: self.resume.is_none() && !progress.written,
            operation: operation.0.clone(),
            phase,
        }
    }

    fn lasting(&mut self, entry: &Entry) -> Result<(), TokenError> {
        self.journal.write(entry).map_err(|error| {
            TokenError::new(
                Retry::Safe,
                format!("the journal cannot be written: {error}"),
            )
            .cause("the disk is full, or the file cannot be written any more")
        })
    }

    pub(super) fn report(
        &self,
        progress: Progress<'_>,
        steps: Vec<StepReport>,
        failure: Option<Failure>,
    ) -> Report {
        let declared = self.plan.outputs.iter();
        let secret: Vec<_> = declared
            .filter(|one| one.secret)
            .map(|one| &one.field)
            .collect();
        let (secret_outputs, outputs) = progress
            .outputs
            .into_iter()
            .partition::<BTreeMap<_, _>, _>(|(field, _)| secret.contains(&field));
        let follow_up = match progress.waiting.is_empty() && failure.is_none() {
            true => self.plan.follow_up.clone(),
            false => Vec::new(),
        };
        Report {
            format_version: 1,
            job: self.job.to_owned(),
            plan: self.plan.digests.content.clone(),
            token: TokenReport {
                kind: progress.token.kind.word(),
                label: progress.token.label,
                serial: progress.token.serial,
            },
            steps,
            outputs: outputs
                .into_iter()
                .filter_map(|(field, text)| Some((field, text.expose_text().ok()?.to_owned())))
                .collect(),
            secret_outputs,
            follow_up,
            waiting: progress.waiting,
            failure,
        }
    }
}

impl<'a> Progress<'a> {
    /// Before the first operation.
    pub(super) fn of(run: &mut Run<'a>) -> Result<Self, TokenError> {
        Ok(Self {
            values: Values::of(run.fields, run.answers),
            keys: BTreeMap::new(),
            outputs: BTreeMap::new(),
            waiting: Vec::new(),
            token: run.token.identity()?,
            written: run.resume.is_some(),
        })
    }
}

impl Progress<'_> {
    /// The bytes of a value, whose makers have all run.
    pub(super) fn input(&self, value: &Value) -> Result<Input, TokenError> {
        self.values.input(value).map_err(|missing| {
            let reason = match missing {
                Missing::Later => "a value that an earlier operation makes is not there".to_owned(),
                Missing::Never(reason) => reason,
            };
            TokenError::new(Retry::LookFirst, reason)
        })
    }

    /// The bytes of a value that is not entered at the reader.
    pub(super) fn secret(&self, value: &Value) -> Result<Secret, TokenError> {
        match self.input(value)? {
            Input::Bytes(bytes) => Ok(bytes),
            Input::ProtectedPath => Err(TokenError::new(
                Retry::Refused,
                "what is entered at the reader is not known to the run",
            )),
        }
    }

    /// The key pair of an operation that this run does not do.
    pub(super) fn knows_key(&mut self, id: &OperationId, key: KeyReference) {
        self.keys.insert(id.clone(), key);
    }

    fn keep(&mut self, id: &OperationId, action: &Action<Input>, outcome: Outcome) {
        if let Action::ReadSerial { into, .. } | Action::ListTokens { into, .. } = action
            && let Some(serial) = outcome.parts.get(&Part::Serial)
        {
            self.outputs.insert(into.clone(), serial.clone());
        }
        self.outputs.extend(outcome.fields);
        let results = outcome.parts.into_iter();
        let results = results.map(|(part, bytes)| ((id.clone(), part), bytes));
        self.values.results.extend(results);
        if let Some(key) = outcome.key {
            self.keys.insert(id.clone(), key);
        }
    }
}

/// What a failure means for the next run. Objects are found again by a resumed one; whether a PIN was
/// changed is not.
pub(super) fn failed(planned: &Planned<'_>, error: TokenError, has_written: bool) -> Failure {
    let changes_pin = matches!(
        planned.action,
        Action::ChangePin { .. } | Action::ChangePuk { .. }
    );
    let retry = match error.retry {
        Retry::Safe if changes_pin => Retry::LookFirst,
        retry => retry,
    };
    let (operation, origin) = match error.within {
        Some(within) => *within,
        None => {
            let operation = planned.operation;
            (operation.id.clone(), operation.origin.clone())
        }
    };
    Failure {
        operation,
        origin,
        problem: error.problem,
        causes: error.causes,
        retry_is_safe: retry == Retry::Safe,
        has_written,
        retry,
    }
}
