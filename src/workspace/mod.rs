//! The disk: which files to look at, what they say, and what lies beside them.
//!
//! This room finds inputs, reads them within limits, finds and reads `perso.toml`, and resolves
//! the companions that a description names, also inside of archives. It judges nothing but readability: a file that cannot
//! be read is a finding, a wrong call or configuration is an [`OpenError`], everything else is left
//! to the rules. It knows no rule but `unreadable-input` and no output format.

mod archive;
mod companions;
pub mod configuration;
mod discovery;
mod loading;
mod naming;
mod reading;

pub use archive::{MEMBERS, TOTAL};
pub use companions::{Absence, Companion};
pub use configuration::Configuration;
pub use discovery::Kind;
pub use loading::{File, OpenError, Project, Request, Workspace};
pub use reading::{LIMIT, Reason};

#[cfg(test)]
mod tests;
