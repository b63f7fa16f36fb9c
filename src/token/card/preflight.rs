//! What can be known to go wrong on a card before anything is written.

use super::pins::PinState;
use super::profile::{has_token_info, refusals as layout_refusals};
use super::{CardToken, is_signature};
use crate::card::access::CredentialNumber;
use crate::card::program::Dialect;
use crate::der::pkcs15::fid;
use crate::operation::{Access, Action, CardAction, CardProgram, Input, Login, Role, Slot};
use crate::token::{Refusal, TokenError, content};

/// The card as it will be when an operation is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Foreseen {
    /// As it is now.
    AsItIs,
    /// Erased.
    Erased,
    /// Laid out by a profile of the plan.
    LaidOut {
        /// Whether that makes a PKCS#15 application.
        application: bool,
    },
}

impl CardToken {
    /// Everything that speaks against `action`.
    pub(super) fn refusals(
        &mut self,
        action: &Action<Option<Input>>,
    ) -> Result<Vec<Refusal>, TokenError> {
        let mut refusals = Vec::new();
        if adds_objects(action) && self.is_cardos44_chip()? {
            refusals.push(
                Refusal::new(
                    "perso adds keys, certificates and data to a CardOS 4.4 in its simulation only",
                )
                .help(
                    "it makes them in the form of ISO 7816, which the chip does not take; lay the \
                     card out by a description without applications, and let `pkcs15-init` of \
                     OpenSC add them",
                ),
            );
        }
        match action {
            // Every plan begins with it: what an earlier pre-flight foresaw does not count.
            Action::SelectCard { .. } => self.foreseen = Foreseen::AsItIs,
            Action::Initialise {
                program,
                serial,
                officer,
                ..
            } => {
                let there = self.was_laid_out()?;
                if self.foreseen == Foreseen::AsItIs && !there {
                    self.erasure_refusals(&mut refusals)?;
                }
                if !there {
                    self.foreseen = Foreseen::LaidOut {
                        application: program.as_ref().is_some_and(makes_application),
                    };
                }
                let dialect = self.dialect()?.unwrap_or(Dialect::Iso7816);
                refusals.extend(program_refusals(
                    program.as_ref(),
                    dialect,
                    serial.is_some(),
                    officer.as_ref(),
                ));
            }
            Action::DeleteProfile { login } => {
                self.deletion_refusals(login.as_ref(), &mut refusals)?;
                self.foreseen = Foreseen::Erased;
            }
            action if self.foreseen != Foreseen::AsItIs => {
                let application = self.foreseen == Foreseen::LaidOut { application: true };
                if needs_application(action) && !application {
                    refusals.push(no_application());
                }
            }
            Action::SetPin { role, login, .. } => {
                if let Some(holder) = credential(*role, None, false) {
                    self.unblocking_refusals(holder, login, &mut refusals)?;
                }
            }
            Action::ChangePin { role, .. } => {
                let holder = credential(*role, None, false);
                self.login_refusals(holder, &mut refusals)?;
            }
            Action::ChangePuk { .. } => self.login_refusals(Some(Access::Puk), &mut refusals)?,
            action => {
                if let Some((login, slot)) = login_of(action) {
                    let signature = slot.is_some_and(goes_to_signature_slot);
                    let officer = login.officer.as_ref().and_then(Option::as_ref);
                    self.login_refusals(credential(login.role, officer, signature), &mut refusals)?;
                }
                if needs_application(action) && self.find_application()?.is_none() {
                    refusals.push(no_application());
                }
            }
        }
        refusals.extend(content::refusal(action));
        Ok(refusals)
    }

    /// Laying out a card erases what is on it.
    fn erasure_refusals(&mut self, refusals: &mut Vec<Refusal>) -> Result<(), TokenError> {
        let Some(card) = self.identification()? else {
            if self.dialect()?.is_none() && !self.force_iso {
                refusals.push(
                    Refusal::new(
                        "how this card creates files is not public, so perso does not lay it out",
                    )
                    .help(
                        "try it on a simulated card; --force-iso sends the commands of ISO 7816-9 \
                         to this one, which may spoil it",
                    ),
                );
            }
            return Ok(());
        };
        if card.activated && !card.eraseable {
            refusals.push(
                Refusal::new(
                    "the card was activated and cannot be erased without the operator PIN",
                )
                .help(
                    "take a new card; a profile that calls `MakeCardEraseable()` keeps its cards \
                     erasable",
                ),
            );
        }
        Ok(())
    }

    fn deletion_refusals(
        &mut self,
        login: Option<&Login<Option<Input>>>,
        refusals: &mut Vec<Refusal>,
    ) -> Result<(), TokenError> {
        if self.is_blank()? {
            refusals.push(Refusal::new(
                "the card holds no profile that could be deleted",
            ));
            return Ok(());
        }
        let officer = login.and_then(|login| login.officer.as_ref()?.as_ref());
        let holder = login.and_then(|login| credential(login.role, officer, false));
        if holder != Some(Access::Operator) {
            self.erasure_refusals(refusals)?;
        }
        match holder {
            Some(holder) => self.login_refusals(Some(holder), refusals),
            None => Ok(()),
        }
    }

    fn login_refusals(
        &mut self,
        credential: Option<Access>,
        refusals: &mut Vec<Refusal>,
    ) -> Result<(), TokenError> {
        let Some(credential) = credential else {
            return Ok(());
        };
        let word = credential.word();
        let refusal = match self.pin_state(credential)? {
            PinState::Usable(1) => Refusal::new(format!(
                "the next wrong {word} would block it, and perso does not risk that"
            ))
            .help("log in once with the right one by other means, which resets the counter"),
            PinState::Blocked => Refusal::new(format!("{word} of the card is blocked"))
                .help("set it anew with the PUK: `SetPIN` with `InitialPUK`"),
            PinState::Missing => Refusal::new(format!(
                "the card has no {word}, reference {}",
                self.reference_of(credential)
            ))
            .help("its profile made none; a card is laid out by a description with `InitToken`"),
            PinState::Usable(_) | PinState::Unknown => return Ok(()),
        };
        if !refusals.contains(&refusal) {
            refusals.push(refusal);
        }
        Ok(())
    }

    /// A blocked PIN is what unblocking is for; its PUK must be usable.
    fn unblocking_refusals(
        &mut self,
        holder: Access,
        login: &Login<Option<Input>>,
        refusals: &mut Vec<Refusal>,
    ) -> Result<(), TokenError> {
        if self.pin_state(holder)? == PinState::Missing {
            self.login_refusals(Some(holder), refusals)?;
        }
        let officer = login.officer.as_ref().and_then(Option::as_ref);
        self.login_refusals(credential(login.role, officer, false), refusals)
    }
}

fn program_refusals(
    program: Option<&CardProgram<Option<Input>>>,
    dialect: Dialect,
    serial: bool,
    officer: Option<&Input>,
) -> Vec<Refusal> {
    let Some(program) = program else {
        return vec![
            Refusal::new("nothing says how the card is laid out")
                .help("name a profile in the description: `ChipProfile=<pkcs15.cpf>`"),
        ];
    };
    let officer = officer
        .and_then(|name| super::profile::officer_of(name).ok())
        .unwrap_or(Access::Puk);
    let mut refusals = layout_refusals(program, dialect, officer);
    if serial && !has_token_info(program) {
        refusals.push(
            Refusal::new("the profile has no EF.TokenInfo that could hold the serial number")
                .help("add a file 5032 with a static content to the PKCS#15 directory, or leave the number out: --skip serial-number"),
        );
    }
    refusals
}

/// Whether a profile makes the object directory file that PKCS#15 needs.
pub(super) fn makes_application<V>(program: &CardProgram<V>) -> bool {
    let mut operations = program.operations.iter();
    operations.any(|operation| match &operation.action {
        CardAction::CreateFile { path, .. } => path.last().is_some_and(|id| id.0 == fid::ODF),
        _ => false,
    })
}

fn no_application() -> Refusal {
    Refusal::new("the card has no PKCS#15 application that could list keys, certificates and data")
        .help("lay the card out first: a description with `InitToken` and a profile with directory 5015")
}

fn credential(role: Role, officer: Option<&Input>, signature: bool) -> Option<Access> {
    CardToken::credential_of(role, officer, signature)
        .ok()
        .filter(|credential| {
            let reference = credential.default_reference();
            reference.and_then(CredentialNumber::new).is_some()
        })
}

const fn needs_application(action: &Action<Option<Input>>) -> bool {
    matches!(
        action,
        Action::GenerateKeyPair { .. }
            | Action::FindKeyPair { .. }
            | Action::WriteCertificate { .. }
            | Action::ImportPkcs12 { .. }
            | Action::WriteData { .. }
            | Action::WriteCertificateList { .. }
            | Action::WriteSerialNumber { .. }
            | Action::ReadEncryptedPins { .. }
    )
}

/// What makes keys and files after the layout, or uses keys.
const fn adds_objects(action: &Action<Option<Input>>) -> bool {
    matches!(
        action,
        Action::GenerateKeyPair { .. }
            | Action::SignRequest { .. }
            | Action::WriteCertificate { .. }
            | Action::ImportPkcs12 { .. }
            | Action::WriteData { .. }
            | Action::WriteCertificateList { .. }
    )
}

type Known<T> = Option<T>;
/// Who logs in, and where what is written goes.
type LoginAt<'a> = (&'a Login<Known<Input>>, Option<&'a Slot<Known<Input>>>);

fn login_of(action: &Action<Known<Input>>) -> Option<LoginAt<'_>> {
    match action {
        Action::WriteSerialNumber { login, .. } => login.as_ref().map(|login| (login, None)),
        Action::GenerateKeyPair { login, slot, .. }
        | Action::FindKeyPair { login, slot, .. }
        | Action::WriteCertificate { login, slot, .. }
        | Action::ImportPkcs12 { login, slot, .. }
        | Action::WriteCertificateList { login, slot, .. }
        | Action::WriteData { login, slot, .. } => Some((login, Some(slot))),
        _ => None,
    }
}

/// A slot that the run will only learn counts as the default slot.
fn goes_to_signature_slot(slot: &Slot<Known<Input>>) -> bool {
    match slot {
        Slot::Default => false,
        Slot::Signature => true,
        Slot::FromValue { value } => value.as_ref().is_some_and(|value| {
            is_signature(&Slot::FromValue {
                value: value.clone(),
            })
        }),
    }
}
