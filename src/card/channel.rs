//! The line to a card: one command, one answer. Simulated card and reader look alike from here.

use super::apdu::{Command, Response, ins};
use super::{Sw, apdu::ApduError};

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The answer is no response APDU.
    #[error(transparent)]
    Apdu(#[from] ApduError),
    /// The card is gone.
    #[error("the card was removed or no longer answers: {reason}")]
    Lost {
        /// What the reader said.
        reason: String,
    },
    /// The card keeps announcing data without end.
    #[error("the card announces more data again and again (more than {limit} bytes)")]
    Endless {
        /// Number of bytes after which reading stopped.
        limit: usize,
    },
}

/// Something that executes command APDUs.
pub trait Channel {
    /// Sends one command and returns its answer as it came, `61xx` included.
    ///
    /// # Errors
    /// If no answer came. A status word other than `9000` is an answer.
    fn transmit(&mut self, command: &Command) -> Result<Response, ChannelError>;

    /// Sends one command and collects the whole answer: `6Cxx` repeats it with the right length,
    /// `61xx` is followed by GET RESPONSE (ISO/IEC 7816-4 clause 5.6).
    ///
    /// # Errors
    /// As [`transmit`](Self::transmit), and if the card never stops announcing data.
    fn exchange(&mut self, command: &Command) -> Result<Response, ChannelError> {
        const LIMIT: usize = 1 << 20;
        let mut answer = self.transmit(command)?;
        if answer.sw.sw1() == 0x6C {
            answer = self.transmit(&command.clone().expect(count(answer.sw)))?;
        }
        while answer.sw.sw1() == 0x61 {
            if answer.data.len() > LIMIT {
                return Err(ChannelError::Endless { limit: LIMIT });
            }
            let more = Command::new(ins::GET_RESPONSE, 0, 0).expect(count(answer.sw));
            let rest = self.transmit(&more)?;
            if rest.data.is_empty() && rest.sw.sw1() == 0x61 {
                return Err(ChannelError::Endless { limit: LIMIT });
            }
            answer.data.extend_from_slice(&rest.data);
            answer.sw = rest.sw;
        }
        Ok(answer)
    }
}

fn count(sw: Sw) -> u32 {
    match sw.sw2() {
        0 => 256,
        count => count.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers what it was given, one after the other, and then the last one for ever.
    struct Script(Vec<Response>);

    impl Channel for Script {
        fn transmit(&mut self, _: &Command) -> Result<Response, ChannelError> {
            let next = if self.0.len() > 1 {
                self.0.remove(0)
            } else {
                self.0[0].clone()
            };
            Ok(next)
        }
    }

    fn exchange(answers: &[(&[u8], u16)]) -> Result<Response, ChannelError> {
        let answers = answers
            .iter()
            .map(|(data, sw)| Response::new(data.to_vec(), Sw(*sw)));
        Script(answers.collect()).exchange(&Command::new(ins::SELECT, 0, 0))
    }

    #[test]
    fn the_parts_of_an_answer_are_joined() {
        let answer = exchange(&[(b"", 0x6C04), (b"ab", 0x6102), (b"cd", 0x6283)]).unwrap();
        assert_eq!(
            (answer.data.as_slice(), answer.sw),
            (&b"abcd"[..], Sw(0x6283))
        );
    }

    #[test]
    fn an_endless_answer_ends() {
        let endless = |data| exchange(&[(data, 0x6100)]).unwrap_err();
        assert!(matches!(endless(b""), ChannelError::Endless { .. }));
        assert!(matches!(endless(&[0; 256]), ChannelError::Endless { .. }));
    }
}
