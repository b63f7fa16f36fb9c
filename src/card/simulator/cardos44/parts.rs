//! The data objects of PUT DATA OCI: one byte of tag, one byte of length. It is not BER: `80` is a
//! length of 128.

use crate::card::Sw;

/// Number of the object, and its class.
pub(super) const IDENTIFIER: u8 = 0x83;
/// Options, counters, algorithm.
pub(super) const PARAMETERS: u8 = 0x85;
/// Access conditions.
pub(super) const CONDITIONS: u8 = 0x86;
/// A PIN, or a part of a key.
pub(super) const VALUE: u8 = 0x8F;

/// The parts of one object. They may hold a secret.
pub(super) struct Parts<'a>(Vec<(u8, &'a [u8])>);

impl<'a> Parts<'a> {
    pub(super) fn of(mut data: &'a [u8]) -> Result<Self, Sw> {
        let mut parts = Vec::new();
        while let [tag, length, rest @ ..] = data {
            let (value, rest) = rest
                .split_at_checked(usize::from(*length))
                .ok_or(Sw::WRONG_DATA)?;
            parts.push((*tag, value));
            data = rest;
        }
        data.is_empty().then_some(Self(parts)).ok_or(Sw::WRONG_DATA)
    }

    pub(super) fn need(&self, tag: u8) -> Result<&'a [u8], Sw> {
        let mut parts = self.0.iter();
        let found = parts.find(|(it, _)| *it == tag);
        found.map(|(_, value)| *value).ok_or(Sw::WRONG_DATA)
    }
}
