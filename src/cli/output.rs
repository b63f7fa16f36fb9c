//! Where a result goes: the standard output, or a file that is there whole or not at all.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};

use super::{Display, Fatal};

/// Writes `text` to the standard output. A reader who went away is no error.
pub(super) fn print(text: &[u8], display: &Display) -> Result<(), Fatal> {
    let stdout = io::stdout();
    let choice = display.colour(&stdout);
    let mut stream = AutoStream::new(stdout.lock(), choice);
    let written = stream.write_all(text).and_then(|()| stream.flush());
    match written {
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

/// Replaces the text of a file that is there, which keeps its permissions.
pub(super) fn rewrite(text: &[u8], file: &Path) -> Result<(), Fatal> {
    let failed = |error: io::Error| {
        let shown = file.to_string_lossy();
        Fatal::usage(format!("cannot write `{shown}`: {error}"))
    };
    let target = file.canonicalize().map_err(failed)?;
    let permissions = fs::metadata(&target).map_err(failed)?.permissions();
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::Builder::new()
        .prefix(".perso-")
        .tempfile_in(folder)
        .map_err(failed)?;
    new.write_all(text).map_err(failed)?;
    new.as_file().set_permissions(permissions).map_err(failed)?;
    new.persist(&target).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Like [`save`], for what only its owner may read.
pub(super) fn save_private(text: &[u8], file: &Path) -> Result<(), Fatal> {
    save_with(text, file, 0o600)
}

/// Replaces a file that is there and keeps its permissions.
pub(super) fn save_over(text: &[u8], file: &Path) -> Result<(), Fatal> {
    let permissions = fs::metadata(file).map(|data| data.permissions());
    save(text, file)?;
    let kept = permissions.and_then(|permissions| fs::set_permissions(file, permissions));
    kept.map_err(|error| {
        let name = file.to_string_lossy();
        Fatal::usage(format!("cannot keep the permissions of `{name}`: {error}"))
    })
}

/// `mode` are the permissions of a new file, less those that the umask takes away.
fn save_with(text: &[u8], file: &Path, mode: u32) -> Result<(), Fatal> {
    let failed = |error: io::Error| {
        Fatal::usage(format!(
            "cannot write `{}`: {error}",
            file.to_string_lossy()
        ))
    };
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
