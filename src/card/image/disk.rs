//! Image files: read whole, replaced whole. A crash leaves the old image or the new one.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{Card, ImageError, MAX_SIZE, decode, encode};

/// Why an image file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The operating system refused.
    #[error("cannot {action} the card image {}: {source}", path.display())]
    Io {
        /// What was tried: `read`, `write`, `lock`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// Another process has the card out of the image and will write it.
    #[error("the card image {} is in use: {by}", path.display())]
    InUse {
        /// The image.
        path: PathBuf,
        /// Which command in which process.
        by: String,
    },
    /// The content is wrong.
    #[error("{}: {source}", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ImageError,
    },
}

/// Reads a card from its image file.
///
/// # Errors
/// If the file cannot be read or is no sound image.
pub fn read(path: &Path, rng: impl CryptoRng + Send + 'static) -> Result<Card, DiskError> {
    let bytes = read_bytes(path).map_err(|source| failed("read", path, source))?;
    decode(&bytes, rng).map_err(|source| wrong(path, source))
}

fn read_bytes(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    let limit = MAX_SIZE as u64 + 1; // one more shows that it is too large
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes a card to its image file: a temporary file beside it (mode 0600), flushed to the disk,
/// then renamed.
///
/// # Errors
/// If the file cannot be written; the old image is then untouched.
pub fn write(path: &Path, card: &Card) -> Result<(), DiskError> {
    let bytes = encode(card).map_err(|source| wrong(path, source))?;
    replace(path, &bytes, Flush::ToDisk).map_err(|source| failed("write", path, source))
}

/// As [`write()`], without waiting for the disk: a process that is killed loses nothing, a machine
/// that fails may.
///
/// # Errors
/// If the file cannot be written; the old image is then untouched.
pub fn write_unflushed(path: &Path, card: &Card) -> Result<(), DiskError> {
    let bytes = encode(card).map_err(|source| wrong(path, source))?;
    replace(path, &bytes, Flush::Later).map_err(|source| failed("write", path, source))
}

/// Whether to wait for the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flush {
    ToDisk,
    Later,
}

fn replace(path: &Path, bytes: &[u8], flush: Flush) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut temporary = name.to_os_string();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = directory.join(temporary);
    let result =
        write_new(&temporary, bytes, flush).and_then(|()| std::fs::rename(&temporary, path));
    if result.is_err() {
        let _ = std::fs::remove_file(&temporary);
        return result;
    }
    match flush {
        Flush::ToDisk => sync_directory(directory),
        Flush::Later => Ok(()),
    }
}

fn write_new(path: &Path, bytes: &[u8], flush: Flush) -> io::Result<()> {
    // What a killed process of the same number left behind.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    match flush {
        Flush::ToDisk => file.sync_all(),
        Flush::Later => Ok(()),
    }
}

#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> DiskError {
    let path = path.to_owned();
    DiskError::Io {
        action,
        path,
        source,
    }
}

fn wrong(path: &Path, source: ImageError) -> DiskError {
    let path = path.to_owned();
    DiskError::Image { path, source }
}
