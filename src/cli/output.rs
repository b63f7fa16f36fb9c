//! Where a result goes: the standard output, or a file that is there whole or not at all.

use std::fs;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};
use tempfile::TempPath;

use super::{Display, Fatal};
use crate::report::visible_lines;

/// Writes `text` to the standard output. A reader who went away is no error.
pub(super) fn print(text: &[u8], display: &Display) -> Result<(), Fatal> {
    let stdout = io::stdout();
    let choice = display.colour(&stdout);
    let mut stream = AutoStream::new(stdout.lock(), choice);
    written(stream.write_all(text).and_then(|()| stream.flush()))
}

/// Writes the text of a file to the standard output byte for byte. A terminal gets it without what it
/// would obey.
pub(super) fn pass_on(text: &[u8]) -> Result<(), Fatal> {
    let mut stdout = io::stdout().lock();
    let done = if stdout.is_terminal() {
        stdout.write_all(visible_lines(&String::from_utf8_lossy(text)).as_bytes())
    } else {
        stdout.write_all(text)
    };
    written(done.and_then(|()| stdout.flush()))
}

fn written(done: io::Result<()>) -> Result<(), Fatal> {
    match done {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Fatal::usage(format!("cannot write the output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Whether the standard output gets colour.
pub(super) fn is_coloured(display: &Display) -> bool {
    display.colour(&io::stdout()) != ColorChoice::Never
}

/// Writes `text` to `file`; whoever reads it meanwhile sees the old content or the new one.
pub(super) fn save(text: &[u8], file: &Path) -> Result<(), Fatal> {
    save_with(text, file, 0o666)
}

/// A new text that lies beside the file that it will replace.
pub(super) struct Replacement {
    new: TempPath,
    target: PathBuf,
}

impl Replacement {
    /// Puts the new text in the place of the old one, in one step of the system.
    pub(super) fn commit(self) -> Result<(), Fatal> {
        let (new, target) = (self.new, self.target);
        new.persist(&target)
            .map_err(|error| unwritable(&target, &error.error))
    }
}

/// Makes ready to replace the text of a file that was `read`; nothing to do if it is there already. The
/// file keeps its permissions and, where the user may give it away, its owner; a symbolic link keeps
/// leading to it.
///
/// # Errors
///
/// The file may not be written to, or is no longer what was read.
pub(super) fn prepare(new: &[u8], read: &[u8], file: &Path) -> Result<Option<Replacement>, Fatal> {
    match fs::read(file) {
        Ok(now) if now == new => return Ok(None),
        Ok(now) if now == read => {}
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(unwritable(file, &error)),
        _ => {
            let message = format!("`{}` was changed meanwhile", file.to_string_lossy());
            return Err(Fatal::usage(message).help("call perso again"));
        }
    }
    let beside = lay_beside(new, file).map_err(|error| unwritable(file, &error))?;
    Ok(Some(beside))
}

fn lay_beside(text: &[u8], file: &Path) -> io::Result<Replacement> {
    let target = file.canonicalize()?;
    // A file that is write-protected stays, although its folder would let it be replaced.
    let old = fs::OpenOptions::new()
        .write(true)
        .open(&target)?
        .metadata()?;
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::Builder::new()
        .prefix(".perso-")
        .tempfile_in(folder)?;
    new.write_all(text)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let _ = fchown(new.as_file(), Some(old.uid()), Some(old.gid()));
    }
    new.as_file().set_permissions(old.permissions())?;
    let new = new.into_temp_path();
    Ok(Replacement { new, target })
}

fn unwritable(file: &Path, error: &io::Error) -> Fatal {
    Fatal::usage(format!(
        "cannot write `{}`: {error}",
        file.to_string_lossy()
    ))
}

/// Like [`save`], for what only its owner may read.
pub(super) fn save_private(text: &[u8], file: &Path) -> Result<(), Fatal> {
    save_with(text, file, 0o600)
}

/// `mode` are the permissions of a new file, less those that the umask takes away.
fn save_with(text: &[u8], file: &Path, mode: u32) -> Result<(), Fatal> {
    let failed = |error: io::Error| unwritable(file, &error);
    match fs::metadata(file) {
        // A pipe or device cannot be replaced, only written to.
        Ok(data) if !data.is_file() => fs::write(file, text).map_err(failed),
        Ok(_) => replace(text, &file.canonicalize().map_err(failed)?, mode).map_err(failed),
        Err(_) => replace(text, file, mode).map_err(failed),
    }
}

fn replace(text: &[u8], file: &Path, mode: u32) -> io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    let mut new = builder.prefix(".perso-").tempfile_in(folder)?;
    new.write_all(text)?;
    new.persist(file)?;
    Ok(())
}
