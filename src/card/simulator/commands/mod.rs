//! What each command does, one family a file.

mod binary;
mod data;
mod files;
mod keys;
mod pins;
mod select;

pub(super) use data::ERASE;

use crate::card::apdu::Command;

/// P1 and P2 in one number.
pub(super) fn parameters(command: &Command) -> u16 {
    u16::from_be_bytes([command.p1, command.p2])
}
