//! Frames between reader and card: two bytes of length, then that many bytes.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::Stop;

/// Most bytes of a frame.
pub(super) const MAX: usize = u16::MAX as usize;

/// How long a frame is looked for before the thread sleeps: longer than it takes to wake one.
const MOMENT: Duration = Duration::from_micros(200);

/// What the reader wants.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Frame {
    /// The card loses power.
    PowerOff,
    /// The card gets power.
    PowerOn,
    /// The card starts anew.
    Reset,
    /// The card tells its ATR. The only control that is answered.
    AnswerToReset,
    /// A control of a later protocol.
    Unknown(u8),
    /// The card executes a command APDU and answers.
    Command(Zeroizing<Vec<u8>>),
}

impl Frame {
    /// One byte is a control, everything else a command.
    fn of(bytes: Zeroizing<Vec<u8>>) -> Self {
        match bytes.as_slice() {
            [0] => Self::PowerOff,
            [1] => Self::PowerOn,
            [2] => Self::Reset,
            [4] => Self::AnswerToReset,
            [control] => Self::Unknown(*control),
            _ => Self::Command(bytes),
        }
    }
}

/// The connection to a reader.
pub(super) struct Line<'a> {
    reader: TcpStream,
    _ends_with: super::stop::Registration<'a>,
}

impl<'a> Line<'a> {
    /// Takes the connection; `stop` will end it.
    pub(super) fn new(reader: TcpStream, stop: &'a Stop) -> io::Result<Self> {
        reader.set_nodelay(true)?;
        let registration = stop.register(reader.try_clone()?);
        Ok(Self {
            reader,
            _ends_with: registration,
        })
    }

    /// Whether the reader says anything at all.
    pub(super) fn is_asked_within(&mut self, time: Duration) -> bool {
        let asked = self
            .reader
            .set_read_timeout(Some(time))
            .and_then(|()| self.reader.peek(&mut [0]));
        matches!(asked, Ok(1..)) && self.reader.set_read_timeout(None).is_ok()
    }

    pub(super) fn receive(&mut self) -> io::Result<Frame> {
        let mut length = [0; 2];
        self.read(&mut length)?;
        let mut bytes = Zeroizing::new(vec![0; u16::from_be_bytes(length).into()]);
        self.read(&mut bytes)?;
        Ok(Frame::of(bytes))
    }

    /// Fills the buffer. What is expected is looked for a moment long before the thread sleeps: the
    /// driver of vpcd sends the length and the body one after the other, and a program its next
    /// command as soon as it has the answer, both sooner than a sleeping thread is woken.
    fn read(&mut self, mut buffer: &mut [u8]) -> io::Result<()> {
        let mut sleeps = Instant::now() + MOMENT;
        while !buffer.is_empty() {
            acknowledge_at_once(&self.reader)?;
            match self.read_soon(buffer, sleeps) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    buffer = &mut buffer[count..];
                    sleeps = Instant::now() + MOMENT;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads what is there or comes before `sleeps`; else waits for it.
    fn read_soon(&mut self, buffer: &mut [u8], sleeps: Instant) -> io::Result<usize> {
        self.reader.set_nonblocking(true)?;
        while Instant::now() < sleeps {
            match self.reader.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::yield_now(),
                read => {
                    self.reader.set_nonblocking(false)?;
                    return read;
                }
            }
        }
        self.reader.set_nonblocking(false)?;
        self.reader.read(buffer)
    }

    /// Sends a frame of at most [`MAX`] bytes in one piece.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = u16::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        let mut frame = Zeroizing::new(Vec::with_capacity(2 + bytes.len()));
        frame.extend_from_slice(&length.to_be_bytes());
        frame.extend_from_slice(bytes);
        self.reader.write_all(&frame)
    }
}

/// vpcd up to 3.3 writes length and body by themselves. Its system holds the second back until the
/// first is acknowledged, ours acknowledges 40 ms later: every command would take that long. Linux
/// forgets the setting, so it comes before each read.
#[cfg(target_os = "linux")]
fn acknowledge_at_once(reader: &TcpStream) -> io::Result<()> {
    std::os::linux::net::TcpStreamExt::set_quickack(reader, true)
}

#[cfg(not(target_os = "linux"))]
fn acknowledge_at_once(_: &TcpStream) -> io::Result<()> {
    Ok(())
}
