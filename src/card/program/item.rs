//! One command of a program, with what asked for it.

use std::ops::Range;

use crate::card::{Command, Sw};
use crate::operation::{OperationId, Origin};

/// One command of a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// The operation of the program that asked for it.
    pub operation: OperationId,
    /// The place in the profile.
    pub origin: Origin,
    /// What it does in a few words: `create EFODF 5031, 12 bytes, in 5015`. Never secret.
    pub meaning: String,
    /// Whether the command holds a secret and is shown to nobody.
    pub secret: bool,
    /// The status words that let the program go on.
    pub expected: &'static [Sw],
    /// Whether it puts the card into operation, from where on access rules are enforced.
    pub activates: bool,
    /// The command, or what it is made of.
    pub work: Work,
}

/// The command of an [`Item`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Work {
    /// This one.
    Command(Command),
    /// One or more commands whose bytes are not known yet: the names of the fields and results that
    /// they need. Such an item cannot be executed.
    Needs(Vec<String>),
    /// GENERATE ASYMMETRIC KEY PAIR: its answer is the public key of the item's operation.
    Generate(Command),
    /// A part of a public key that the card made before, written into the current file.
    PublicKey(KeyPart),
}

/// A part of a public key on its way into a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyPart {
    /// The operation that made the key pair.
    pub key: OperationId,
    /// Bytes of the whole key's encoding that the card must give.
    pub length: usize,
    /// The bytes of the encoding that this command writes, at the same place of the file.
    pub bytes: Range<usize>,
}

/// The index of the first item that puts the card into operation; the number of items if none
/// does. What lies before can be done again on an erased card.
#[must_use]
pub fn commit_point(items: &[Item]) -> usize {
    let first = items.iter().position(|item| item.activates);
    first.unwrap_or(items.len())
}
