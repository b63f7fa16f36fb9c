//! PINs of a card: verify, change, unblock, block (ISO/IEC 7816-4 clause 7.5). Every PIN goes to the
//! card once.

use super::{CardToken, holder, input_bytes};
use crate::card::apdu::ins;
use crate::card::{Command, Sw};
use crate::operation::{Access, Input, Login, Role};
use crate::secret::Secret;
use crate::token::card::line::{ask, refused, refused_with, send};
use crate::token::{Retry, TokenError};

/// Bit 8 of a reference: local to the directory. OpenSC sets it always, so perso does.
const LOCAL: u8 = 0x80;

/// P1 of RESET RETRY COUNTER: PUK and new PIN.
const PUK_AND_NEW: u8 = 0x00;

/// More wrong tries than any PIN allows.
const TOO_MANY: usize = 16;

/// What is known of a PIN without trying it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PinState {
    /// So many tries are left.
    Usable(u8),
    /// The card does not tell how many.
    Unknown,
    /// No try is left.
    Blocked,
    /// The card has no such PIN, or it was never set.
    Missing,
}

impl CardToken {
    /// The credential of the card that a role is; `signature` tells the slot of a
    /// [`Role::SlotUser`].
    pub(super) fn credential_of(
        role: Role,
        officer: Option<&Input>,
        signature: bool,
    ) -> Result<Access, TokenError> {
        match role {
            Role::User => Ok(Access::Pin1),
            Role::SignatureUser => Ok(Access::Pin2),
            Role::SlotUser => Ok(holder(signature)),
            Role::CardManager => Ok(Access::Manager),
            Role::SecurityOfficer => officer
                .and_then(Input::bytes)
                .and_then(|name| name.expose_text().ok())
                .map_or(Some(Access::Puk), Access::credential)
                .ok_or_else(|| {
                    TokenError::new(
                        Retry::Refused,
                        "the plan names a security officer that no card has",
                    )
                }),
        }
    }

    /// The reference of a credential: as the profile of this run set it, else as the card's list of
    /// PINs tells, else the default.
    pub(super) fn reference_of(&self, credential: Access) -> u8 {
        self.references
            .get(&credential)
            .copied()
            .or_else(|| credential.default_reference())
            .unwrap_or(1)
    }

    /// Verifies the credential of a login unless it is verified already.
    pub(super) fn log_in(
        &mut self,
        login: &Login<Input>,
        signature: bool,
    ) -> Result<u8, TokenError> {
        let credential = Self::credential_of(login.role, login.officer.as_ref(), signature)?;
        let reference = self.reference_of(credential);
        if !self.verified.contains(&reference) {
            self.verify(credential, reference, input_bytes(&login.credential)?)?;
        }
        Ok(reference)
    }

    fn verify(
        &mut self,
        credential: Access,
        reference: u8,
        pin: &Secret,
    ) -> Result<(), TokenError> {
        let pin = self.filled_up(pin.expose())?;
        let command = Command::new(ins::VERIFY, 0, LOCAL | reference);
        let command = with_secret(command, &pin)?;
        let doing = format!("verifying {}", credential.word());
        let answer = ask(&mut *self.line, &command, &doing)?;
        self.line.keep()?;
        if answer.sw == Sw::OK {
            self.verified.insert(reference);
            return Ok(());
        }
        Err(self.refusal(&doing, answer.sw, credential))
    }

    /// What the card tells about a PIN; nothing is tried.
    pub(super) fn pin_state(&mut self, credential: Access) -> Result<PinState, TokenError> {
        let reference = self.reference_of(credential);
        let command = Command::new(ins::VERIFY, 0, LOCAL | reference);
        let answer = ask(&mut *self.line, &command, "asking for the state of a PIN")?;
        Ok(match answer.sw {
            Sw::BLOCKED => PinState::Blocked,
            Sw::NO_REFERENCE | Sw::REFERENCE_UNUSABLE => PinState::Missing,
            sw => match sw.remaining_tries() {
                Some(0) => PinState::Blocked,
                Some(tries) => PinState::Usable(tries),
                None => PinState::Unknown,
            },
        })
    }

    /// CHANGE REFERENCE DATA by the holder.
    pub(super) fn change(
        &mut self,
        credential: Access,
        old: &Secret,
        new: &Secret,
    ) -> Result<(), TokenError> {
        let reference = self.reference_of(credential);
        let command = Command::new(ins::CHANGE_REFERENCE_DATA, 0, LOCAL | reference);
        let doing = format!("changing {}", credential.word());
        self.change_by(credential, command, [old, new], &doing)?;
        self.verified.insert(reference);
        Ok(())
    }

    /// RESET RETRY COUNTER: a new PIN by its PUK, which also unblocks it.
    pub(super) fn unblock(
        &mut self,
        credential: Access,
        login: &Login<Input>,
        new: &Secret,
    ) -> Result<(), TokenError> {
        let by = Self::credential_of(login.role, login.officer.as_ref(), false)?;
        let reference = self.reference_of(credential);
        let command = Command::new(ins::RESET_RETRY_COUNTER, PUK_AND_NEW, LOCAL | reference);
        let doing = format!("setting {} by {}", credential.word(), by.word());
        let present = input_bytes(&login.credential)?;
        self.change_by(by, command, [present, new], &doing)?;
        self.verified.remove(&reference);
        Ok(())
    }

    /// Sends what is present of a credential, and a new PIN.
    fn change_by(
        &mut self,
        credential: Access,
        command: Command,
        [present, new]: [&Secret; 2],
        doing: &str,
    ) -> Result<(), TokenError> {
        let present = self.filled_up(present.expose())?;
        let new = self.filled_up(new.expose())?;
        let mut both = zeroize::Zeroizing::new(Vec::with_capacity(present.len() + new.len()));
        both.extend_from_slice(&present);
        both.extend_from_slice(&new);
        let command = with_secret(command, &both)?;
        let answer = ask(&mut *self.line, &command, doing)?;
        self.line.keep()?;
        match answer.sw {
            Sw::OK => Ok(()),
            Sw::REFERENCE_UNUSABLE => Err(refused(doing, answer.sw).cause(
                "the profile gives this PIN no PUK that unblocks it; see `unblock=` of `CreatePin`",
            )),
            sw => Err(self.refusal(doing, sw, credential)),
        }
    }

    /// Why a credential was not taken. A card that does not tell the tries left is asked for them,
    /// which tries nothing; without an answer the refusal stands as it is.
    fn refusal(&mut self, doing: &str, sw: Sw, credential: Access) -> TokenError {
        let left = match sw {
            Sw::WRONG_PIN => self.pin_state(credential).ok(),
            _ => None,
        };
        let left = match left {
            Some(PinState::Usable(tries)) => Some(tries),
            Some(PinState::Blocked) => Some(0),
            _ => None,
        };
        explained(refused_with(doing, sw, left), sw)
    }

    /// Blocks a PIN by tries that cannot be right: no PIN is made of control characters.
    pub(super) fn block(&mut self, credential: Access) -> Result<(), TokenError> {
        let reference = self.reference_of(credential);
        let doing = format!("blocking {}", credential.word());
        let wrong = Command::new(ins::VERIFY, 0, LOCAL | reference);
        let wrong = with_secret(wrong, &[0x01; 8])?;
        for _ in 0..TOO_MANY {
            let answer = ask(&mut *self.line, &wrong, &doing)?;
            match answer.sw {
                Sw::BLOCKED => {
                    self.verified.remove(&reference);
                    return self.line.keep();
                }
                sw if sw.is_wrong_pin() => {}
                sw => return Err(refused(&doing, sw)),
            }
        }
        Err(TokenError::new(
            Retry::LookFirst,
            format!("{doing}: the card lets anybody try again and again"),
        ))
    }

    /// Erases the card (perso: `80 06`). What was verified is forgotten.
    pub(super) fn erase(&mut self) -> Result<(), TokenError> {
        const ERASE: u8 = 0x06;
        const PROPRIETARY: u8 = 0x80;
        let command = Command::new(ERASE, 0, 0).class(PROPRIETARY);
        send(&mut *self.line, &command, "erasing the card").map_err(|error| {
            error.cause(
                "the card was activated by `BurnFuse` and its profile does not call \
                 `MakeCardEraseable`: only the operator PIN can erase it",
            )
        })?;
        self.forget();
        self.line.keep()
    }
}

fn explained(error: TokenError, sw: Sw) -> TokenError {
    match sw {
        _ if sw.is_wrong_pin() => error
            .cause("the job holds another credential than the card; it was tried once")
            .cause("the credential was entered with a line end or in another encoding"),
        Sw::BLOCKED => error.cause("too many wrong attempts before; the PUK can unblock a PIN"),
        Sw::NO_REFERENCE => error.cause("the profile of the card made no such credential"),
        _ => error,
    }
}

fn with_secret(command: Command, data: &[u8]) -> Result<Command, TokenError> {
    command
        .data(data)
        .map_err(|error| TokenError::new(Retry::Refused, error.to_string()))
}
