//! A simulated card in a virtual reader: the side of the card in the protocol of vpcd.
//!
//! Owns the connection, when the image of the card is written, and what the log shows. What a
//! command does is the card's matter. The reader (vsmartcard's driver of pcscd) listens, the card
//! connects to it; whoever ends the connection takes the card out.
//!
//! Decisions of ours (*perso*):
//! * The image is replaced before the answer of a command that changed the card is sent: what a
//!   tool was told is done survives a killed server, and a PIN that was tried stays counted, as with
//!   the memory of a chip. Writing it later, or over the old one, would save a fifth of a millisecond
//!   for such a command and could leave a card that forgot, or half an image. It is flushed to the
//!   disk when the reader switches the card off and at the end, so that only a failure of the machine
//!   can lose more. Commands that change nothing write nothing.
//! * A reader that goes away is a loss of power. The card waits for it to come back, since pcscd
//!   ends by itself when nobody uses it, and is started again by the next program.
//! * The reader asks for the card every 400 ms. One that does not is served by another card.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::image::{self, DiskError};
use super::simulator::{Card, State};
use super::{Response, Sw};
use crate::card::serve::frame::{Frame, Line};

mod frame;
mod log;
mod stop;

pub use log::Log;
pub use stop::Stop;

/// Where vpcd listens for the card of its first slot. The second slot has the next port.
pub const VPCD: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0x8C7B);

/// How long a reader may be silent after the card has connected.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often a reader that went away is looked for.
const LOOK: Duration = Duration::from_millis(250);

/// Why a card is no longer served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Nothing listens at the address.
    #[error("no virtual reader answers at {address}: {source}")]
    NoReader {
        /// Where it was looked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The reader takes the connection and says nothing.
    #[error("the virtual reader at {address} does not ask for the card")]
    SlotTaken {
        /// Where it listens.
        address: SocketAddr,
    },
    /// The image cannot be written.
    #[error(transparent)]
    Image(#[from] DiskError),
    /// The log cannot be written.
    #[error("cannot write the log of commands: {0}")]
    Log(#[source] io::Error),
}

/// What happens to the card, for people who watch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// The card is in the reader.
    Inserted,
    /// The reader went away; it is being looked for.
    ReaderGone,
}

/// A card, and where it is kept.
#[derive(Debug)]
pub struct Server {
    card: Card,
    kept: Option<Kept>,
    log: Option<Log>,
}

/// The image of a card and what stands in it.
#[derive(Debug)]
struct Kept {
    image: PathBuf,
    state: State,
    /// Whether the disk has it, and not only the system.
    flushed: bool,
}

impl Server {
    /// Serves a card that is forgotten afterwards.
    #[must_use]
    pub const fn new(card: Card) -> Self {
        Self {
            card,
            kept: None,
            log: None,
        }
    }

    /// Keeps the card in an image, in which it stands as it is now.
    #[must_use]
    pub fn kept_in(mut self, image: &Path) -> Self {
        self.kept = Some(Kept {
            image: image.to_owned(),
            state: self.card.state().clone(),
            flushed: true,
        });
        self
    }

    /// Writes down the commands.
    #[must_use]
    pub fn logged(mut self, log: Log) -> Self {
        self.log = Some(log);
        self
    }

    /// The card as it is now.
    #[must_use]
    pub const fn card(&self) -> &Card {
        &self.card
    }

    /// Serves the card at `address` until `stop`, through as many lives of the reader as it takes.
    ///
    /// # Errors
    /// If no reader is there at the start, another card lies in it, or image or log cannot be
    /// written. The image then holds the card as it was after the last command that was answered.
    pub fn serve(
        &mut self,
        address: SocketAddr,
        stop: &Stop,
        tell: &mut dyn FnMut(Event),
    ) -> Result<(), ServeError> {
        let mut reader = TcpStream::connect(address)
            .map_err(|source| ServeError::NoReader { address, source })?;
        loop {
            let served = self.insert(reader, address, stop, tell);
            self.power_off()?;
            served?;
            if stop.is_wanted() {
                return Ok(());
            }
            tell(Event::ReaderGone);
            match come_back(address, stop) {
                Some(back) => reader = back,
                None => return Ok(()),
            }
        }
    }

    /// One life of the reader: until it goes away, or `stop`.
    fn insert(
        &mut self,
        reader: TcpStream,
        address: SocketAddr,
        stop: &Stop,
        tell: &mut dyn FnMut(Event),
    ) -> Result<(), ServeError> {
        let Ok(mut line) = Line::new(reader, stop) else {
            return Ok(()); // gone again already
        };
        let since = Instant::now();
        if !line.is_asked_within(PATIENCE) {
            let gone = stop.is_wanted() || since.elapsed() < PATIENCE;
            return match gone {
                true => Ok(()),
                false => Err(ServeError::SlotTaken { address }),
            };
        }
        tell(Event::Inserted);
        while let Ok(frame) = line.receive() {
            match frame {
                Frame::PowerOff => self.power_off()?,
                Frame::PowerOn | Frame::Reset => self.reset(&frame)?,
                Frame::AnswerToReset => {
                    if line.send(self.card.atr()).is_err() {
                        break;
                    }
                }
                Frame::Unknown(_) => {}
                Frame::Command(command) => {
                    let answer = self.answer(&command)?;
                    if line.send(&answer).is_err() {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Executes a command and keeps what it changed, before anybody learns of it.
    fn answer(&mut self, command: &[u8]) -> Result<Zeroizing<Vec<u8>>, ServeError> {
        let mut answer = Zeroizing::new(self.card.transmit(command));
        if answer.len() > frame::MAX {
            answer = Zeroizing::new(Response::new(Vec::new(), Sw::WRONG_LENGTH).encode());
        }
        self.keep()?;
        if let Some(log) = &mut self.log {
            log.exchange(command, &answer).map_err(ServeError::Log)?;
        }
        Ok(answer)
    }

    fn reset(&mut self, frame: &Frame) -> Result<(), ServeError> {
        self.card.reset();
        match &mut self.log {
            Some(log) if *frame == Frame::Reset => log.note("reset").map_err(ServeError::Log),
            _ => Ok(()),
        }
    }

    fn power_off(&mut self) -> Result<(), ServeError> {
        self.card.reset();
        if let Some(log) = &mut self.log {
            log.note("power off").map_err(ServeError::Log)?;
        }
        match &mut self.kept {
            Some(kept) if !kept.flushed => {
                image::write(&kept.image, &self.card)?;
                kept.flushed = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn keep(&mut self) -> Result<(), ServeError> {
        let Some(kept) = &mut self.kept else {
            return Ok(());
        };
        if kept.state != *self.card.state() {
            image::write_unflushed(&kept.image, &self.card)?;
            kept.state = self.card.state().clone();
            kept.flushed = false;
        }
        Ok(())
    }
}

/// Waits for the reader; `None` if `stop` came first.
fn come_back(address: SocketAddr, stop: &Stop) -> Option<TcpStream> {
    loop {
        if stop.waits(LOOK) {
            return None;
        }
        if let Ok(reader) = TcpStream::connect(address) {
            return Some(reader);
        }
    }
}

#[cfg(test)]
mod tests;
