//! A card program as command APDUs: what a profile asks for, in the fewest commands.
//!
//! Owns the way from a [`CardProgram`] to [`Item`]s (one for each command), for a [`Dialect`] of
//! cards, and their execution over a [`Channel`](super::Channel). Must not know where values come
//! from, readers, or PKCS#15.
//!
//! The order is that of the program. CREATE FILE makes the new file the current one (ISO/IEC
//! 7816-9), so a file that is created and written needs no SELECT; SELECT by path is added only
//! where another file is current. A new file is full of zeros, so zeros at the end of its first
//! content are not written. For files alone this gives
//!
//! ```text
//! 1 (SELECT of the MF) + number of files + Σ ⌈bytes of content / data field⌉
//! ```
//!
//! commands, one more for each file that is written later, one for each PIN object, two and the
//! public key for each key. `MakeCardEraseable` (or an operator PIN) and `BurnFuse` are one command
//! each and are counted apart.

mod assembly;
mod cardos44;
mod content;
mod execution;
mod iso7816;
mod item;
mod place;
mod rules;
mod template;

pub use execution::{Execution, Failure, FailureKind, execute};
pub use item::{Item, KeyPart, Work, commit_point};

use crate::operation::{Access, CardProgram, Input, OperationId, Origin};
use crate::secret::Secret;

/// A value as far as it is known. One assembly serves the run, where everything is, and the
/// showing of a plan, where some is not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Known {
    /// These bytes.
    Bytes {
        /// The bytes.
        bytes: Secret,
        /// Whether a command with them is for nobody's eyes.
        secret: bool,
    },
    /// Not known yet: the names of the fields and results it needs, for people.
    Needs(Vec<String>),
    /// Entered at the PIN pad of the reader; no command can carry it.
    ProtectedPath,
}

/// At the run all values are taken for secrets, as [`Input`] does.
impl From<Input> for Known {
    fn from(input: Input) -> Self {
        match input {
            Input::Bytes(bytes) => Self::Bytes {
                bytes,
                secret: true,
            },
            Input::ProtectedPath => Self::ProtectedPath,
        }
    }
}

/// How a card wants to be laid out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Dialect {
    /// ISO/IEC 7816-4 and -9, with perso's own data objects for PINs, keys and options
    /// ([`objects`](super::simulator::objects)): the simulated card.
    Iso7816,
    /// CardOS M4.2 to 4.4: file control parameters with nine bytes of access conditions, PIN
    /// objects by PUT DATA OCI, as OpenSC writes them. What is not public is refused: keys, the
    /// rules of the MF (set when the card is formatted), and whatever keeps it erasable.
    CardOs44,
}

/// What the program is assembled for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setup {
    /// How the card wants to be laid out.
    pub dialect: Dialect,
    /// Longest command data field in bytes: 255, or more (up to 65,535) where card and reader take
    /// extended length. Values below 16 are taken as 16.
    pub data_field: usize,
    /// What `SO` means on this card: [`Access::Puk`] or [`Access::Operator`].
    pub officer: Access,
}

/// Why a program cannot be put into commands. No part of it is secret.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// The operation of the program.
    pub operation: OperationId,
    /// Its place in the profile.
    pub origin: Origin,
    /// What is wrong, without the full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Puts a program into commands, in its order.
///
/// # Errors
/// All that speaks against it at once: contents longer than their files, values that are no bytes,
/// PINs outside their limits, rules that the dialect cannot say or that name a credential without
/// PIN object, files out of place.
pub fn assemble(program: &CardProgram<Known>, setup: &Setup) -> Result<Vec<Item>, Vec<Problem>> {
    assembly::Assembly::new(program, setup).run()
}

#[cfg(test)]
mod tests;
