//! Command and response APDUs (ISO/IEC 7816-3 clause 12.1, ISO/IEC 7816-4 clause 5).
//!
//! Owns the coding of the four cases in short and extended length. Must not know what an
//! instruction does.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use super::Sw;

/// Largest number of command data bytes, in extended length.
pub const MAX_DATA: usize = 65_535;
/// Largest number of command data bytes in short length.
pub const MAX_SHORT_DATA: usize = 255;
/// Largest number of response data bytes that Le can ask for, in extended length.
pub const MAX_EXPECTED: u32 = 65_536;
/// Largest number of response data bytes in short length.
pub const MAX_SHORT_EXPECTED: u32 = 256;

/// Instruction bytes (ISO/IEC 7816-4, -8, -9).
pub mod ins {
    /// DEACTIVATE FILE.
    pub const DEACTIVATE: u8 = 0x04;
    /// VERIFY.
    pub const VERIFY: u8 = 0x20;
    /// MANAGE SECURITY ENVIRONMENT.
    pub const MANAGE_SECURITY_ENVIRONMENT: u8 = 0x22;
    /// CHANGE REFERENCE DATA.
    pub const CHANGE_REFERENCE_DATA: u8 = 0x24;
    /// PERFORM SECURITY OPERATION.
    pub const PERFORM_SECURITY_OPERATION: u8 = 0x2A;
    /// RESET RETRY COUNTER.
    pub const RESET_RETRY_COUNTER: u8 = 0x2C;
    /// ACTIVATE FILE.
    pub const ACTIVATE: u8 = 0x44;
    /// GENERATE ASYMMETRIC KEY PAIR.
    pub const GENERATE_KEY_PAIR: u8 = 0x46;
    /// GENERATE ASYMMETRIC KEY PAIR, data field in BER-TLV.
    pub const GENERATE_KEY_PAIR_ODD: u8 = 0x47;
    /// GET CHALLENGE.
    pub const GET_CHALLENGE: u8 = 0x84;
    /// SELECT.
    pub const SELECT: u8 = 0xA4;
    /// READ BINARY.
    pub const READ_BINARY: u8 = 0xB0;
    /// READ BINARY, data field in BER-TLV.
    pub const READ_BINARY_ODD: u8 = 0xB1;
    /// GET RESPONSE.
    pub const GET_RESPONSE: u8 = 0xC0;
    /// GET DATA.
    pub const GET_DATA: u8 = 0xCA;
    /// UPDATE BINARY.
    pub const UPDATE_BINARY: u8 = 0xD6;
    /// UPDATE BINARY, data field in BER-TLV.
    pub const UPDATE_BINARY_ODD: u8 = 0xD7;
    /// PUT DATA.
    pub const PUT_DATA: u8 = 0xDA;
    /// CREATE FILE.
    pub const CREATE: u8 = 0xE0;
    /// DELETE FILE.
    pub const DELETE: u8 = 0xE4;
    /// TERMINATE DF.
    pub const TERMINATE_DF: u8 = 0xE6;
    /// TERMINATE EF.
    pub const TERMINATE_EF: u8 = 0xE8;
    /// TERMINATE CARD USAGE.
    pub const TERMINATE_CARD: u8 = 0xFE;
}

/// A command APDU. Its data may be a PIN: it is wiped when dropped and not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// Class byte.
    pub cla: u8,
    /// Instruction byte.
    pub ins: u8,
    /// First parameter.
    pub p1: u8,
    /// Second parameter.
    pub p2: u8,
    data: Vec<u8>,
    expected: u32,
}

/// Why bytes are no command APDU, or a command cannot be coded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ApduError {
    /// Fewer than four bytes.
    #[error("a command APDU has at least 4 bytes, this one has {length}")]
    NoHeader {
        /// Number of bytes.
        length: usize,
    },
    /// Lc and Le do not go with the number of bytes.
    #[error("the length fields of the command APDU do not go with its {length} bytes")]
    WrongLength {
        /// Number of bytes.
        length: usize,
    },
    /// More data than one command can carry.
    #[error("a command carries at most {MAX_DATA} bytes, not {length}")]
    TooMuchData {
        /// Number of data bytes.
        length: usize,
    },
    /// An answer of fewer than two bytes.
    #[error("an answer has at least 2 bytes (the status word), this one has {length}")]
    NoStatus {
        /// Number of bytes.
        length: usize,
    },
}

impl Command {
    /// A command without data that expects none (case 1), class 00.
    #[must_use]
    pub const fn new(ins: u8, p1: u8, p2: u8) -> Self {
        Self {
            cla: 0,
            ins,
            p1,
            p2,
            data: Vec::new(),
            expected: 0,
        }
    }

    /// Sets another class byte.
    #[must_use]
    pub fn class(mut self, cla: u8) -> Self {
        self.cla = cla;
        self
    }

    /// Adds data.
    ///
    /// # Errors
    /// [`ApduError::TooMuchData`] above 65,535 bytes.
    pub fn data(mut self, data: impl Into<Vec<u8>>) -> Result<Self, ApduError> {
        let mut data = data.into();
        if data.len() > MAX_DATA {
            let length = data.len();
            data.zeroize();
            return Err(ApduError::TooMuchData { length });
        }
        self.data.zeroize();
        self.data = data;
        Ok(self)
    }

    /// Asks for up to `count` bytes, at most 65,536; 0 for none.
    #[must_use]
    pub fn expect(mut self, count: u32) -> Self {
        self.expected = count.min(MAX_EXPECTED);
        self
    }

    /// The data.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.data
    }

    /// Number of response data bytes that are asked for (Ne).
    #[must_use]
    pub const fn expected(&self) -> u32 {
        self.expected
    }

    /// Whether the command needs the extended coding of its lengths.
    #[must_use]
    pub const fn is_extended(&self) -> bool {
        self.data.len() > MAX_SHORT_DATA || self.expected > MAX_SHORT_EXPECTED
    }

    /// The bytes on the wire, in short coding where that is enough.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(self.data.len() + 9));
        out.extend([self.cla, self.ins, self.p1, self.p2]);
        if self.is_extended() {
            self.encode_extended(&mut out);
        } else {
            self.encode_short(&mut out);
        }
        out
    }

    fn encode_short(&self, out: &mut Vec<u8>) {
        if !self.data.is_empty() {
            out.push(self.data.len() as u8);
            out.extend_from_slice(&self.data);
        }
        if self.expected > 0 {
            out.push(self.expected as u8); // 256 becomes 00
        }
    }

    fn encode_extended(&self, out: &mut Vec<u8>) {
        out.push(0);
        if !self.data.is_empty() {
            out.extend((self.data.len() as u16).to_be_bytes());
            out.extend_from_slice(&self.data);
        }
        if self.expected > 0 {
            out.extend((self.expected as u16).to_be_bytes()); // 65,536 becomes 0000
        }
    }

    /// Reads the bytes on the wire.
    ///
    /// # Errors
    /// If there is no header, or the lengths do not add up.
    pub fn parse(bytes: &[u8]) -> Result<Self, ApduError> {
        let length = bytes.len();
        let Some((&[cla, ins, p1, p2], rest)) = bytes.split_first_chunk() else {
            return Err(ApduError::NoHeader { length });
        };
        let (data, expected) = lengths(rest).ok_or(ApduError::WrongLength { length })?;
        Ok(Self {
            cla,
            ins,
            p1,
            p2,
            data: data.to_vec(),
            expected,
        })
    }
}

/// Splits what follows the header into data and Ne; `None` if it does not add up.
fn lengths(rest: &[u8]) -> Option<(&[u8], u32)> {
    match rest {
        [] => Some((&[], 0)),
        [le] => Some((&[], short_expected(*le))),
        [0, high, low] => Some((&[], extended_expected([*high, *low]))),
        [0, high, low, rest @ ..] => {
            let count = usize::from(u16::from_be_bytes([*high, *low]));
            let (data, le) = rest.split_at_checked(count)?;
            match le {
                [] if count > 0 => Some((data, 0)),
                [high, low] if count > 0 => Some((data, extended_expected([*high, *low]))),
                _ => None,
            }
        }
        [0, _] => None,
        [count, rest @ ..] => {
            let (data, le) = rest.split_at_checked(usize::from(*count))?;
            match le {
                [] => Some((data, 0)),
                [le] => Some((data, short_expected(*le))),
                _ => None,
            }
        }
    }
}

fn short_expected(le: u8) -> u32 {
    match le {
        0 => MAX_SHORT_EXPECTED,
        count => count.into(),
    }
}

fn extended_expected(le: [u8; 2]) -> u32 {
    match u16::from_be_bytes(le) {
        0 => MAX_EXPECTED,
        count => count.into(),
    }
}

impl Drop for Command {
    fn drop(&mut self) {
        self.data.zeroize();
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cla, ins, p1, p2, ..
        } = self;
        let (lc, ne) = (self.data.len(), self.expected);
        write!(
            f,
            "Command({cla:02X}{ins:02X}{p1:02X}{p2:02X}, Lc {lc}, Ne {ne})"
        )
    }
}

/// A response APDU. Its data may be a decrypted secret: wiped when dropped, not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// Response data.
    pub data: Zeroizing<Vec<u8>>,
    /// Status word.
    pub sw: Sw,
}

impl Response {
    /// An answer with data.
    #[must_use]
    pub fn new(data: Vec<u8>, sw: Sw) -> Self {
        Self {
            data: Zeroizing::new(data),
            sw,
        }
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.data.to_vec();
        out.extend(self.sw.0.to_be_bytes());
        out
    }

    /// Reads the bytes on the wire.
    ///
    /// # Errors
    /// [`ApduError::NoStatus`] below two bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ApduError> {
        let length = bytes.len();
        let (data, sw) = bytes
            .split_last_chunk()
            .ok_or(ApduError::NoStatus { length })?;
        Ok(Self::new(data.to_vec(), Sw(u16::from_be_bytes(*sw))))
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({} bytes, {})", self.data.len(), self.sw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(bytes: &[u8]) -> Result<(usize, u32), ApduError> {
        Command::parse(bytes).map(|it| (it.body().len(), it.expected()))
    }

    #[test]
    fn the_four_cases_in_short_length() {
        assert_eq!(parse(&[0, 0xA4, 0, 0]), Ok((0, 0)));
        assert_eq!(parse(&[0, 0xB0, 0, 0, 0]), Ok((0, 256)));
        assert_eq!(parse(&[0, 0xB0, 0, 0, 8]), Ok((0, 8)));
        assert_eq!(parse(&[0, 0xA4, 0, 0, 2, 0x3F, 0]), Ok((2, 0)));
        assert_eq!(parse(&[0, 0xA4, 0, 0, 2, 0x3F, 0, 0]), Ok((2, 256)));
    }

    #[test]
    fn the_four_cases_in_extended_length() {
        assert_eq!(parse(&[0, 0xB0, 0, 0, 0, 1, 0]), Ok((0, 256)));
        assert_eq!(parse(&[0, 0xB0, 0, 0, 0, 0, 0]), Ok((0, 65_536)));
        assert_eq!(parse(&[0, 0xD6, 0, 0, 0, 0, 1, 9]), Ok((1, 0)));
        assert_eq!(parse(&[0, 0xD6, 0, 0, 0, 0, 1, 9, 1, 2]), Ok((1, 258)));
    }

    #[test]
    fn lengths_that_do_not_add_up_are_refused() {
        for bytes in [
            &[0, 0xA4, 0, 0, 3, 1, 2][..],
            &[0, 0xA4, 0, 0, 1, 1, 0, 0],
            &[0, 0xA4, 0, 0, 0, 0],
            &[0, 0xA4, 0, 0, 0, 0, 0, 1],
            &[0, 0xA4, 0, 0, 0, 0, 1, 9, 1],
            &[0, 0xA4, 0, 0, 0, 0, 2, 9],
        ] {
            let length = bytes.len();
            assert_eq!(parse(bytes), Err(ApduError::WrongLength { length }));
        }
        assert_eq!(parse(&[0, 1, 2]), Err(ApduError::NoHeader { length: 3 }));
    }

    #[test]
    fn data_is_not_shown() {
        let verify = Command::new(ins::VERIFY, 0, 1).data(*b"1234").unwrap();
        assert_eq!(format!("{verify:?}"), "Command(00200001, Lc 4, Ne 0)");
    }

    proptest! {
        #[test]
        fn commands_survive_the_wire(
            header: [u8; 4],
            data in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..20),
                prop::collection::vec(any::<u8>(), 250..600),
            ],
            expected in prop_oneof![0_u32..300, 65_530_u32..=65_536],
        ) {
            let [cla, ins, p1, p2] = header;
            let command = Command::new(ins, p1, p2).class(cla).data(data).unwrap().expect(expected);
            prop_assert_eq!(Command::parse(&command.encode()), Ok(command));
        }

        #[test]
        fn any_bytes_are_parsed_in_order(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(command) = Command::parse(&bytes) {
                prop_assert_eq!(Command::parse(&command.encode()), Ok(command));
            }
        }
    }
}
