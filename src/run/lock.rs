//! One writer for a token: a locked file by module and serial number. The operating system lets go
//! of it when the process ends, however it ends.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// Why a token is not ours to write.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another run has it.
    #[error("another run writes to this token")]
    Taken,
    /// The file cannot be made.
    #[error("the lock file `{}` cannot be made: {problem}", path.display())]
    Io {
        /// Where it should be.
        path: PathBuf,
        /// What the operating system says.
        problem: io::Error,
    },
}

/// The tokens that this run writes to. A token whose serial number changes is held under both.
#[derive(Debug)]
pub struct WriterLock {
    folder: PathBuf,
    /// What the serial numbers are unique in: the path of a module, an image, a reader.
    scope: String,
    held: Vec<(String, File)>,
}

impl WriterLock {
    /// Nothing is held yet. Lock files go to `folder`, which is made if need be.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, scope: impl Into<String>) -> Self {
        Self {
            folder: folder.into(),
            scope: scope.into(),
            held: Vec::new(),
        }
    }

    /// Holds the token with this serial number, if it is not held already. Blank tokens have none,
    /// so one run at a time initialises blank tokens behind a module.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn hold(&mut self, serial: &str) -> Result<(), LockError> {
        if self.held.iter().any(|(held, _)| held == serial) {
            return Ok(());
        }
        let path = self.path(serial);
        let failed = |problem| LockError::Io {
            path: path.clone(),
            problem,
        };
        make_private(&self.folder).map_err(failed)?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                self.held.push((serial.to_owned(), file));
                Ok(())
            }
            Err(TryLockError::WouldBlock) => Err(LockError::Taken),
            Err(TryLockError::Error(problem)) => Err(failed(problem)),
        }
    }

    fn path(&self, serial: &str) -> PathBuf {
        use std::fmt::Write as _;
        let mut hash = Sha256::new();
        for part in [self.scope.as_str(), serial] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let mut name = String::with_capacity(37);
        for byte in hash.finalize().iter().take(16) {
            // Writing to a `String` cannot fail.
            let _ = write!(name, "{byte:02x}");
        }
        self.folder.join(name + ".lock")
    }
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_one_writer() {
        let folder = tempfile::tempdir().unwrap();
        let lock = |scope: &str| WriterLock::new(folder.path().join("locks"), scope);
        let mut first = lock("module");
        first.hold("1").unwrap();
        first.hold("1").unwrap();
        assert!(matches!(lock("module").hold("1"), Err(LockError::Taken)));
        lock("module").hold("2").unwrap();
        lock("other").hold("1").unwrap();
        drop(first);
        lock("module").hold("1").unwrap();
    }
}
