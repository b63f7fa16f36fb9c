//! Everything that can be known to go wrong before anything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use super::omission::{Omission, requirements};
use super::value::{Missing, Values};
use super::{Planned, Run};
use crate::operation::{
    Action, Capability, CardAction, DialogForm, Input, OperationId, UndoClass, Value,
};
use crate::token::{Identity, Kind, Refusal, TokenError};

/// What was found before the first write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preflight {
    /// The token.
    pub token: Identity,
    /// Everything that speaks against the run; empty if nothing does.
    pub problems: Vec<Refusal>,
    /// The operations that would be done, in order.
    pub operations: Vec<Foreseen>,
}

/// An operation that would be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Foreseen {
    /// Its name in the plan.
    pub operation: OperationId,
    /// Whether it can be taken back.
    pub undo: UndoClass,
    /// Why it would be left out.
    pub left_out: Option<Capability>,
    /// The parts of it that would be left out.
    pub without: Vec<Omission>,
}

impl Foreseen {
    pub(super) fn of(planned: &Planned<'_>) -> Self {
        Self {
            operation: planned.operation.id.clone(),
            undo: planned.operation.undo,
            left_out: planned.left_out,
            without: planned.without.clone(),
        }
    }
}

impl Run<'_> {
    /// Looks for everything that speaks against the run. Nothing is written and no PIN is tried.
    ///
    /// # Errors
    /// The token does not answer.
    pub fn preflight(&mut self) -> Result<Preflight, TokenError> {
        let mut problems = Vec::new();
        if self.resume.is_some() {
            self.token.resumes();
        }
        let token = self.token.identity()?;
        problems.extend(self.other_serial(&token));
        let planned = self.planned(&mut problems)?;
        let offered = self.token.capabilities()?;
        let done_before = |one: &Planned<'_>| {
            self.resume
                .is_some_and(|past| past.says_done(&one.operation.id))
        };
        let kept: Vec<&Planned<'_>> = planned
            .iter()
            .filter(|one| one.left_out.is_none() && !done_before(one))
            .collect();
        missing_capabilities(&kept, &offered, self.skip, &mut problems);
        problems.extend(self.missing_answers(&kept));
        problems.extend(self.missing_outsiders(&kept, token.kind));
        problems.extend(self.continues_silently(&planned)?);
        for one in kept {
            self.refusals_of(&one.operation.id, &one.action, &mut problems)?;
        }
        Ok(Preflight {
            token,
            problems,
            operations: planned.iter().map(Foreseen::of).collect(),
        })
    }

    /// The token that the job is for; in a resumed run, the one that it had made of it.
    pub(super) fn other_serial(&self, token: &Identity) -> Option<Refusal> {
        if self.resume.is_some_and(|past| past.becomes.is_some()) {
            // Its initialisation was begun, which may have changed the number.
            return None;
        }
        let before = self.resume.and_then(|past| past.serial.as_deref());
        let wanted = before.or(self.serial)?;
        (wanted != token.serial).then(|| {
            let problem = format!(
                "the token has the serial number `{}`, the job is for `{wanted}`",
                token.serial
            );
            Refusal::new(problem).help("insert the right card, or correct the job")
        })
    }

    /// Dialogs that nobody answers.
    fn missing_answers(&self, kept: &[&Planned<'_>]) -> Vec<Refusal> {
        let mut refusals: Vec<Refusal> = Vec::new();
        if self.answers.can_ask {
            return refusals;
        }
        for dialog in kept.iter().flat_map(|one| &one.dialogs) {
            if self.answers.holds(dialog) {
                continue;
            }
            let origin = &dialog.origin;
            let problem = format!(
                "`{}` is asked for in a dialog, and there is no terminal to ask at ({}, line {}: {})",
                dialog.key, origin.source, origin.line, origin.text
            );
            let answer = match dialog.form {
                DialogForm::ChangePin => "{ old = { env = \"…\" }, new = { env = \"…\" } }",
                DialogForm::Authenticate | DialogForm::NewPin => "{ env = \"…\" }",
            };
            let help = format!("answer it in the job: [dialogs] {} = {answer}", dialog.key);
            let refusal = Refusal::new(problem).help(help);
            if !refusals.iter().any(|other| other.help == refusal.help) {
                refusals.push(refusal);
            }
        }
        refusals
    }

    /// What the run needs beside the token: an issuer, certificates for PINs, a receiver of
    /// secrets, leave to do what cannot be undone.
    fn missing_outsiders(&self, kept: &[&Planned<'_>], kind: Kind) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        let any = |is: fn(&Action) -> bool| kept.iter().any(|one| is(&one.action));
        if self.issuer.is_none() && any(|it| matches!(it, Action::ObtainCertificate { .. })) {
            let problem = "the plan obtains certificates and the job names no issuer";
            let help = "name one in the job: [issuer] kind = \"dev-ca\"";
            refusals.push(Refusal::new(problem).help(help));
        }
        refusals.extend(self.obstacles(kept));
        if self.encrypt_pins.is_none()
            && any(|it| in_program(it, |it| matches!(it, CardAction::EncryptPins { .. })))
        {
            let problem = "the profile encrypts PINs and the job names no certificate";
            let help = "name it in the job: [pin-encryption] certificate = \"….pem\"";
            refusals.push(Refusal::new(problem).help(help));
        }
        if self.decrypt_pins.is_none() && any(|it| matches!(it, Action::ReadEncryptedPins { .. })) {
            let problem = "the run decrypts the PINs of the card and the job names no key";
            let help = "name it in the job: [pin-decryption] keys = [{ pkcs12 = \"….p12\", \
                        password = { env = \"…\" } }], or a key in an HSM: { module = \"….so\", \
                        token = \"…\", alias = \"…\", pin = { env = \"…\" } }";
            refusals.push(Refusal::new(problem).help(help));
        }
        if kind == Kind::Card
            && !self.irreversible
            && any(|it| in_program(it, |it| matches!(it, CardAction::Activate)))
        {
            let problem = "the profile puts the card into operation for good (BurnFuse)";
            let help = "add --irreversible once the profile was tried on the simulator";
            refusals.push(Refusal::new(problem).help(help));
        }
        let secret = self.secret_fields(kept);
        if !self.takes_secret_outputs && !secret.is_empty() {
            let problem = format!(
                "the run fills fields with credentials: {}",
                secret.join(", ")
            );
            let help = "say where they go: --secret-outputs FILE (only its owner can read it)";
            refusals.push(Refusal::new(problem).help(help));
        }
        refusals
    }

    /// What speaks against asking the issuer.
    fn obstacles(&self, kept: &[&Planned<'_>]) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        let Some(issuer) = &self.issuer else {
            return refusals;
        };
        let obtains = |one: &&&Planned<'_>| matches!(one.action, Action::ObtainCertificate { .. });
        for one in kept.iter().filter(obtains) {
            let name = self.name_of(&one.operation.id);
            let obstacle = issuer.obstacle(&name, self.resume.is_some());
            let refusal = obstacle.map(|it| Refusal::new(it.problem).help(it.help));
            refusals.extend(refusal.filter(|refusal| !refusals.contains(refusal)));
        }
        refusals
    }

    /// Fields with credentials that the operations fill.
    fn secret_fields(&self, kept: &[&Planned<'_>]) -> Vec<&str> {
        let filled: BTreeSet<&str> = kept
            .iter()
            .flat_map(|one| filled_fields(&one.operation.action))
            .collect();
        let declared = self.plan.outputs.iter().filter(|output| output.secret);
        let declared = declared.map(|output| output.field.as_str());
        declared.filter(|field| filled.contains(field)).collect()
    }

    /// A run never takes up another one unasked: its objects would be there twice.
    fn continues_silently(
        &mut self,
        planned: &[Planned<'_>],
    ) -> Result<Option<Refusal>, TokenError> {
        let kept = || planned.iter().filter(|one| one.left_out.is_none());
        let erases = |one: &Planned<'_>| matches!(one.action, Action::Initialise { .. });
        if self.resume.is_some() || kept().any(erases) {
            return Ok(None);
        }
        if !self.token.holds(&self.object_ids(planned))? {
            return Ok(None);
        }
        let problem = format!("the token holds objects of the job `{}` already", self.job);
        let help = "continue that run with --resume JOURNAL, or give this one another --job-id";
        Ok(Some(Refusal::new(problem).help(help)))
    }

    /// What speaks against one operation, as far as its values are known.
    pub(super) fn refusals_of(
        &mut self,
        operation: &OperationId,
        action: &Action,
        problems: &mut Vec<Refusal>,
    ) -> Result<(), TokenError> {
        let values = Values::of(self.fields, self.answers);
        let mut missing = Vec::new();
        let known = action.try_map::<Option<Input>, Infallible, _>(&mut |value: &Value| {
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
                problem: format!("{operation}: {}", refusal.problem),
                ..refusal
            };
            if !problems.contains(&named) {
                problems.push(named);
            }
        }
        Ok(())
    }
}

/// The fields that an operation fills.
fn filled_fields(action: &Action) -> Vec<&str> {
    match action {
        Action::ReadSerial { into, .. } | Action::ListTokens { into, .. } => vec![into],
        Action::WriteCertificateList { into, .. } | Action::RunApduScript { into, .. } => {
            into.iter().map(String::as_str).collect()
        }
        Action::ReadEncryptedPins { into } => {
            into.iter().map(|(_, field)| field.as_str()).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether the program of an initialisation does something.
fn in_program(action: &Action, is: fn(&CardAction) -> bool) -> bool {
    match action {
        Action::Initialise {
            program: Some(program),
            ..
        } => program.operations.iter().any(|one| is(&one.action)),
        _ => false,
    }
}

fn missing_capabilities(
    planned: &[&Planned<'_>],
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
