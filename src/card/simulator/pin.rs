//! PIN objects: a value, a counter, and the PIN that unblocks them.

use serde::{Deserialize, Serialize};

use super::secret::Secret;
use crate::card::Sw;
use crate::card::access::CredentialNumber;

/// A PIN object. Lengths are in bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pin {
    value: Option<Secret>,
    tries_left: u8,
    max_tries: u8,
    min_length: u8,
    max_length: u8,
    unblocked_by: Option<CredentialNumber>,
}

impl Pin {
    /// Most tries that a status word can tell.
    pub const MAX_TRIES: u8 = 15;

    /// A PIN object without a value: 3 tries, 4 to 16 bytes, nothing unblocks it.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            value: None,
            tries_left: 3,
            max_tries: 3,
            min_length: 4,
            max_length: 16,
            unblocked_by: None,
        }
    }

    /// Sets the counter's start; it must be 1 to 15.
    pub(super) fn with_tries(mut self, tries: u8) -> Result<Self, Sw> {
        if !(1..=Self::MAX_TRIES).contains(&tries) {
            return Err(Sw::WRONG_DATA);
        }
        (self.tries_left, self.max_tries) = (tries, tries);
        Ok(self)
    }

    pub(super) fn with_lengths(mut self, min: u8, max: u8) -> Result<Self, Sw> {
        if min == 0 || min > max {
            return Err(Sw::WRONG_DATA);
        }
        (self.min_length, self.max_length) = (min, max);
        Ok(self)
    }

    pub(super) fn with_unblocking(mut self, number: Option<CredentialNumber>) -> Self {
        self.unblocked_by = number;
        self
    }

    /// Whether the counters and lengths make sense; an image may say anything.
    pub(crate) fn is_sound(&self) -> bool {
        (1..=Self::MAX_TRIES).contains(&self.max_tries)
            && self.tries_left <= self.max_tries
            && self.min_length > 0
            && self.min_length <= self.max_length
    }

    /// Tries left before it is blocked.
    #[must_use]
    pub const fn tries_left(&self) -> u8 {
        self.tries_left
    }

    /// Tries after a success.
    #[must_use]
    pub const fn max_tries(&self) -> u8 {
        self.max_tries
    }

    /// Shortest and longest value, in bytes.
    #[must_use]
    pub const fn lengths(&self) -> (u8, u8) {
        (self.min_length, self.max_length)
    }

    /// The PIN that unblocks this one.
    #[must_use]
    pub const fn unblocked_by(&self) -> Option<CredentialNumber> {
        self.unblocked_by
    }

    /// Whether it has a value.
    #[must_use]
    pub const fn is_set(&self) -> bool {
        self.value.is_some()
    }

    /// Compares, and counts. Padding (00 or FF at the end) does not matter.
    pub(super) fn verify(&mut self, candidate: &[u8]) -> Result<(), Sw> {
        let value = self.value.as_ref().ok_or(Sw::REFERENCE_UNUSABLE)?;
        if self.tries_left == 0 {
            return Err(Sw::BLOCKED);
        }
        if !equal(unpadded(value.expose()), unpadded(candidate)) {
            self.tries_left -= 1;
            return Err(Sw::tries_left(self.tries_left));
        }
        self.tries_left = self.max_tries;
        Ok(())
    }

    /// What VERIFY without data answers.
    pub(super) fn state(&self) -> Sw {
        match (self.is_set(), self.tries_left) {
            (false, _) => Sw::REFERENCE_UNUSABLE,
            (true, 0) => Sw::BLOCKED,
            (true, tries) => Sw::tries_left(tries),
        }
    }

    /// Sets a new value and the full counter.
    pub(super) fn set(&mut self, value: &[u8]) -> Result<(), Sw> {
        let value = unpadded(value);
        let (min, max) = (usize::from(self.min_length), usize::from(self.max_length));
        if !(min..=max).contains(&value.len()) {
            return Err(Sw::WRONG_DATA);
        }
        self.value = Some(Secret::new(value));
        self.tries_left = self.max_tries;
        Ok(())
    }

    pub(super) fn unblock(&mut self) {
        self.tries_left = self.max_tries;
    }

    /// Where this PIN's value ends in `this‖new`: in the middle when both are padded to the
    /// longest length or to some other one, as a directory may tell; else where the present value
    /// would end.
    pub(super) fn split<'a>(&self, both: &'a [u8], new: &Self) -> Result<(&'a [u8], &'a [u8]), Sw> {
        let (own, other) = (usize::from(self.max_length), usize::from(new.max_length));
        let value = self.value.as_ref().ok_or(Sw::REFERENCE_UNUSABLE)?;
        let (half, length) = (both.len() / 2, value.expose().len());
        let padded = both.len().is_multiple_of(2) && unpadded(&both[..half]).len() == length;
        let at = if both.len() == own + other {
            own
        } else if padded {
            half
        } else {
            length
        };
        Ok(both.split_at_checked(at).unwrap_or((both, &[])))
    }
}

impl Default for Pin {
    fn default() -> Self {
        Self::new()
    }
}

fn unpadded(value: &[u8]) -> &[u8] {
    let is_padding = |byte: &u8| matches!(byte, 0x00 | 0xFF);
    let padding = value.iter().rev().take_while(|it| is_padding(it)).count();
    &value[..value.len() - padding]
}

/// Takes the same time wherever the difference lies.
fn equal(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(value: &[u8]) -> Pin {
        let mut pin = Pin::new();
        pin.set(value).unwrap();
        pin
    }

    #[test]
    fn the_counter_falls_and_blocks() {
        let mut pin = pin(b"1234");
        assert_eq!(pin.verify(b"0000"), Err(Sw::tries_left(2)));
        assert_eq!(pin.verify(b"1234\0\0\0\0"), Ok(()));
        for left in [2, 1, 0] {
            assert_eq!(pin.verify(b"123"), Err(Sw::tries_left(left)));
        }
        assert_eq!(pin.verify(b"1234"), Err(Sw::BLOCKED));
        assert_eq!(pin.state(), Sw::BLOCKED);
        pin.unblock();
        assert_eq!(pin.verify(b"1234"), Ok(()));
    }

    #[test]
    fn both_values_of_a_change_are_told_apart() {
        let old = pin(b"1234");
        assert_eq!(
            old.split(b"123456789", &old),
            Ok((&b"1234"[..], &b"56789"[..]))
        );
        let padded = [
            *b"1234\0\0\0\0\0\0\0\0\0\0\0\0",
            *b"98765\0\0\0\0\0\0\0\0\0\0\0",
        ]
        .concat();
        assert_eq!(old.split(&padded, &old).unwrap().1[..5], *b"98765");
        assert_eq!(
            old.split(b"1234\0\098765\0", &old),
            Ok((&b"1234\0\0"[..], &b"98765\0"[..]))
        );
        assert_eq!(old.split(b"12", &old), Ok((&b"12"[..], &b""[..])));
    }

    #[test]
    fn lengths_are_kept() {
        let mut pin = Pin::new();
        assert_eq!(pin.set(b"123"), Err(Sw::WRONG_DATA));
        assert_eq!(pin.set(b"12345678901234567"), Err(Sw::WRONG_DATA));
        assert_eq!(pin.verify(b""), Err(Sw::REFERENCE_UNUSABLE));
        assert_eq!(format!("{:?}", self::pin(b"1234")).matches("49").count(), 0);
    }
}
