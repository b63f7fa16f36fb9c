//! A card, simulated or in a reader, driven by command APDUs.
//!
//! Knows how an operation of a plan is done on a card: PINs by their references, keys in the card,
//! certificates and data as files that the directories of PKCS#15 list. Every secret goes to the
//! card once. What a plan wants, in which order, is not known here; nor is what a reader is.

use std::collections::{BTreeMap, BTreeSet};

use crate::card::apdu::ins;
use crate::card::pkcs15::Application;
use crate::card::program::Dialect;
use crate::card::tree::Picture;
use crate::card::{Command, Sw};
use crate::der::pkcs15::shown_serial;
use crate::operation::{Access, Action, Capability, Input, Slot};
use crate::secret::Secret;
use crate::token::{Identity, ObjectId, Outcome, Refusal, Retry, State, Step, Token, TokenError};

mod apply;
mod dialect;
mod identity;
mod keys;
mod line;
mod pins;
mod preflight;
mod profile;
#[cfg(feature = "pcsc")]
mod reader;
mod simulator;
mod stored;

pub use line::Line;
#[cfg(feature = "pcsc")]
pub use reader::ReaderCard;
pub use simulator::{SimulatedCard, SimulatorUri};

use line::ask;
use preflight::Foreseen;

/// A card as a token.
pub struct CardToken {
    line: Box<dyn Line>,
    /// The PKCS#15 application as it was read last; none before it is asked for and after a change
    /// of the card's layout.
    application: Option<Application>,
    /// References that the profile of this run gave its PINs.
    references: BTreeMap<Access, u8>,
    /// References of PINs that are verified.
    verified: BTreeSet<u8>,
    /// What pre-flight knows of the card by then.
    foreseen: Foreseen,
    /// Whether a card of an unknown kind is laid out in the form of ISO 7816.
    force_iso: bool,
    /// How it is laid out, once it was asked.
    dialect: Option<Option<Dialect>>,
    /// What an interrupted change left in the directories was finished.
    mended: bool,
    /// The run takes up one that was killed.
    resumes: bool,
}

impl CardToken {
    /// The card at the other end of a line.
    #[must_use]
    pub fn new(line: Box<dyn Line>) -> Self {
        Self {
            line,
            application: None,
            references: BTreeMap::new(),
            verified: BTreeSet::new(),
            foreseen: Foreseen::AsItIs,
            force_iso: false,
            dialect: None,
            mended: false,
            resumes: false,
        }
    }

    /// Lays out any card in the form of ISO 7816, also one that does not say that it takes it.
    #[must_use]
    pub fn forcing_iso(mut self, force: bool) -> Self {
        self.force_iso = force;
        self
    }

    /// What the run knows of the card besides its reader: nothing after it was erased.
    fn forget(&mut self) {
        self.application = None;
        self.references.clear();
        self.verified.clear();
    }

    /// GET DATA; none where the card has no such object.
    fn data(&mut self, object: u16) -> Result<Option<Vec<u8>>, TokenError> {
        let [p1, p2] = object.to_be_bytes();
        let command = Command::new(ins::GET_DATA, p1, p2).expect(256);
        let answer = ask(
            &mut *self.line,
            &command,
            "reading a data object of the card",
        )?;
        Ok((answer.sw == Sw::OK).then(|| answer.data.to_vec()))
    }

    /// Longest data field of a command: what CardOS tells (GET DATA 018D), else short length.
    fn data_field(&mut self) -> Result<usize, TokenError> {
        const DATA_FIELD_LENGTH: u16 = 0x018D;
        if !self.line.takes_extended_length() {
            return Ok(255);
        }
        let told = self.data(DATA_FIELD_LENGTH)?;
        Ok(match told.as_deref() {
            Some([high, low]) => usize::from(u16::from_be_bytes([*high, *low])).max(255),
            _ => 255,
        })
    }

    /// The PKCS#15 application, if the card has one.
    fn find_application(&mut self) -> Result<Option<&mut Application>, TokenError> {
        if self.application.is_none() {
            let data_field = self.data_field()?;
            self.application = Application::open(&mut *self.line, data_field)?;
        }
        Ok(self.application.as_mut())
    }

    /// Finishes what a killed run left of a change of the directories, once.
    fn mend(&mut self) -> Result<(), TokenError> {
        if self.mended || self.find_application()?.is_none() {
            return Ok(());
        }
        self.mended = true;
        self.change_application(Application::finish_interrupted)?;
        self.line.keep()
    }
}

impl Token for CardToken {
    fn identity(&mut self) -> Result<Identity, TokenError> {
        self.who()
    }

    fn capabilities(&mut self) -> Result<BTreeSet<Capability>, TokenError> {
        let lacking = [Capability::Apdu];
        let all = Capability::ALL.into_iter();
        Ok(all.filter(|one| !lacking.contains(one)).collect())
    }

    fn preflight(&mut self, action: &Action<Option<Input>>) -> Result<Vec<Refusal>, TokenError> {
        self.refusals(action)
    }

    fn probe(&mut self, step: &Step<'_>) -> Result<State, TokenError> {
        self.mend()?;
        match step.action {
            Action::Initialise { .. } => {
                let activated = self.identification()?.is_some_and(|card| card.activated);
                // Before its activation the card is laid out again from the start.
                Ok(if activated {
                    State::Unknown
                } else {
                    State::Absent
                })
            }
            Action::GenerateKeyPair { slot, login, .. } => {
                let state = self.probe_key_pair(is_signature(slot), step)?;
                if let State::Done(_) = state {
                    // The request that it signs next has no login of its own.
                    self.log_in(login, is_signature(slot))?;
                }
                Ok(state)
            }
            Action::WriteCertificate { certificate, .. } => {
                self.probe_certificate(step, certificate.bytes())
            }
            Action::ImportPkcs12 { slot, .. } => self.probe_import(is_signature(slot), step),
            // What is there is not written twice.
            Action::WriteCertificateList { .. } => Ok(State::Absent),
            Action::WriteData { data, label, .. } => self.probe_data(data, label.as_ref()),
            Action::DeleteProfile { .. } => Ok(match self.is_blank()? {
                true => State::Done(Outcome::default()),
                false => State::Absent,
            }),
            Action::WriteSerialNumber { serial, .. } => {
                let wanted = shown_serial(input_bytes(serial)?.expose());
                Ok(match self.serial()? == wanted {
                    true => State::Done(Outcome::default()),
                    false => State::Absent,
                })
            }
            Action::BlockPin { slot } => Ok(match self.pin_state(holder(is_signature(slot)))? {
                pins::PinState::Blocked => State::Done(Outcome::default()),
                _ => State::Absent,
            }),
            _ => Ok(State::Unknown),
        }
    }

    fn holds(&mut self, ids: &BTreeSet<ObjectId>) -> Result<bool, TokenError> {
        let ours = |id: &Vec<u8>| ids.iter().any(|ours| ours.0[..] == id[..]);
        let Some(application) = self.find_application()? else {
            return Ok(false);
        };
        let keys = application.private_keys().into_iter().map(|it| it.key.id);
        let public = application.public_keys().into_iter().map(|it| it.key.id);
        let certificates = application.certificates().into_iter().map(|it| it.id);
        Ok(keys.chain(public).chain(certificates).any(|id| ours(&id)))
    }

    fn shows_objects(&mut self) -> Result<bool, TokenError> {
        Ok(self.find_application()?.is_some_and(|application| {
            !application.private_keys().is_empty()
                || !application.certificates().is_empty()
                || !application.data_objects().is_empty()
        }))
    }

    fn remove_partial(&mut self, step: &Step<'_>) -> Result<(), TokenError> {
        if let Action::GenerateKeyPair { slot, login, .. }
        | Action::ImportPkcs12 { slot, login, .. } = step.action
        {
            self.log_in(login, is_signature(slot))?;
        }
        self.remove_half(step)
    }

    fn undo(&mut self, step: &Step<'_>) -> Result<bool, TokenError> {
        let removed = self.take_back(step);
        // What is gone is gone, also after a failure in the middle.
        self.line.keep()?;
        if removed.is_err() {
            self.application = None;
        }
        removed
    }

    fn resumes(&mut self) {
        self.resumes = true;
    }

    fn apply(&mut self, step: &Step<'_>) -> Result<Outcome, TokenError> {
        let done = self.perform(step);
        // What is on the card counts, also after a failure in the middle.
        self.line.keep()?;
        if done.is_err() {
            self.application = None;
        }
        done
    }

    fn read_back(&mut self, step: &Step<'_>, _outcome: &Outcome) -> Result<(), TokenError> {
        self.application = None;
        self.compare(step)
    }

    fn picture(&self) -> Option<Picture> {
        self.line.picture()
    }
}

impl std::fmt::Debug for CardToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CardToken").finish_non_exhaustive()
    }
}

/// The credential that guards what lies in a slot.
const fn holder(signature: bool) -> Access {
    if signature {
        Access::Pin2
    } else {
        Access::Pin1
    }
}

fn is_signature(slot: &Slot<Input>) -> bool {
    match slot {
        Slot::Default => false,
        Slot::Signature => true,
        Slot::FromValue { value } => value
            .bytes()
            .is_some_and(|word| word.expose().eq_ignore_ascii_case(b"signature")),
    }
}

fn input_bytes(input: &Input) -> Result<&Secret, TokenError> {
    input.bytes().ok_or_else(|| {
        TokenError::new(
            Retry::Refused,
            "a value cannot be entered at the PIN pad of this reader",
        )
    })
}

fn input_text(input: &Input) -> Result<&str, TokenError> {
    input_bytes(input)?
        .expose_text()
        .map_err(|_| TokenError::new(Retry::Refused, "a value is not UTF-8 text"))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
