//! A card in a reader of PC/SC.
//!
//! Owns the choice of the reader, the connection, and what T=0 and T=1 (ISO/IEC 7816-3) need. Must
//! not know what the commands do.
//!
//! Decisions of ours (*perso*): the card is reset when the connection begins and when it ends, so
//! that no PIN which another program verified counts, and none of ours stays. A card that somebody
//! resets or takes out meanwhile is lost: what was selected and verified is gone.

use std::ffi::{CStr, CString};
use std::ops::Deref;

use pcsc::{Disposition, Error, Protocol, Protocols, Scope, ShareMode};
use zeroize::Zeroizing;

use super::apdu::{MAX_SHORT_DATA, MAX_SHORT_EXPECTED};
use super::{Channel, ChannelError, Command, Response};

/// Why there is no card to talk to.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReaderError {
    /// The service that owns the readers does not run.
    #[error("the smart-card service does not answer: {reason}")]
    NoService {
        /// What PC/SC says.
        reason: String,
    },
    /// No reader at all.
    #[error("no reader is connected")]
    NoReaders,
    /// No reader has this name.
    #[error("there is no reader `{name}`; there are {}", listed(.present))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The readers.
        present: Vec<String>,
    },
    /// Several readers have names that begin like this.
    #[error("several readers begin with `{name}`: {}", listed(.present))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// The readers that it could be.
        present: Vec<String>,
    },
    /// The reader is empty.
    #[error("there is no card in the reader `{name}`")]
    NoCard {
        /// The reader.
        name: String,
    },
    /// Another program has the card.
    #[error("another program uses the card in the reader `{name}`")]
    InUse {
        /// The reader.
        name: String,
    },
    /// Anything else.
    #[error("the card in the reader `{name}` cannot be used: {reason}")]
    Other {
        /// The reader.
        name: String,
        /// What PC/SC says.
        reason: String,
    },
}

fn listed(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// Who else may use the card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sharing {
    /// Nobody, as long as the connection lives. Fails while another program is connected.
    Exclusive,
    /// Others may be connected, but wait: one transaction lasts as long as the process.
    Transaction,
}

/// A connection to the card in a reader.
pub struct Reader {
    name: String,
    atr: Vec<u8>,
    protocol: Protocol,
    hold: Hold,
}

enum Hold {
    Exclusive(pcsc::Card),
    Transaction(pcsc::Transaction<'static>),
}

impl Deref for Hold {
    type Target = pcsc::Card;

    fn deref(&self) -> &pcsc::Card {
        match self {
            Self::Exclusive(card) => card,
            Self::Transaction(transaction) => transaction,
        }
    }
}

impl Reader {
    /// Connects to the card in the reader of this name, or the only one whose name begins so.
    ///
    /// # Errors
    /// [`ReaderError`], with the readers there are where the name does not decide.
    pub fn connect(name: &str, sharing: Sharing) -> Result<Self, ReaderError> {
        let context = pcsc::Context::establish(Scope::User).map_err(|error| no_service(&error))?;
        let names = names(&context)?;
        let full = chosen(name, &names)?.clone();
        let failed = |error| refused(&full, error);
        let reader = CString::new(full.as_str()).map_err(|_| failed(Error::UnknownReader))?;
        let mut card = connect(&context, &reader, sharing).map_err(failed)?;
        let mode = share_mode(sharing);
        card.reconnect(mode, Protocols::ANY, Disposition::ResetCard)
            .map_err(failed)?;
        let status = card.status2_owned().map_err(failed)?;
        let (atr, protocol) = (status.atr().to_vec(), status.protocol2());
        Ok(Self {
            atr,
            protocol: protocol.ok_or_else(|| failed(Error::ProtoMismatch))?,
            hold: match sharing {
                Sharing::Exclusive => Hold::Exclusive(card),
                // The transaction borrows its card; one of them in a process is freed with it.
                Sharing::Transaction => {
                    Hold::Transaction(Box::leak(Box::new(card)).transaction().map_err(failed)?)
                }
            },
            name: full,
        })
    }

    /// The full name of the reader.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Answer to reset (ISO/IEC 7816-3).
    #[must_use]
    pub fn atr(&self) -> &[u8] {
        &self.atr
    }

    /// Whether commands with more than 255 bytes of data can be sent.
    #[must_use]
    pub fn takes_extended_length(&self) -> bool {
        self.protocol != Protocol::T0
    }

    fn send(&self, bytes: &[u8]) -> Result<Response, ChannelError> {
        let mut buffer = Zeroizing::new(vec![0; pcsc::MAX_BUFFER_SIZE_EXTENDED]);
        let answer = self.hold.transmit(bytes, &mut buffer);
        Ok(Response::parse(answer.map_err(lost)?)?)
    }
}

impl Channel for Reader {
    fn transmit(&mut self, command: &Command) -> Result<Response, ChannelError> {
        match self.protocol {
            Protocol::T0 => self.send(&for_t0(command)?),
            _ => self.send(&command.encode()),
        }
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// T=0 has no command that both carries data and asks for some: Le is left out, and the card
/// announces its answer with `61xx` (ISO/IEC 7816-3 clause 12.2). Without data there is a length.
fn for_t0(command: &Command) -> Result<Zeroizing<Vec<u8>>, ChannelError> {
    let length = command.body().len();
    if length > MAX_SHORT_DATA {
        return Err(ChannelError::Lost {
            reason: format!("card and reader speak T=0, which carries no {length} bytes at once"),
        });
    }
    let expected = match length {
        0 => command.expected().min(MAX_SHORT_EXPECTED),
        _ => 0,
    };
    let mut bytes = command.clone().expect(expected).encode();
    if bytes.len() == 4 {
        bytes.push(0);
    }
    Ok(bytes)
}

fn share_mode(sharing: Sharing) -> ShareMode {
    match sharing {
        Sharing::Exclusive => ShareMode::Exclusive,
        Sharing::Transaction => ShareMode::Shared,
    }
}

fn connect(context: &pcsc::Context, reader: &CStr, sharing: Sharing) -> Result<pcsc::Card, Error> {
    context.connect(reader, share_mode(sharing), Protocols::ANY)
}

fn names(context: &pcsc::Context) -> Result<Vec<String>, ReaderError> {
    let names = match context.list_readers_owned() {
        Ok(names) if names.is_empty() => return Err(ReaderError::NoReaders),
        Ok(names) => names,
        Err(Error::NoReadersAvailable) => return Err(ReaderError::NoReaders),
        Err(error) => return Err(no_service(&error)),
    };
    let text = |name: CString| name.to_string_lossy().into_owned();
    Ok(names.into_iter().map(text).collect())
}

/// The reader of exactly this name, else the only one that begins so.
fn chosen<'a>(name: &str, names: &'a [String]) -> Result<&'a String, ReaderError> {
    if let Some(exact) = names.iter().find(|it| *it == name) {
        return Ok(exact);
    }
    let alike: Vec<&String> = names.iter().filter(|it| it.starts_with(name)).collect();
    let name = name.to_owned();
    match alike.as_slice() {
        [one] => Ok(one),
        [] => Err(ReaderError::Unknown {
            name,
            present: names.to_vec(),
        }),
        several => Err(ReaderError::Ambiguous {
            name,
            present: several.iter().map(|it| (*it).clone()).collect(),
        }),
    }
}

fn no_service(error: &Error) -> ReaderError {
    ReaderError::NoService {
        reason: error.to_string(),
    }
}

fn refused(name: &str, error: Error) -> ReaderError {
    let name = name.to_owned();
    match error {
        Error::NoSmartcard | Error::RemovedCard => ReaderError::NoCard { name },
        Error::SharingViolation => ReaderError::InUse { name },
        Error::NoService | Error::ServiceStopped => no_service(&error),
        other => ReaderError::Other {
            name,
            reason: other.to_string(),
        },
    }
}

fn lost(error: Error) -> ChannelError {
    let reason = match error {
        Error::ResetCard => "another program has reset it".to_owned(),
        other => other.to_string(),
    };
    ChannelError::Lost { reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::apdu::ins;

    fn names() -> Vec<String> {
        ["ACS ACR39U 00 00", "Virtual PCD 00 00", "Virtual PCD 00 01"]
            .map(str::to_owned)
            .to_vec()
    }

    #[test]
    fn a_reader_is_named_in_full_or_by_a_beginning_of_its_own() {
        let names = names();
        assert_eq!(chosen("Virtual PCD 00 01", &names).unwrap(), &names[2]);
        assert_eq!(chosen("ACS", &names).unwrap(), &names[0]);
        let several = chosen("Virtual", &names).unwrap_err().to_string();
        assert!(
            several.contains("`Virtual PCD 00 00`, `Virtual PCD 00 01`"),
            "{several}"
        );
        let none = chosen("Omnikey", &names).unwrap_err().to_string();
        assert!(
            none.contains("no reader `Omnikey`") && none.contains("`ACS"),
            "{none}"
        );
    }

    #[test]
    fn t0_knows_no_command_with_data_and_answer() {
        let bytes = |command: &Command| for_t0(command).unwrap().to_vec();
        assert_eq!(
            bytes(&Command::new(ins::ACTIVATE, 0, 0)),
            [0, 0x44, 0, 0, 0]
        );
        assert_eq!(
            bytes(&Command::new(ins::READ_BINARY, 0, 0).expect(4096)),
            [0, 0xB0, 0, 0, 0]
        );
        let select = Command::new(ins::SELECT, 0, 0).data([0x3F, 0]).unwrap();
        assert_eq!(bytes(&select.expect(256)), [0, 0xA4, 0, 0, 2, 0x3F, 0]);
        let long = Command::new(ins::UPDATE_BINARY, 0, 0)
            .data([0; 256])
            .unwrap();
        assert!(for_t0(&long).is_err());
    }
}
