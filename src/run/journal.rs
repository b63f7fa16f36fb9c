//! The journal: what a killed run leaves behind. No secret is in it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// One line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// Names this card's job.
    pub job: String,
    /// Content digest of the plan.
    pub plan: String,
    /// Serial number of the token; initialisation may change it.
    pub serial: String,
    /// Label of the token.
    pub label: String,
    /// The operation may change serial number and label; the label that it gives, empty if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub becomes: Option<String>,
    /// Whether a run begins here that resumes none: what stands above is of others.
    #[serde(default, skip_serializing_if = "is_false")]
    pub starts: bool,
    /// The operation.
    pub operation: String,
    /// Where it is in it.
    pub phase: Phase,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde calls"
)]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// When a line is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The operation is about to be asked for.
    Begin,
    /// It was done and read back.
    Done,
    /// The token refused it.
    Failed,
    /// It asked for a certificate, which comes later.
    Waiting,
    /// What it had made was taken back.
    Undone,
    /// Its answer was lost, or what was read back is not the same: it may have been done.
    Undecided,
}

/// Receives the lines.
pub trait Journal {
    /// Writes one line; it outlives a loss of power when this returns.
    ///
    /// # Errors
    /// It could not be made to last.
    fn write(&mut self, entry: &Entry) -> io::Result<()>;
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoJournal;

impl Journal for NoJournal {
    fn write(&mut self, _entry: &Entry) -> io::Result<()> {
        Ok(())
    }
}

/// A file of JSON lines.
#[derive(Debug)]
pub struct FileJournal(File);

impl FileJournal {
    /// Opens the file; lines are added at its end, behind whatever a killed run left of its last.
    ///
    /// # Errors
    /// The file cannot be opened for writing.
    pub fn open(path: &Path) -> io::Result<Self> {
        let torn = std::fs::read(path).is_ok_and(|text| !text.is_empty() && !text.ends_with(b"\n"));
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        if torn {
            file.write_all(b"\n")?;
        }
        Ok(Self(file))
    }
}

impl Journal for FileJournal {
    fn write(&mut self, entry: &Entry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.0.write_all(&line)?;
        self.0.sync_data()
    }
}
