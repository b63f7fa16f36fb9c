//! Status words: the two bytes that end every answer (ISO/IEC 7816-4 clause 5.6).

use std::fmt;

use serde::{Deserialize, Serialize};

/// SW1 and SW2 of an answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sw(pub u16);

impl Sw {
    /// Done.
    pub const OK: Self = Self(0x9000);
    /// The file ended before the requested length.
    pub const END_REACHED: Self = Self(0x6282);
    /// The selected file is deactivated.
    pub const DEACTIVATED: Self = Self(0x6283);
    /// The selected file is terminated.
    pub const TERMINATED: Self = Self(0x6285);
    /// Wrong PIN, without the number of tries left.
    pub const WRONG_PIN: Self = Self(0x6300);
    /// Memory failure.
    pub const MEMORY_FAILURE: Self = Self(0x6581);
    /// The length of the command is wrong.
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// Logical channels are not supported.
    pub const NO_LOGICAL_CHANNELS: Self = Self(0x6881);
    /// Secure messaging is not supported.
    pub const NO_SECURE_MESSAGING: Self = Self(0x6882);
    /// The chain of commands was broken.
    pub const CHAIN_BROKEN: Self = Self(0x6883);
    /// The command does not go with the structure of the file.
    pub const WRONG_STRUCTURE: Self = Self(0x6981);
    /// Security status not satisfied.
    pub const SECURITY_STATUS: Self = Self(0x6982);
    /// The PIN is blocked.
    pub const BLOCKED: Self = Self(0x6983);
    /// The reference data cannot be used.
    pub const REFERENCE_UNUSABLE: Self = Self(0x6984);
    /// Conditions of use not satisfied.
    pub const CONDITIONS: Self = Self(0x6985);
    /// No current elementary file.
    pub const NO_CURRENT_EF: Self = Self(0x6986);
    /// The data is wrong.
    pub const WRONG_DATA: Self = Self(0x6A80);
    /// The function is not supported.
    pub const NO_FUNCTION: Self = Self(0x6A81);
    /// File not found.
    pub const NO_FILE: Self = Self(0x6A82);
    /// No room in the file or on the card.
    pub const NO_ROOM: Self = Self(0x6A84);
    /// P1 or P2 is wrong.
    pub const WRONG_P1P2: Self = Self(0x6A86);
    /// Lc does not go with P1 and P2.
    pub const LC_AGAINST_P1P2: Self = Self(0x6A87);
    /// The referenced PIN, key or data object does not exist.
    pub const NO_REFERENCE: Self = Self(0x6A88);
    /// The file exists already.
    pub const FILE_EXISTS: Self = Self(0x6A89);
    /// The name of the directory (AID) exists already.
    pub const NAME_EXISTS: Self = Self(0x6A8A);
    /// The offset lies outside the file.
    pub const WRONG_OFFSET: Self = Self(0x6B00);
    /// The instruction does not exist.
    pub const NO_INSTRUCTION: Self = Self(0x6D00);
    /// The class does not exist.
    pub const NO_CLASS: Self = Self(0x6E00);

    /// More bytes wait for GET RESPONSE; 0 stands for 256 or more.
    #[must_use]
    pub const fn more(bytes: u8) -> Self {
        Self(0x6100 | bytes as u16)
    }

    /// Wrong PIN, with the number of tries left (0 to 15).
    #[must_use]
    pub const fn tries_left(tries: u8) -> Self {
        Self(0x63C0 | (tries & 0x0F) as u16)
    }

    /// SW1.
    #[must_use]
    pub const fn sw1(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// SW2.
    #[must_use]
    pub const fn sw2(self) -> u8 {
        self.0 as u8
    }

    /// Whether the command was executed: `9000`, `61xx`, or a warning that leaves a result
    /// (`62xx`).
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 == 0x9000 || matches!(self.sw1(), 0x61 | 0x62)
    }

    /// Whether the PIN that was presented is not the card's: `63Cx`, or `6300`, which does not tell
    /// the tries left.
    #[must_use]
    pub const fn is_wrong_pin(self) -> bool {
        self.0 == Self::WRONG_PIN.0 || self.remaining_tries().is_some()
    }

    /// The number of tries left that `63Cx` announces.
    #[must_use]
    pub const fn remaining_tries(self) -> Option<u8> {
        match self.0 & 0xFFF0 {
            0x63C0 => Some(self.sw2() & 0x0F),
            _ => None,
        }
    }

    /// The meaning, for people: lower case, no full stop.
    #[must_use]
    pub fn meaning(self) -> String {
        if let Some(tries) = self.remaining_tries() {
            return format!("wrong PIN, {}", tries_left(tries));
        }
        match self.sw1() {
            0x61 => return format!("{} more bytes are ready", self.sw2_count()),
            0x6C => return format!("wrong expected length, {} is right", self.sw2_count()),
            _ => {}
        }
        fixed_meaning(self).to_owned()
    }

    fn sw2_count(self) -> u16 {
        match self.sw2() {
            0 => 256,
            count => count.into(),
        }
    }
}

/// The tries that a PIN has left, for people.
pub(crate) fn tries_left(tries: u8) -> String {
    match tries {
        0 => "no try left".to_owned(),
        1 => "1 try left".to_owned(),
        more => format!("{more} tries left"),
    }
}

fn fixed_meaning(sw: Sw) -> &'static str {
    match sw {
        Sw::OK => "done",
        Sw::END_REACHED => "the file ended before the requested length",
        Sw::DEACTIVATED => "the selected file is deactivated",
        Sw::TERMINATED => "the selected file is terminated",
        Sw::WRONG_PIN => "wrong PIN",
        Sw::MEMORY_FAILURE => "memory failure on the card",
        Sw::WRONG_LENGTH => "wrong length",
        Sw::NO_LOGICAL_CHANNELS => "logical channels are not supported",
        Sw::NO_SECURE_MESSAGING => "secure messaging is not supported",
        Sw::CHAIN_BROKEN => "the last command of a chain was expected",
        Sw::WRONG_STRUCTURE => "the command does not go with the structure of the file",
        Sw::SECURITY_STATUS => "the access rule is not satisfied: a PIN must be verified first",
        Sw::BLOCKED => "the PIN is blocked",
        Sw::REFERENCE_UNUSABLE => "the PIN or key cannot be used",
        Sw::CONDITIONS => "not allowed in this state of the card",
        Sw::NO_CURRENT_EF => "no file is selected",
        Sw::WRONG_DATA => "wrong data",
        Sw::NO_FUNCTION => "the function is not supported",
        Sw::NO_FILE => "file not found",
        Sw::NO_ROOM => "no room in the file or on the card",
        Sw::WRONG_P1P2 => "wrong parameters P1 and P2",
        Sw::LC_AGAINST_P1P2 => "the length does not go with P1 and P2",
        Sw::NO_REFERENCE => "no such PIN, key or data object",
        Sw::FILE_EXISTS => "a file with this identifier exists already",
        Sw::NAME_EXISTS => "a directory with this name exists already",
        Sw::WRONG_OFFSET => "the offset lies outside the file",
        Sw::NO_INSTRUCTION => "unknown instruction",
        Sw::NO_CLASS => "unknown class",
        _ => by_first_byte(sw.sw1()),
    }
}

fn by_first_byte(sw1: u8) -> &'static str {
    match sw1 {
        0x62 => "warning, the card is unchanged",
        0x63 => "warning, the card has changed",
        0x64 => "execution error, the card is unchanged",
        0x65 => "execution error, the card has changed",
        0x66 => "security problem",
        0x68 => "function in the class byte not supported",
        0x69 => "command not allowed",
        0x6A => "wrong parameters",
        0x6F => "the card gives no reason",
        _ => "not defined by ISO 7816-4",
    }
}

impl fmt::Display for Sw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for Sw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sw({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_read_from_the_second_byte() {
        assert_eq!(Sw::tries_left(2), Sw(0x63C2));
        assert_eq!(Sw(0x63C2).remaining_tries(), Some(2));
        assert_eq!(Sw(0x6300).remaining_tries(), None);
        assert_eq!(Sw(0x63C2).meaning(), "wrong PIN, 2 tries left");
        assert_eq!(Sw(0x63C1).meaning(), "wrong PIN, 1 try left");
        assert_eq!(Sw(0x63C0).meaning(), "wrong PIN, no try left");
        assert_eq!(Sw(0x6100).meaning(), "256 more bytes are ready");
        assert_eq!(Sw(0x6C10).meaning(), "wrong expected length, 16 is right");
        assert_eq!(Sw(0x6999).meaning(), "command not allowed");
    }

    #[test]
    fn warnings_with_a_result_are_success() {
        assert!(Sw::OK.is_success() && Sw::END_REACHED.is_success() && Sw(0x6110).is_success());
        assert!(!Sw(0x63C0).is_success() && !Sw::NO_FILE.is_success());
    }
}
