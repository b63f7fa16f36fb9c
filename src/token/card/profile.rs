//! Laying out a card by a profile: erase, label and serial number, files, PINs and keys, activation.

use super::line::lost;
use super::{CardToken, input_bytes, input_text};
use crate::card::apdu::MAX_SHORT_DATA;
use crate::card::program::{
    Dialect, Failure, FailureKind, Item, Known, Problem, Setup, assemble, execute,
};
use crate::der::pkcs15::{TokenInfo, fid};
use crate::operation::{Access, CardAction, CardProgram, FileShape, Input, SizeOf};
use crate::secret::Secret;
use crate::token::{Refusal, Retry, TokenError};

/// What an initialisation asks of a card.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout<'a> {
    /// The profile.
    pub program: &'a CardProgram<Input>,
    /// Name of the token, for EF.TokenInfo.
    pub label: Option<&'a Input>,
    /// Serial number of one's own, for EF.TokenInfo.
    pub serial: Option<&'a Input>,
    /// The credential that `SO` means: `PUK` or `OP`.
    pub officer: &'a Input,
}

impl CardToken {
    /// Erases the card and lays it out. Until the activation nothing is lost by a failure: the card
    /// is erased and laid out again.
    pub(super) fn lay_out(&mut self, layout: &Layout<'_>) -> Result<(), TokenError> {
        let program = amended(layout)?;
        let items = self.assembled(&program, layout.officer)?;
        if self.was_laid_out()? {
            self.references = references(&program);
            return Ok(());
        }
        // A foreign card is taken as it is: how it is erased is not known.
        if self.identification()?.is_some() {
            self.erase()?;
        }
        self.references = references(&program);
        let done = execute(&items, &mut *self.line);
        self.line.keep()?;
        done.map_err(failed)
    }

    /// Whether the run before has come to its last command. A card that nobody can erase was not
    /// activated when that run began, or its pre-flight had refused it.
    pub(super) fn was_laid_out(&mut self) -> Result<bool, TokenError> {
        let card = self.identification()?;
        let for_good = card.is_some_and(|card| card.activated && !card.eraseable);
        Ok(self.resumes && for_good)
    }

    fn assembled(
        &mut self,
        program: &CardProgram<Input>,
        officer: &Input,
    ) -> Result<Vec<Item>, TokenError> {
        let dialect = self.dialect()?.unwrap_or(Dialect::Iso7816);
        let setup = Setup {
            dialect,
            data_field: match dialect {
                Dialect::Iso7816 => self.data_field()?,
                Dialect::CardOs44 => MAX_SHORT_DATA,
            },
            officer: officer_of(officer)?,
        };
        let known = known(program);
        assemble(&known, &setup).map_err(|problems| not_assembled(&problems))
    }
}

/// What speaks against a layout whose values are known in part.
pub(super) fn refusals(
    program: &CardProgram<Option<Input>>,
    dialect: Dialect,
    officer: Access,
) -> Vec<Refusal> {
    let known: Result<CardProgram<Known>, std::convert::Infallible> =
        program.try_map(&mut |value| {
            Ok(match value {
                Some(input) => Known::from(input.clone()),
                None => Known::Needs(vec!["a value that the run makes".to_owned()]),
            })
        });
    let Ok(known) = known;
    let setup = Setup {
        dialect,
        data_field: MAX_SHORT_DATA,
        officer,
    };
    let problems = assemble(&known, &setup).err().unwrap_or_default();
    problems.into_iter().map(refusal).collect()
}

fn refusal(problem: Problem) -> Refusal {
    let origin = &problem.origin;
    Refusal {
        problem: format!(
            "{}, line {}: {}",
            origin.source, origin.line, problem.message
        ),
        help: problem.help,
    }
}

fn known(program: &CardProgram<Input>) -> CardProgram<Known> {
    let known: Result<_, std::convert::Infallible> =
        program.try_map(&mut |input| Ok(Known::from(input.clone())));
    let Ok(known) = known;
    known
}

/// Which credential `SO` means.
pub(super) fn officer_of(officer: &Input) -> Result<Access, TokenError> {
    match Access::credential(input_text(officer)?) {
        Some(credential @ (Access::Puk | Access::Operator)) => Ok(credential),
        _ => Err(TokenError::new(
            Retry::Refused,
            "the plan names a security officer that no card has",
        )),
    }
}

/// References that the profile gives its PINs.
fn references(program: &CardProgram<Input>) -> std::collections::BTreeMap<Access, u8> {
    program
        .operations
        .iter()
        .filter_map(|operation| match &operation.action {
            CardAction::CreatePin { pin, .. } => Some((pin.credential, pin.reference)),
            _ => None,
        })
        .collect()
}

/// The program with label and serial number in the content of EF.TokenInfo, which costs no command.
fn amended(layout: &Layout<'_>) -> Result<CardProgram<Input>, TokenError> {
    let mut program = layout.program.clone();
    if layout.label.is_none() && layout.serial.is_none() {
        return Ok(program);
    }
    let label = layout.label.map(input_text).transpose()?;
    let serial = layout.serial.map(input_bytes).transpose()?;
    let serial = serial.map(Secret::expose);
    let mut sizes = None;
    for operation in &mut program.operations {
        if let CardAction::WriteFile { path, content, .. } = &mut operation.action
            && is_token_info(path)
        {
            let present = input_bytes(content)?;
            let new = TokenInfo::relabelled(present.expose(), label, serial).map_err(|error| {
                TokenError::new(
                    Retry::Refused,
                    format!("label and serial number cannot be written: EF.TokenInfo: {error}"),
                )
            })?;
            sizes = Some((present.len(), new.len()));
            *content = Input::Bytes(Secret::new(new));
        }
    }
    let Some((before, after)) = sizes else {
        // A card without PKCS#15 has no place for a label, and needs none (perso).
        return match serial {
            None => Ok(program),
            Some(_) => Err(TokenError::new(
                Retry::Refused,
                "the profile has no EF.TokenInfo (5032) that could hold the serial number",
            )),
        };
    };
    resize(&mut program, before, after);
    Ok(program)
}

/// A file that was as large as its content grows and shrinks with it; one with a size of its own
/// keeps that.
fn resize(program: &mut CardProgram<Input>, before: usize, after: usize) {
    for operation in &mut program.operations {
        if let CardAction::CreateFile {
            path,
            shape: FileShape::Transparent { size, .. },
            ..
        } = &mut operation.action
            && is_token_info(path)
            && size_of(size) == Some(before)
            && let Ok(bytes) = u16::try_from(after)
        {
            *size = SizeOf::Bytes(bytes);
        }
    }
}

fn size_of(size: &SizeOf<Input>) -> Option<usize> {
    match size {
        SizeOf::Bytes(bytes) => Some(usize::from(*bytes)),
        SizeOf::Content(content) => content.bytes().map(Secret::len),
    }
}

fn is_token_info(path: &[crate::operation::FileId]) -> bool {
    path.len() > 1 && path.last().is_some_and(|id| id.0 == fid::TOKEN_INFO)
}

/// Whether a profile has an EF.TokenInfo with a content.
pub(super) fn has_token_info<V>(program: &CardProgram<V>) -> bool {
    let mut operations = program.operations.iter();
    operations.any(|operation| {
        matches!(&operation.action, CardAction::WriteFile { path, .. } if is_token_info(path))
    })
}

fn not_assembled(problems: &[Problem]) -> TokenError {
    let lines = problems.iter().cloned().map(|one| refusal(one).problem);
    TokenError::new(Retry::Refused, lines.collect::<Vec<_>>().join("; "))
}

fn failed(failure: Failure) -> TokenError {
    let error = match &failure.kind {
        FailureKind::Channel(error) => lost(&failure.meaning, error),
        _ => TokenError::new(Retry::Safe, failure.to_string()),
    };
    let error = failure.causes.into_iter().fold(error, TokenError::cause);
    error.within(failure.operation, *failure.origin)
}
