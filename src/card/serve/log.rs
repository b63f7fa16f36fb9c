//! The commands that a card was given, written down for people and for `scriptor`.
//!
//! One command a line in hexadecimal, its answer as a comment below. PINs and private keys are not
//! written: such a command is a comment of its header and the number of bytes left out.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::card::apdu::ins;

/// See the module.
pub struct Log {
    out: Box<dyn Write + Send>,
    /// Whether what GET RESPONSE fetches belongs to a secret answer.
    secret_answer: bool,
}

impl Log {
    /// Writes to `out`, a line at a time.
    #[must_use]
    pub fn new(out: impl Write + Send + 'static) -> Self {
        Self {
            out: Box::new(out),
            secret_answer: false,
        }
    }

    /// Something else happened to the card.
    pub(super) fn note(&mut self, event: &str) -> io::Result<()> {
        self.out.write_all(format!("# {event}\n").as_bytes())
    }

    pub(super) fn exchange(&mut self, command: &[u8], answer: &[u8]) -> io::Result<()> {
        let continues = command.get(1) == Some(&ins::GET_RESPONSE);
        self.secret_answer = answers_secret(command) || (continues && self.secret_answer);
        let command = match carries_secret(command) {
            true => format!("# {}", masked(command, HEADER)),
            false => hex(command),
        };
        let status = answer.len().saturating_sub(2);
        let (data, sw) = answer.split_at(status);
        let data = match self.secret_answer {
            true => masked(data, 0),
            false => hex(data),
        };
        let gap = if data.is_empty() { "" } else { " " };
        let lines = format!("{command}\n# < {data}{gap}{}\n", hex(sw));
        self.out.write_all(lines.as_bytes())
    }
}

/// Class, instruction, parameters.
const HEADER: usize = 4;

/// Whether the data of a command may be a PIN or a private key. PUT DATA defines both.
fn carries_secret(command: &[u8]) -> bool {
    let secret = [
        ins::VERIFY,
        ins::CHANGE_REFERENCE_DATA,
        ins::RESET_RETRY_COUNTER,
        ins::PUT_DATA,
    ];
    command.len() > HEADER && command.get(1).is_some_and(|ins| secret.contains(ins))
}

/// Whether the answer is a secret: PSO DECIPHER (ISO/IEC 7816-8 clause 11.12).
fn answers_secret(command: &[u8]) -> bool {
    matches!(
        command,
        [_, ins::PERFORM_SECURITY_OPERATION, 0x80, 0x84 | 0x86, ..]
    )
}

fn masked(bytes: &[u8], shown: usize) -> String {
    let (shown, left_out) = bytes.split_at(shown.min(bytes.len()));
    match left_out.len() {
        0 => hex(shown),
        1 => format!("{} [1 byte not shown]", hex(shown))
            .trim_start()
            .to_owned(),
        count => format!("{} [{count} bytes not shown]", hex(shown))
            .trim_start()
            .to_owned(),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02X}");
    }
    text
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(exchanges: &[(&[u8], &[u8])]) -> String {
        let paper = Paper::default();
        let mut log = Log::new(paper.clone());
        for (command, answer) in exchanges {
            log.exchange(command, answer).unwrap();
        }
        String::from_utf8(paper.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn commands_can_be_run_again_and_answers_are_comments() {
        let text = written(&[(&[0, 0xB0, 0, 0, 2], &[0xCA, 0xFE, 0x90, 0])]);
        assert_eq!(text, "00B0000002\n# < CAFE 9000\n");
    }

    #[test]
    fn pins_and_keys_are_not_written() {
        let pin = b"\x00\x20\x00\x81\x041234";
        assert_eq!(
            written(&[(pin, &[0x90, 0])]),
            "# 00200081 [5 bytes not shown]\n# < 9000\n"
        );
        // The query of a counter has no PIN in it.
        assert_eq!(
            written(&[(&[0, 0x20, 0, 0x81], &[0x63, 0xC3])]),
            "00200081\n# < 63C3\n"
        );
        let others: [&[u8]; 4] = [
            b"\x00\x24\x00\x81\x0812345678",
            b"\x10\x2C\x00\x81\x0812345678",
            b"\x00\xDA\x01\xF1\x041234",
            b"\x00\x20\x00\x81\xFF1234",
        ];
        for command in others {
            assert!(!written(&[(command, &[0x90, 0])]).contains("31323334"));
        }
    }

    #[test]
    fn what_was_deciphered_is_not_written() {
        let decipher: &[u8] = &[0, 0x2A, 0x80, 0x86, 2, 0, 1, 0];
        let more: &[u8] = &[0, 0xC0, 0, 0, 1];
        let text = written(&[
            (decipher, &[0xAB, 0x61, 1]),
            (more, &[0xCD, 0x90, 0]),
            (&[0, 0xB0, 0, 0, 1], &[0xEF, 0x90, 0]),
        ]);
        assert!(!text.contains("AB") && !text.contains("CD"), "{text}");
        assert!(text.ends_with("# < EF 9000\n"), "{text}");
    }
}
