//! What a card forgets when it loses power: the selected file, verified PINs, the security
//! environment, an unfinished chain, a part of an answer that waits.

use super::cardos44::keys::Unfinished;
use super::key::Padding;
use super::{FileKey, Files};
use crate::card::access::CredentialSet;
use crate::card::apdu::{Command, Response};

/// The key that the security environment names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct KeyChoice {
    pub number: u8,
    pub padding: Padding,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Session {
    pub directory: FileKey,
    pub file: Option<FileKey>,
    pub verified: CredentialSet,
    pub signing: Option<KeyChoice>,
    pub deciphering: Option<KeyChoice>,
    /// The parts of a key that came so far, in the form of CardOS 4.4.
    pub unfinished: Option<Unfinished>,
    pub chain: Option<Command>,
    pub waiting: Option<Response>,
}

impl Session {
    pub(super) fn new() -> Self {
        Self {
            directory: Files::MF,
            file: None,
            verified: CredentialSet::default(),
            signing: None,
            deciphering: None,
            unfinished: None,
            chain: None,
            waiting: None,
        }
    }

    /// The selected file: the EF if there is one, else the directory.
    pub(super) fn current(&self) -> FileKey {
        self.file.unwrap_or(self.directory)
    }
}
