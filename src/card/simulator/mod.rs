//! The simulated card: an ISO 7816-4/-8/-9 file system with PINs, keys and a life cycle, driven by
//! command APDUs alone.
//!
//! Owns the card's state and what each command does to it. Must not know readers, files of the
//! host, plans; randomness is handed in, there is no clock.
//!
//! Decisions of ours (*perso*):
//! * Until the MF is activated, access rules are not enforced. ACTIVATE FILE of the MF (the
//!   profile's `BurnFuse`) activates every file that is still being created or initialised.
//!   Files created later are activated at once unless tag 8A says otherwise.
//! * CREATE FILE of the MF sets its rules and size while the card is blank.
//! * PIN objects have numbers 1 to 14; bit 8 of a reference (local or global) does not matter.
//!   Keys have numbers 1 to 15, those in the form of CardOS 4.4 up to 31. Both belong to the card.
//! * A personality adds commands and forms to this core; that of CardOS 4.4 is `cardos44`. Those of
//!   CardOS do not tell the tries left with the answer to a wrong PIN.
//! * PUT DATA and GET DATA with P1-P2 `01F0` to `01F3` define and list PINs, keys and options, see
//!   [`objects`]; `80 06 00 00` erases the card, see [`Options`].

mod cardos44;
mod commands;
mod files;
mod key;
pub mod objects;
mod pin;
pub(crate) mod secret;
mod session;
pub(crate) mod state;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::apdu::{Command, Response, ins};
use super::{Channel, ChannelError, Sw};
pub(crate) use files::MASTER_FILE_SIZE;
pub(crate) use files::{FileKey, Files};
pub use files::{MAX_DEPTH, MAX_FILE_SIZE, MAX_FILES};
pub use key::{Key, KeyType, KeyUse, PublicTemplate, ec_import_template, rsa_import_template};
pub use pin::Pin;
use session::Session;
pub(crate) use state::State;
pub use state::{Options, Personality};

pub use cardos44::CARDOS_4_4_ATR;
pub(crate) use cardos44::phase::Phase;

/// ATR of CardOS 5.0, which OpenSC recognises without configuration.
pub const CARDOS_5_0_ATR: [u8; 11] = [
    0x3B, 0xD2, 0x18, 0x00, 0x81, 0x31, 0xFE, 0x58, 0xC9, 0x01, 0x14,
];

/// Bits of the class byte (ISO/IEC 7816-4 clause 5.4.1).
mod class {
    pub(super) const PROPRIETARY: u8 = 0x80;
    pub(super) const FURTHER: u8 = 0x60;
    pub(super) const CHAINING: u8 = 0x10;
    pub(super) const SECURE_MESSAGING: u8 = 0x0C;
    pub(super) const CHANNEL: u8 = 0x03;
}

/// A card in software.
pub struct Card {
    state: State,
    session: Session,
    rng: Box<dyn CryptoRng + Send>,
}

/// What a command answers: data and a status word, or the status word of a refusal.
type Answer = Result<Response, Sw>;

fn done() -> Answer {
    answer(Vec::new())
}

fn answer(data: Vec<u8>) -> Answer {
    Ok(Response::new(data, Sw::OK))
}

impl Card {
    /// A blank card.
    #[must_use]
    pub fn new(options: Options, rng: impl CryptoRng + Send + 'static) -> Self {
        Self::with_state(State::new(options), rng)
    }

    pub(crate) fn with_state(state: State, rng: impl CryptoRng + Send + 'static) -> Self {
        Self {
            state,
            session: Session::new(),
            rng: Box::new(rng),
        }
    }

    pub(crate) const fn state(&self) -> &State {
        &self.state
    }

    /// The card's settings.
    #[must_use]
    pub const fn options(&self) -> &Options {
        &self.state.options
    }

    /// Answer to reset.
    #[must_use]
    pub fn atr(&self) -> &[u8] {
        &self.state.options.atr
    }

    /// Whether the MF has been activated, so that access rules are enforced.
    #[must_use]
    pub fn is_fused(&self) -> bool {
        self.state.is_fused()
    }

    /// Power off and on: the MF is selected, nothing is verified.
    pub fn reset(&mut self) {
        self.session = Session::new();
    }

    /// Executes one command APDU. Always answers at least a status word.
    pub fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        let response = match Command::parse(command) {
            Ok(command) => self.execute(command),
            Err(_) => Response::new(Vec::new(), Sw::WRONG_LENGTH),
        };
        response.encode()
    }

    fn execute(&mut self, command: Command) -> Response {
        let expected = command.expected();
        let presents = !command.body().is_empty();
        let waiting = self.session.waiting.take();
        let result = if command.ins == ins::GET_RESPONSE && command.cla == 0 {
            waiting.ok_or(Sw::CONDITIONS)
        } else {
            self.whole(command).and_then(|whole| match whole {
                Some(command) => self.dispatch(&command),
                None => done(),
            })
        };
        let response = result.unwrap_or_else(|sw| {
            let sw = match presents {
                true => self.told(sw),
                false => sw,
            };
            Response::new(Vec::new(), sw)
        });
        self.cut(response, expected as usize)
    }

    /// What this card says of a PIN that was presented.
    fn told(&self, sw: Sw) -> Sw {
        match sw.remaining_tries() {
            Some(_) if !self.options().personality.tells_tries_left() => Sw::WRONG_PIN,
            _ => sw,
        }
    }

    /// Checks the class and joins a chain of commands; `None` until the last one.
    fn whole(&mut self, command: Command) -> Result<Option<Command>, Sw> {
        self.check_class(&command)?;
        let chain = self.session.chain.take();
        if let Some(begun) = &chain
            && (begun.ins, begun.p1, begun.p2) != (command.ins, command.p1, command.p2)
        {
            return Err(Sw::CHAIN_BROKEN);
        }
        if chain.is_none() && command.cla & class::CHAINING == 0 {
            return Ok(Some(command));
        }
        let mut data = Zeroizing::new(chain.map_or_else(Vec::new, |it| it.body().to_vec()));
        data.extend_from_slice(command.body());
        let joined = Command::new(command.ins, command.p1, command.p2)
            .data(std::mem::take(&mut *data))
            .map_err(|_| Sw::WRONG_LENGTH)?
            .expect(command.expected());
        if command.cla & class::CHAINING == 0 {
            return Ok(Some(joined));
        }
        self.session.chain = Some(joined);
        Ok(None)
    }

    /// Keeps what the command did not ask for, for GET RESPONSE.
    fn cut(&mut self, mut response: Response, expected: usize) -> Response {
        if response.data.len() <= expected {
            return response;
        }
        let rest = response.data.split_off(expected);
        let announced = u8::try_from(rest.len()).unwrap_or(0);
        self.session.waiting = Some(Response::new(rest, response.sw));
        response.sw = Sw::more(announced);
        response
    }

    fn dispatch(&mut self, command: &Command) -> Answer {
        if command.cla & class::PROPRIETARY != 0 {
            return match command.ins {
                commands::ERASE => self.erase(command),
                _ => self.own_command(command),
            };
        }
        let reading = matches!(
            command.ins,
            ins::SELECT | ins::GET_DATA | ins::GET_CHALLENGE
        );
        if self.state.is_terminated() && !reading {
            return Err(Sw::CONDITIONS);
        }
        match command.ins {
            ins::SELECT => self.select(command),
            ins::READ_BINARY => self.read_binary(command),
            ins::READ_BINARY_ODD => self.read_binary_odd(command),
            ins::UPDATE_BINARY => self.update_binary(command),
            ins::UPDATE_BINARY_ODD => self.update_binary_odd(command),
            ins::CREATE => self.create_file(command),
            ins::DELETE => self.delete_file(command),
            ins::ACTIVATE => self.activate(command),
            ins::DEACTIVATE => self.deactivate(command),
            ins::TERMINATE_DF | ins::TERMINATE_EF => self.terminate(command),
            ins::TERMINATE_CARD => self.terminate_card(command),
            ins::VERIFY => self.verify(command),
            ins::CHANGE_REFERENCE_DATA => self.change_reference_data(command),
            ins::RESET_RETRY_COUNTER => self.reset_retry_counter(command),
            ins::MANAGE_SECURITY_ENVIRONMENT => self.manage_security_environment(command),
            ins::PERFORM_SECURITY_OPERATION => self.perform_security_operation(command),
            ins::GENERATE_KEY_PAIR if self.generates_into_file(command) => {
                self.generate_into_file(command)
            }
            ins::GENERATE_KEY_PAIR | ins::GENERATE_KEY_PAIR_ODD => self.generate_key_pair(command),
            ins::GET_CHALLENGE => self.get_challenge(command),
            ins::GET_DATA => self.get_data(command),
            ins::PUT_DATA => self.put_data(command),
            _ => Err(Sw::NO_INSTRUCTION),
        }
    }

    fn check_class(&self, command: &Command) -> Result<(), Sw> {
        let cla = command.cla;
        match cla {
            class::PROPRIETARY if command.ins == commands::ERASE => Ok(()),
            _ if cla & class::PROPRIETARY != 0 => match self.options().personality {
                Personality::CardOs44 => cardos44::check_class(cla, command.ins),
                Personality::Iso7816 | Personality::CardOs50 => Err(Sw::NO_CLASS),
            },
            _ if cla & class::FURTHER != 0 => Err(Sw::NO_CLASS),
            _ if cla & class::SECURE_MESSAGING != 0 => Err(Sw::NO_SECURE_MESSAGING),
            _ if cla & class::CHANNEL != 0 => Err(Sw::NO_LOGICAL_CHANNELS),
            _ => Ok(()),
        }
    }
}

impl Channel for Card {
    fn transmit(&mut self, command: &Command) -> Result<Response, ChannelError> {
        let bytes = command.encode();
        let answer = Zeroizing::new(Self::transmit(self, &bytes));
        Ok(Response::parse(&answer)?)
    }
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Card")
            .field("personality", &self.state.options.personality)
            .field("fused", &self.is_fused())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
