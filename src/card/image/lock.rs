//! One process at a time has a card out of its image: what two of them write would overwrite each
//! other. A locked file beside the image, which tells who has it. The operating system lets go of
//! it when the process ends, however it ends.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::DiskError;

/// Longest line that a lock file may tell.
const LONGEST: u64 = 200;

/// A card that is out of its image, until this is dropped.
#[derive(Debug)]
pub struct ImageLock {
    path: PathBuf,
    /// Held open: the lock is that of the open file.
    _file: File,
}

impl ImageLock {
    /// Takes the card in `image` for `holder`, for instance `perso run`; the image need not be there
    /// yet. Others are told this word and the number of the process.
    ///
    /// # Errors
    /// [`DiskError::InUse`] if another process has the card; [`DiskError::Io`] if the lock file
    /// cannot be made.
    pub fn take(image: &Path, holder: &str) -> Result<Self, DiskError> {
        let failed = |source| DiskError::Io {
            action: "lock",
            path: image.to_owned(),
            source,
        };
        let path = beside(image).map_err(failed)?;
        loop {
            let mut file = open(&path).map_err(failed)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(DiskError::InUse {
                        path: image.to_owned(),
                        by: told(file),
                    });
                }
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
            // Whoever had it before may have removed the file after it was opened here.
            if is_at(&file, &path) {
                let line = format!("{holder}, process {}", std::process::id());
                file.set_len(0)
                    .and_then(|()| file.write_all(line.as_bytes()))
                    .map_err(failed)?;
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for ImageLock {
    /// The file goes while it is locked, so that nobody locks one that is gone.
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The same path for all names of an image: links and relative ones lead to one lock.
fn beside(image: &Path) -> io::Result<PathBuf> {
    let image = match image.canonicalize() {
        Ok(whole) => whole,
        Err(_) => {
            let name = image.file_name().ok_or(io::ErrorKind::InvalidInput)?;
            std::path::absolute(image)?
                .parent()
                .unwrap_or(Path::new("/"))
                .canonicalize()?
                .join(name)
        }
    };
    let mut path = image.into_os_string();
    path.push(".lock");
    Ok(path.into())
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Who has the card, as far as the file can be read.
fn told(file: File) -> String {
    let mut line = String::new();
    let read = file.take(LONGEST).read_to_string(&mut line);
    match read {
        Ok(1..) if !line.contains(char::is_control) => line,
        _ => "another process".to_owned(),
    }
}

/// Whether `path` still leads to the open file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let (Ok(open), Ok(named)) = (file.metadata(), path.metadata()) else {
        return false;
    };
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

/// An open file cannot be removed elsewhere.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_has_the_card_and_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("card.img");
        let held = ImageLock::take(&image, "perso card serve").unwrap();
        // The same card by another name.
        let other = folder.path().join(".").join("card.img");
        let error = ImageLock::take(&other, "perso run").unwrap_err();
        let told = error.to_string();
        let holder = format!("perso card serve, process {}", std::process::id());
        assert!(told.contains(&holder), "{told}");
        ImageLock::take(&folder.path().join("other.img"), "perso run").unwrap();
        drop(held);
        drop(ImageLock::take(&image, "perso run").unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn whoever_was_killed_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("card.img");
        std::fs::write(folder.path().join("card.img.lock"), "perso run, process 1").unwrap();
        ImageLock::take(&image, "perso run").unwrap();
    }

    #[test]
    fn a_folder_that_is_not_there_is_told() {
        let error = ImageLock::take(Path::new("/nowhere/card.img"), "perso run").unwrap_err();
        let told = error.to_string();
        assert!(
            told.contains("cannot lock the card image /nowhere/card.img"),
            "{told}"
        );
    }
}
