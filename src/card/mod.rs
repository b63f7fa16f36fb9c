//! Smart cards as ISO 7816 knows them: commands and answers, file control parameters, access
//! rules, and a card in software that executes them.
//!
//! Owns: APDUs, their status words, file templates, the simulated card and its image. Must not
//! know: the languages and the plan above it, PKCS#11, findings. Everything but the image file, the
//! reader and the virtual reader is pure; the simulated card gets its randomness handed in.

pub mod access;
pub mod apdu;
mod channel;
mod dump;
pub mod fcp;
pub mod image;
pub mod pkcs15;
pub mod program;
mod public_key;
#[cfg(feature = "pcsc")]
pub mod reader;
#[cfg(feature = "native")]
pub mod serve;
pub mod simulator;
pub mod status;
pub mod tree;

pub use access::{AccessRules, Condition, Operation};
pub use apdu::{Command, Response};
pub use channel::{Channel, ChannelError};
pub use dump::dump;
pub use fcp::{FileControl, FileKind, LifeCycle};
pub use status::Sw;
#[cfg(feature = "native")]
pub(crate) use status::tries_left;
