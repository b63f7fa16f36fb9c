//! One operation behind the other, until one fails.

use std::collections::BTreeMap;

use super::journal::{Entry, Phase};
use super::report::{Failure, Report, StepReport, StepState, TokenReport};
use super::value::{Missing, Values};
use super::{Planned, Run, key_of, object_id};
use crate::issuer::{IssueError, Request};
use crate::operation::{Action, Generated, Input, Operation, OperationId, Part, UndoClass, Value};
use crate::pki::{Attribute, CertificateRequest, DistinguishedName};
use crate::secret::Secret;
use crate::token::{Identity, KeyReference, Outcome, Retry, Step, TokenError};

/// What the run knows so far.
struct Progress<'a> {
    values: Values<'a>,
    keys: BTreeMap<OperationId, KeyReference>,
    outputs: BTreeMap<String, Secret>,
    token: Identity,
    /// Whether a writing operation was begun. A run does not look for what an earlier one did, so
    /// from then on repeating it is for a person to decide.
    written: bool,
}

impl Run<'_> {
    /// Does the operations in their order. Pre-flight has found nothing against it.
    ///
    /// # Errors
    /// The token does not even say who it is; nothing was done.
    pub fn execute(&mut self) -> Result<Report, TokenError> {
        let planned = self.planned(&mut Vec::new());
        let mut progress = Progress {
            values: Values::of(self.fields),
            keys: BTreeMap::new(),
            outputs: BTreeMap::new(),
            token: self.token.identity()?,
            written: false,
        };
        let mut steps = Vec::with_capacity(planned.len());
        let mut failure = None;
        for (index, one) in planned.iter().enumerate() {
            let state = match (one.left_out, &failure) {
                (_, Some(_)) => StepState::NotReached,
                (Some(capability), _) => StepState::Skipped { capability },
                (None, None) => {
                    (self.progress)(index + 1, planned.len(), one.operation);
                    match self.step(one, &mut progress) {
                        Ok(()) => StepState::Done,
                        Err(mut error) => {
                            if progress.written && error.retry == Retry::Safe {
                                error.retry = Retry::LookFirst;
                            }
                            failure = Some(failed(one.operation, error));
                            StepState::Failed
                        }
                    }
                }
            };
            steps.push(StepReport {
                operation: one.operation.id.clone(),
                state,
            });
        }
        Ok(self.report(progress, steps, failure))
    }

    fn step(
        &mut self,
        planned: &Planned<'_>,
        progress: &mut Progress<'_>,
    ) -> Result<(), TokenError> {
        let Planned {
            operation, action, ..
        } = planned;
        if let Action::Initialise {
            program: Some(program),
            ..
        } = action
        {
            for generated in &program.generated {
                let secret = self.draw(generated)?;
                progress
                    .values
                    .generated
                    .insert(generated.name.clone(), secret);
            }
        }
        match action {
            Action::ObtainCertificate { request, template } => {
                self.obtain(&operation.id, request, template, progress)
            }
            Action::ClearFields { fields } => {
                for field in fields {
                    progress.outputs.remove(field);
                }
                Ok(())
            }
            action => {
                let resolved = action.try_map(&mut |value: &Value| {
                    progress.values.input(value).map_err(|missing| {
                        let reason = match missing {
                            Missing::Later => {
                                "a value that an earlier operation makes is not there"
                            }
                            Missing::Never(ref reason) => reason,
                        };
                        TokenError::new(Retry::LookFirst, reason)
                    })
                })?;
                self.on_token(operation, &resolved, progress)
            }
        }
    }

    fn on_token(
        &mut self,
        operation: &Operation,
        action: &Action<Input>,
        progress: &mut Progress<'_>,
    ) -> Result<(), TokenError> {
        let key = key_of(action).and_then(|id| progress.keys.get(id).cloned());
        let subject = match action {
            Action::SignRequest { serial, .. } => Some(self.subject(serial.as_ref())?),
            _ => None,
        };
        let step = Step {
            operation: &operation.id,
            action,
            object_id: object_id(self.plan, self.job, &operation.id),
            key: key.as_ref(),
            subject: subject.as_ref(),
        };
        let mutates = operation.undo != UndoClass::Reading;
        if mutates {
            self.note(operation, Phase::Begin, progress)?;
            progress.written = true;
        }
        let done = self.token.apply(&step).and_then(|outcome| {
            if mutates {
                self.token.read_back(&step, &outcome)?;
            }
            Ok(outcome)
        });
        match done {
            Ok(outcome) => {
                if let Action::Initialise { .. } | Action::WriteSerialNumber { .. } = action {
                    progress.token = self.token.identity()?;
                }
                if mutates {
                    self.note(operation, Phase::Done, progress)?;
                }
                progress.keep(&operation.id, action, outcome);
                Ok(())
            }
            Err(error) => {
                if mutates {
                    // The failure of the token weighs more than one of the journal.
                    let _ = self.note(operation, Phase::Failed, progress);
                }
                Err(error)
            }
        }
    }

    /// Whom a certificate is for (perso): the job, and the serial number of the card where the
    /// description asks for it. The real names stand in the template of the issuer.
    fn subject(&self, serial: Option<&Input>) -> Result<DistinguishedName, TokenError> {
        let mut attributes = vec![Attribute::CommonName(self.job.to_owned())];
        let serial = serial
            .and_then(Input::bytes)
            .and_then(|serial| serial.expose_text().ok());
        attributes.extend(serial.map(|serial| Attribute::SerialNumber(serial.to_owned())));
        DistinguishedName::new(attributes)
            .map_err(|error| TokenError::new(Retry::LookFirst, error.to_string()))
    }

    fn obtain(
        &mut self,
        id: &OperationId,
        request: &OperationId,
        template: &str,
        progress: &mut Progress<'_>,
    ) -> Result<(), TokenError> {
        let failed = |problem: String| TokenError::new(Retry::Safe, problem);
        let results = &mut progress.values.results;
        let request = results
            .get(&(request.clone(), Part::Request))
            .ok_or_else(|| failed(format!("{request} made no certificate request")))?;
        let request = CertificateRequest::from_der(request.expose())
            .map_err(|error| failed(error.to_string()))?;
        let issuer = self
            .issuer
            .as_mut()
            .ok_or_else(|| failed("the job names no issuer of certificates".to_owned()))?;
        let request = Request {
            certificate_request: request,
            template: template.to_owned(),
            now: (self.now)(),
        };
        let issued = issuer.issue(&request).map_err(|error| match error {
            IssueError::Refused { .. } => TokenError::new(Retry::LookFirst, error.to_string()),
            error => failed(error.to_string()),
        })?;
        let certificate = Secret::new(issued.certificate.der().to_vec());
        results.insert((id.clone(), Part::Certificate), certificate);
        Ok(())
    }

    /// A secret that a profile makes. Bytes that would favour a character are drawn again.
    fn draw(&mut self, generated: &Generated) -> Result<Secret, TokenError> {
        let failed = |problem: &str| TokenError::new(Retry::Safe, problem);
        let alphabet: Vec<char> = generated.alphabet.chars().collect();
        let count = u8::try_from(alphabet.len()).unwrap_or(0);
        if count == 0 {
            return Err(failed(
                "a secret of the profile has no characters to draw from",
            ));
        }
        let fair = u8::MAX - (u8::MAX % count);
        let length = usize::from(generated.length);
        // Sized beforehand: a buffer that grew would leave copies behind.
        let mut text = String::with_capacity(length * 4);
        for _ in 0..length {
            let mut byte = [u8::MAX];
            while byte[0] >= fair {
                (self.random)(&mut byte).map_err(|_| failed("the source of randomness failed"))?;
            }
            text.extend(alphabet.get(usize::from(byte[0] % count)));
        }
        Ok(Secret::from(text))
    }

    fn note(
        &mut self,
        operation: &Operation,
        phase: Phase,
        progress: &Progress<'_>,
    ) -> Result<(), TokenError> {
        let entry = Entry {
            job: self.job,
            plan: &self.plan.digests.content,
            serial: &progress.token.serial,
            label: &progress.token.label,
            operation: &operation.id.0,
            phase,
        };
        self.journal.write(&entry).map_err(|error| {
            let retry = match phase {
                Phase::Begin => Retry::Safe,
                Phase::Done | Phase::Failed => Retry::LookFirst,
            };
            TokenError::new(retry, format!("the journal cannot be written: {error}"))
                .cause("the disk is full, or the file cannot be written any more")
        })
    }

    fn report(
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
        let outputs = progress.outputs.into_iter();
        let outputs = outputs.filter(|(field, _)| !secret.contains(&field));
        let follow_up = match failure {
            Some(_) => Vec::new(),
            None => self.plan.follow_up.clone(),
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
                .filter_map(|(field, text)| Some((field, text.expose_text().ok()?.to_owned())))
                .collect(),
            follow_up,
            failure,
        }
    }
}

impl Progress<'_> {
    fn keep(&mut self, id: &OperationId, action: &Action<Input>, outcome: Outcome) {
        if let Action::ReadSerial { into, .. } | Action::ListTokens { into, .. } = action
            && let Some(serial) = outcome.parts.get(&Part::Serial)
        {
            self.outputs.insert(into.clone(), serial.clone());
        }
        let results = outcome.parts.into_iter();
        let results = results.map(|(part, bytes)| ((id.clone(), part), bytes));
        self.values.results.extend(results);
        if let Some(key) = outcome.key {
            self.keys.insert(id.clone(), key);
        }
    }
}

fn failed(operation: &Operation, error: TokenError) -> Failure {
    Failure {
        operation: operation.id.clone(),
        origin: operation.origin.clone(),
        problem: error.problem,
        causes: error.causes,
        retry_is_safe: error.retry == Retry::Safe,
        retry: error.retry,
    }
}
