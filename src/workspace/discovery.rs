//! Which files a call means.
//!
//! A file that is named is taken; a folder is walked: what `.gitignore` excludes and what is
//! hidden is skipped, links to folders are not followed. The order is that of the paths, whatever
//! the order on disk.

use std::fs;
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

use super::loading::OpenError;
use super::naming::{absolute, name};
use super::reading::Reason;

/// The name of the project configuration.
pub(super) const CONFIGURATION: &str = "perso.toml";

/// What a file holds, as its name says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// An encoding description, `.dsc`.
    Description,
    /// A card profile, `.cpf`.
    Profile,
    /// The project configuration, `perso.toml`.
    Configuration,
    /// A description zipped with its companions, `.dsz`; its members are looked at instead of it.
    Archive,
}

impl Kind {
    /// The kind of a file of this name; letter case of the extension does not matter.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        if path.file_name()? == CONFIGURATION {
            return Some(Self::Configuration);
        }
        let extension = path.extension()?.to_str()?;
        if extension.eq_ignore_ascii_case("dsc") {
            Some(Self::Description)
        } else if extension.eq_ignore_ascii_case("cpf") {
            Some(Self::Profile)
        } else if extension.eq_ignore_ascii_case("dsz") {
            Some(Self::Archive)
        } else {
            None
        }
    }
}

/// A file to look at. One that cannot be read is an input also: it becomes a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Input {
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    /// Why it cannot be read, if that is known without opening it.
    pub(super) refused: Option<Reason>,
}

/// The files that `paths` mean, sorted by path, each once. `fallback` is the kind of a named file
/// whose name does not tell. Without `archives` a walk passes archives over.
///
/// # Errors
///
/// A file is named whose kind nothing tells, or an archive where none is wanted.
pub(super) fn discover(
    here: &Path,
    paths: &[PathBuf],
    fallback: Option<Kind>,
    archives: bool,
) -> Result<Vec<Input>, OpenError> {
    let mut inputs = Vec::new();
    for path in paths {
        let path = absolute(here, path);
        match fs::metadata(&path) {
            Ok(data) if data.is_dir() => walk(&path, archives, &mut inputs),
            Ok(_) if !archives && Kind::of(&path) == Some(Kind::Archive) => {
                let name = name(here, &path);
                return Err(OpenError::Archive { name });
            }
            Ok(_) => inputs.push(named(here, path, fallback)?),
            Err(error) => inputs.push(Input {
                kind: Kind::of(&path).or(fallback).unwrap_or(Kind::Description),
                refused: Some(Reason::of(&path, &error)),
                path,
            }),
        }
    }
    inputs.sort_by(|a, b| a.path.cmp(&b.path));
    inputs.dedup_by(|a, b| a.path == b.path);
    Ok(inputs)
}

fn named(here: &Path, path: PathBuf, fallback: Option<Kind>) -> Result<Input, OpenError> {
    let Some(kind) = Kind::of(&path).or(fallback) else {
        let name = name(here, &path);
        return Err(OpenError::UnknownKind { name });
    };
    Ok(Input {
        path,
        kind,
        refused: None,
    })
}

fn walk(folder: &Path, archives: bool, inputs: &mut Vec<Input>) {
    let walk = WalkBuilder::new(folder)
        .require_git(false)
        .git_global(false)
        .build();
    for entry in walk {
        match entry {
            Ok(entry) => {
                let wanted = |input: &Input| archives || input.kind != Kind::Archive;
                inputs.extend(found(&entry).filter(wanted));
            }
            Err(error) => inputs.extend(lost(&error)),
        }
    }
}

fn found(entry: &DirEntry) -> Option<Input> {
    let path = entry.path();
    let kind = Kind::of(path)?;
    let refused = match fs::metadata(path) {
        Ok(data) if data.is_dir() => Some(Reason::Folder),
        Ok(data) if !data.is_file() => Some(Reason::Special),
        Ok(_) => None,
        Err(error) => Some(Reason::of(path, &error)),
    };
    Some(Input {
        path: path.to_owned(),
        kind,
        refused,
    })
}

/// A folder that the walk could not enter. A broken line in a `.gitignore` is nobody's loss.
fn lost(error: &ignore::Error) -> Option<Input> {
    let path = path_of(error)?;
    let refused = Some(Reason::of(path, error.io_error()?));
    Some(Input {
        path: path.to_owned(),
        kind: Kind::Description,
        refused,
    })
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        _ => None,
    }
}
