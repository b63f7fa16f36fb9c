//! Taking up the job of a run that was killed. The journal says where to look, the token says what
//! is true.

use std::collections::{BTreeMap, BTreeSet};

use super::execute::Progress;
use super::journal::{Entry, Phase};
use super::{Planned, Run, object_id};
use crate::operation::{Action, Input, Operation, OperationId, Part, Value};
use crate::secret::Secret;
use crate::token::{ObjectId, Outcome, Retry, State, Step, TokenError};

/// What is known of the run before.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Past {
    /// Whether there is no journal: the token alone tells then.
    pub lost: bool,
    /// The serial number that the token had last, if the journal names one.
    pub serial: Option<String>,
    /// The operation that came last may have changed serial number and label; the label that it was
    /// about to give, empty if none.
    pub becomes: Option<String>,
    phases: BTreeMap<OperationId, Phase>,
}

/// Which PIN holds, as a person says after the answer to a change and the journal got lost.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PinState {
    /// The change was not done.
    Old,
    /// It was.
    New,
}

/// Why a journal cannot be resumed from.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PastError {
    /// Nothing of the job in it.
    #[error("the journal holds nothing of the job `{0}`")]
    OtherJob(String),
    /// No line at all.
    #[error("the journal is empty")]
    Empty,
    /// The description was changed meanwhile.
    #[error(
        "the journal is of another plan: the description, its profile or perso itself was changed \
         since"
    )]
    OtherPlan,
}

impl Past {
    /// Without a journal.
    #[must_use]
    pub fn lost() -> Self {
        Self {
            lost: true,
            ..Self::default()
        }
    }

    /// From the text of a journal: the name of the job, that of the last line unless it is given,
    /// and what is known of it. Lines that a killed run did not finish are passed over.
    ///
    /// # Errors
    /// [`PastError`].
    pub fn read(text: &str, job: Option<&str>, plan: &str) -> Result<(String, Self), PastError> {
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        let entries: Vec<Entry> = lines.collect();
        let job = match (job, entries.last()) {
            (Some(job), _) => job.to_owned(),
            (None, Some(last)) => last.job.clone(),
            (None, None) => return Err(PastError::Empty),
        };
        let mut own: Vec<Entry> = entries
            .into_iter()
            .filter(|entry| entry.job == job)
            .collect();
        if let Some(start) = own.iter().rposition(|entry| entry.starts) {
            own.drain(..start);
        }
        if own.is_empty() {
            return Err(PastError::OtherJob(job));
        }
        let mut past = Self::default();
        for entry in own {
            if entry.plan != plan {
                return Err(PastError::OtherPlan);
            }
            past.serial = Some(entry.serial).filter(|serial| !serial.is_empty());
            // What failed may have been done, too, before the answer was lost.
            past.becomes = entry.becomes.filter(|_| entry.phase != Phase::Done);
            past.phases
                .insert(OperationId(entry.operation), entry.phase);
        }
        Ok((job, past))
    }

    /// Whether the journal says that the operation was done.
    pub(super) fn says_done(&self, operation: &OperationId) -> bool {
        self.phases.get(operation) == Some(&Phase::Done)
    }

    /// Whether the journal says that the operation waits for a certificate.
    pub(super) fn says_waiting(&self, operation: &OperationId) -> bool {
        self.phases.get(operation) == Some(&Phase::Waiting)
    }

    /// Whether the journal says that what the operation had made was taken back.
    pub(super) fn says_undone(&self, operation: &OperationId) -> bool {
        self.phases.get(operation) == Some(&Phase::Undone)
    }

    /// Whether the operation may have been begun.
    pub(super) fn may_be_begun(&self, operation: &OperationId) -> bool {
        self.lost || self.phases.contains_key(operation)
    }

    /// Whether the operation was refused by the token: it was not done then.
    fn says_failed(&self, operation: &OperationId) -> bool {
        self.phases.get(operation) == Some(&Phase::Failed)
    }
}

impl Run<'_> {
    /// What the run before has left of a writing step: its outcome, or `None` if it is to be done.
    /// Remains of half a step are removed.
    pub(super) fn taken_over(
        &mut self,
        step: &Step<'_>,
        planned: &[Planned<'_>],
    ) -> Result<Option<Outcome>, TokenError> {
        let Some(past) = self.resume.filter(|past| past.may_be_begun(step.operation)) else {
            return Ok(None);
        };
        let done = past.says_done(step.operation);
        match step.action {
            Action::Initialise { .. } => self.initialised(step, past, planned),
            Action::ChangePin { .. } | Action::ChangePuk { .. } => {
                if past.says_failed(step.operation) {
                    return Ok(None);
                }
                match (done, self.pin_state) {
                    (true, _) | (false, Some(PinState::New)) => Ok(Some(Outcome::default())),
                    (false, Some(PinState::Old)) => Ok(None),
                    (false, None) => Err(pin_is_not_known()),
                }
            }
            // An administrator who sets the same PIN once more changes nothing.
            Action::SetPin { .. } => Ok(done.then(Outcome::default)),
            _ => match self.token.probe(step)? {
                State::Done(outcome) => Ok(Some(outcome)),
                State::Absent => Ok(None),
                State::Partial => {
                    self.token.remove_partial(step)?;
                    Ok(None)
                }
                State::Unknown if done => Ok(Some(Outcome::default())),
                State::Unknown => Err(state_is_not_known()),
            },
        }
    }

    /// A token that looks initialised may have been so before this job. The journal knows; without
    /// it, objects of this job tell, and a token with none of them is initialised again, which is
    /// what the job wants anyway.
    fn initialised(
        &mut self,
        step: &Step<'_>,
        past: &Past,
        planned: &[Planned<'_>],
    ) -> Result<Option<Outcome>, TokenError> {
        let looks_done = match self.token.probe(step)? {
            State::Done(outcome) => Some(outcome),
            State::Unknown if past.says_done(step.operation) => Some(Outcome::default()),
            State::Partial => {
                self.token.remove_partial(step)?;
                None
            }
            State::Absent | State::Unknown => None,
        };
        if past.says_done(step.operation) {
            return match looks_done {
                Some(outcome) => Ok(Some(outcome)),
                None => Err(TokenError::new(
                    Retry::LookFirst,
                    "the journal says that the token was initialised, and the token does not show it",
                )
                .cause("this is another token, or it was erased since")),
            };
        }
        let (true, Some(outcome)) = (past.lost, looks_done) else {
            return match !past.lost && self.is_somebody_elses(past)? {
                true => Err(state_is_not_known()),
                false => Ok(None),
            };
        };
        if self.token.holds(&self.object_ids(planned))? {
            return Ok(Some(outcome));
        }
        let changes = |one: &Planned<'_>| {
            matches!(
                one.action,
                Action::ChangePin { .. } | Action::ChangePuk { .. } | Action::SetPin { .. }
            )
        };
        match planned.iter().any(changes) {
            true => Err(state_is_not_known()),
            false => Ok(None),
        }
    }

    /// A token that was blank when its initialisation was begun is empty now, however far that came:
    /// one with objects and the same label is another.
    fn is_somebody_elses(&mut self, past: &Past) -> Result<bool, TokenError> {
        let has_serial = !self.token.identity()?.serial.is_empty();
        Ok(past.serial.is_none() && has_serial && self.token.shows_objects()?)
    }

    /// The identifiers of whatever this job makes.
    pub(super) fn object_ids(&self, planned: &[Planned<'_>]) -> BTreeSet<ObjectId> {
        let ids = planned.iter().map(|one| &one.operation.id);
        ids.map(|id| object_id(self.plan, self.job, id)).collect()
    }

    /// The certificate that the run before obtained for a request and wrote. A second one is not
    /// asked for then.
    pub(super) fn written_certificate(
        &mut self,
        id: &OperationId,
        planned: &[Planned<'_>],
        progress: &mut Progress<'_>,
    ) -> Result<bool, TokenError> {
        let Some((obtained, writing)) = chain_of(id, planned) else {
            return Ok(false);
        };
        let result = (obtained.clone(), Part::Certificate);
        if progress.values.results.contains_key(&result) {
            return Ok(true);
        }
        let Some(past) = self
            .resume
            .filter(|past| past.may_be_begun(&writing.operation.id))
        else {
            return Ok(false);
        };
        let made_here = initialises(planned) || is_key_of_this_job(writing.operation, planned);
        let certain = made_here || past.says_done(&writing.operation.id);
        let action = writing.action.try_map(&mut |value: &Value| {
            let known = progress.values.input(value);
            Ok::<_, TokenError>(known.unwrap_or_else(|_| Input::Bytes(Secret::default())))
        })?;
        let step = self.step_of(writing.operation, &action, progress)?;
        let State::Done(outcome) = self.token.probe(&step.step())? else {
            return Ok(false);
        };
        let Some(found) = outcome.parts.get(&Part::Certificate) else {
            return Ok(false);
        };
        if !certain {
            return Err(state_is_not_known());
        }
        progress.values.results.insert(result, found.clone());
        Ok(true)
    }
}

/// The operation that obtains a certificate by the request or the obtaining `id`, and the one that
/// writes it.
fn chain_of<'p, 'a>(
    id: &OperationId,
    planned: &'p [Planned<'a>],
) -> Option<(&'p OperationId, &'p Planned<'a>)> {
    let mut kept = planned.iter().filter(|one| one.left_out.is_none());
    let obtains = |one: &&Planned<'_>| match &one.action {
        Action::ObtainCertificate { request, .. } => request == id || one.operation.id == *id,
        _ => false,
    };
    let obtained = &kept.clone().find(obtains)?.operation.id;
    let writing = kept.find(|one| match &one.action {
        Action::WriteCertificate {
            certificate: Value::Result { operation, .. },
            ..
        } => operation == obtained,
        _ => false,
    })?;
    Some((obtained, writing))
}

/// Whether the certificate is for a key that this job makes; a key that was there before may have
/// had a certificate before.
pub(super) fn is_key_of_this_job(writing: &Operation, planned: &[Planned<'_>]) -> bool {
    let Action::WriteCertificate { key: Some(key), .. } = &writing.action else {
        return false;
    };
    let made = |one: &Planned<'_>| matches!(one.action, Action::GenerateKeyPair { .. });
    planned
        .iter()
        .any(|one| one.operation.id == *key && made(one))
}

/// Whether the job makes an empty token first: whatever is on it is its own then.
fn initialises(planned: &[Planned<'_>]) -> bool {
    let empties = |one: &Planned<'_>| matches!(one.action, Action::Initialise { .. });
    planned
        .iter()
        .any(|one| one.left_out.is_none() && empties(one))
}

fn pin_is_not_known() -> TokenError {
    TokenError::new(
        Retry::LookFirst,
        "whether the PIN was changed is not known, and perso does not find out by trying",
    )
    .cause("find out which PIN holds, then resume with --pin-state old or --pin-state new")
}

fn state_is_not_known() -> TokenError {
    TokenError::new(
        Retry::LookFirst,
        "whether this was done before is not known: neither the journal nor the token tells",
    )
    .cause("look at the card; then resume with its journal, or begin again under another job id")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(job: &str, operation: &str, phase: &str) -> String {
        format!(
            "{{\"job\":\"{job}\",\"plan\":\"p\",\"serial\":\"1\",\"label\":\"\",\
             \"operation\":\"{operation}\",\"phase\":\"{phase}\"}}\n"
        )
    }

    #[test]
    fn the_last_line_names_the_job_and_a_torn_one_is_passed_over() {
        let text = line("a", "x", "begin") + &line("b", "y", "begin") + &line("b", "y", "done");
        let (job, past) = Past::read(&(text + "{\"job\":\"b"), None, "p").unwrap();
        assert_eq!(job, "b");
        let id = |name: &str| OperationId(name.to_owned());
        assert!(past.says_done(&id("y")));
        assert!(!past.may_be_begun(&id("x")));
        assert_eq!(past.serial.as_deref(), Some("1"));
    }

    #[test]
    fn what_stands_above_the_last_start_is_of_another_run() {
        let again = line("a", "y", "begin").replace('{', "{\"starts\":true,");
        let text = line("a", "x", "done").replace("\"p\"", "\"other\"") + &again;
        let (_, past) = Past::read(&text, None, "p").unwrap();
        assert!(!past.may_be_begun(&OperationId("x".to_owned())));
        assert!(past.may_be_begun(&OperationId("y".to_owned())));
    }

    #[test]
    fn a_journal_of_something_else_is_refused() {
        let text = line("a", "x", "begin");
        let read = |job, plan| Past::read(&text, job, plan).map(|(job, _)| job);
        assert_eq!(
            read(Some("b"), "p"),
            Err(PastError::OtherJob("b".to_owned()))
        );
        assert_eq!(read(None, "q"), Err(PastError::OtherPlan));
        assert_eq!(read(None, "p"), Ok("a".to_owned()));
        assert_eq!(Past::read("", None, "p").unwrap_err(), PastError::Empty);
    }
}
