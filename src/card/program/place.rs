//! Where on the card a program is: the current directory and the current file.

use crate::card::Command;
use crate::card::apdu::{ApduError, ins};
use crate::card::fcp::MASTER_FILE;
use crate::operation::FileId;

/// P1 of SELECT: by file identifier.
const BY_IDENTIFIER: u8 = 0x00;
/// P1 of SELECT: by path from the MF, which is not part of it.
const BY_PATH: u8 = 0x08;
/// P2 of SELECT: no answer.
const NO_ANSWER: u8 = 0x0C;

/// The current directory and file; nothing is known of them before the first SELECT.
#[derive(Default)]
pub(super) struct Place<'p> {
    directory: Option<&'p [FileId]>,
    file: Option<&'p [FileId]>,
}

impl<'p> Place<'p> {
    /// A file was created or selected: it is current from here on, and so is its directory.
    pub(super) fn enter(&mut self, path: &'p [FileId], is_directory: bool) {
        (self.directory, self.file) = match path.split_last() {
            Some((_, around)) if !is_directory => (Some(around), Some(path)),
            _ => (Some(path), None),
        };
    }

    /// Whether a file created now would lie in this directory.
    pub(super) fn is_in(&self, directory: &[FileId]) -> bool {
        self.directory == Some(directory)
    }

    /// Whether this file would be written now.
    pub(super) fn is_at(&self, file: &[FileId]) -> bool {
        self.file == Some(file)
    }
}

/// SELECT of a file.
pub(super) fn select(path: &[FileId]) -> Result<Command, ApduError> {
    if path.is_empty() {
        let command = Command::new(ins::SELECT, BY_IDENTIFIER, NO_ANSWER);
        return command.data(MASTER_FILE.to_be_bytes());
    }
    let ids: Vec<u8> = path.iter().flat_map(|id| id.0.to_be_bytes()).collect();
    Command::new(ins::SELECT, BY_PATH, NO_ANSWER).data(ids)
}

/// A path for people: `5015/4541`.
pub(super) fn shown(path: &[FileId]) -> String {
    if path.is_empty() {
        return "the master file".to_owned();
    }
    let ids: Vec<String> = path.iter().map(FileId::to_string).collect();
    ids.join("/")
}
