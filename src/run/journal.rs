//! The journal: what a killed run leaves behind. No secret is in it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize;

/// One line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Entry<'a> {
    /// Names this card's job.
    pub job: &'a str,
    /// Content digest of the plan.
    pub plan: &'a str,
    /// Serial number of the token; initialisation may change it.
    pub serial: &'a str,
    /// Label of the token.
    pub label: &'a str,
    /// The operation.
    pub operation: &'a str,
    /// Where it is in it.
    pub phase: Phase,
}

/// When a line is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The operation is about to be asked for.
    Begin,
    /// It was done and read back.
    Done,
    /// The token refused it, or what was read back is not the same.
    Failed,
}

/// Receives the lines.
pub trait Journal {
    /// Writes one line; it outlives a loss of power when this returns.
    ///
    /// # Errors
    /// It could not be made to last.
    fn write(&mut self, entry: &Entry<'_>) -> io::Result<()>;
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoJournal;

impl Journal for NoJournal {
    fn write(&mut self, _entry: &Entry<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// A file of JSON lines.
#[derive(Debug)]
pub struct FileJournal(File);

impl FileJournal {
    /// Opens the file; lines are added at its end.
    ///
    /// # Errors
    /// The file cannot be opened for writing.
    pub fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map(Self)
    }
}

impl Journal for FileJournal {
    fn write(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.0.write_all(&line)?;
        self.0.sync_data()
    }
}
