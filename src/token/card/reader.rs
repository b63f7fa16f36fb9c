//! A card in a PC/SC reader as a token: `pcsc:READER NAME`.

use super::Line;
use crate::card::reader::{Reader, ReaderError, Sharing};
use crate::card::{Channel, ChannelError, Command, Response};
use crate::token::{Kind, Retry, TokenError};

/// A card in a reader on the line.
#[derive(Debug)]
pub struct ReaderCard(Reader);

impl ReaderCard {
    /// The card in the reader that follows `pcsc:`; `?shared` behind the name leaves other programs
    /// connected (perso).
    ///
    /// # Errors
    /// [`TokenError`] of class [`Retry::Refused`].
    pub fn open(reader: &str) -> Result<Self, TokenError> {
        let (name, sharing) = match reader.strip_suffix("?shared") {
            Some(name) => (name, Sharing::Transaction),
            None => (reader, Sharing::Exclusive),
        };
        Reader::connect(name, sharing).map(Self).map_err(|error| {
            let refused = TokenError::new(Retry::Refused, error.to_string());
            match cause(&error) {
                Some(cause) => refused.cause(cause),
                None => refused,
            }
        })
    }
}

fn cause(error: &ReaderError) -> Option<&'static str> {
    match error {
        ReaderError::NoService { .. } => {
            Some("pcscd is not installed or not started (Debian: package pcscd)")
        }
        ReaderError::NoReaders => {
            Some("the reader is not plugged in, or its driver is missing (Debian: package libccid)")
        }
        ReaderError::Unknown { .. } => Some("the reader was plugged into another place"),
        ReaderError::Ambiguous { .. } => Some("the beginning is too short: name the whole reader"),
        ReaderError::NoCard { .. } => Some("the card lies the wrong way round or is not pushed in"),
        ReaderError::InUse { .. } => Some(
            "a browser or a key agent is connected to the card: end it, or share the card with it: \
             `pcsc:NAME?shared`",
        ),
        ReaderError::Other { .. } => None,
    }
}

impl Channel for ReaderCard {
    fn transmit(&mut self, command: &Command) -> Result<Response, ChannelError> {
        self.0.transmit(command)
    }
}

impl Line for ReaderCard {
    fn kind(&self) -> Kind {
        Kind::Card
    }

    fn atr(&self) -> Vec<u8> {
        self.0.atr().to_vec()
    }

    fn takes_extended_length(&self) -> bool {
        self.0.takes_extended_length()
    }

    fn keep(&mut self) -> Result<(), TokenError> {
        Ok(())
    }
}
