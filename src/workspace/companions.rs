//! The files that a description takes along: its profile, its script, and for a profile the
//! descriptions beside it.
//!
//! A companion is a file name, never a path: what a description names must not lead out of its
//! folder and the `[paths] profiles` of the project.

use std::path::{Path, PathBuf};

use super::archive::Archive;
use super::discovery::{Kind, discover};
use super::loading::Workspace;
use super::reading::{self, Reason};
use crate::diagnostic::nearest;
use crate::source::{SourceFile, SourceId};

/// What became of the name of a companion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Companion {
    /// Found and read; shared by all that name it.
    Loaded(SourceId),
    /// Not there.
    Missing {
        /// A file with a similar name that is there.
        near: Option<String>,
        /// Why it is not there.
        reason: Absence,
    },
    /// There, but not to be read.
    Unreadable {
        /// Why.
        reason: Reason,
    },
}

/// Why a companion is missing; words for a label.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Absence {
    /// No folder that is searched holds it.
    #[error("no such file beside the description or in `[paths] profiles`")]
    NoSuchFile,
    /// The archive does not hold it where it is looked for.
    #[error("no such file beside the description in the archive")]
    NotPacked,
    /// The name has parts or leads elsewhere.
    #[error("only the name of a file is looked for, not a path")]
    NotAFileName,
    /// `<name>` is not among the profiles that ship with perso.
    #[error("no profile of this name ships with perso")]
    NotEmbedded,
}

impl Workspace {
    /// Finds the companion `name` of `from`: beside it, then in the folders of
    /// `[paths] profiles`, for a member of an archive beside it there alone; `<name>` is a profile that ships with perso. A name that differs only
    /// in letter case is accepted where the exact one is not there.
    pub fn resolve_companion(&mut self, from: SourceId, name: &str) -> Companion {
        if let Some(embedded) = name
            .strip_prefix('<')
            .and_then(|rest| rest.strip_suffix('>'))
        {
            return self.resolve_embedded(from, name, embedded);
        }
        if !is_file_name(name) {
            return Companion::missing(None, Absence::NotAFileName);
        }
        let folders = self.searched(from);
        for folder in &folders {
            if let Some(found) = self.entry(folder, name) {
                return match self.load(folder.join(found), from) {
                    Ok(source) => Companion::Loaded(source),
                    Err(reason) => Companion::Unreadable { reason },
                };
            }
        }
        let near = self.nearest_entry(&folders, name);
        let absence = match self.is_member(from) {
            true => Absence::NotPacked,
            false => Absence::NoSuchFile,
        };
        Companion::missing(near, absence)
    }

    /// The readable descriptions in the folder of `of`, itself excepted, sorted by name. For a
    /// profile that is checked alone: one of them may name it.
    pub fn sibling_descriptions(&mut self, of: SourceId) -> Vec<SourceId> {
        let Some(folder) = self.places.get(&of).map(|place| place.folder.clone()) else {
            return Vec::new();
        };
        let names = self.listing(&folder).to_vec();
        names
            .iter()
            .filter(|name| Kind::of(Path::new(name)) == Some(Kind::Description))
            .filter_map(|name| self.load(folder.join(name), of).ok())
            .filter(|source| *source != of)
            .collect()
    }

    /// The readable descriptions under the folder of a project's configuration, those that were
    /// not asked for included: `[mapping]` speaks of all of them.
    pub fn descriptions_of(&mut self, project: usize) -> Vec<SourceId> {
        let Some(of) = self.projects[project].files.first().map(|file| file.source) else {
            return Vec::new();
        };
        let Some(folder) = self.projects[project].folder.clone() else {
            return Vec::new();
        };
        let inputs = discover(&self.here, &[folder], None, false).unwrap_or_default();
        let loaded: Vec<_> = inputs
            .into_iter()
            .filter(|input| input.kind == Kind::Description && input.refused.is_none())
            .filter_map(|input| self.load(input.path, of).ok())
            .collect();
        let places = &self.places;
        let project_of = |source: &SourceId| places.get(source).map(|place| place.project);
        loaded
            .into_iter()
            .filter(|source| project_of(source) == Some(project))
            .collect()
    }

    fn resolve_embedded(&mut self, from: SourceId, shown: &str, name: &str) -> Companion {
        let key = PathBuf::from(shown);
        if let Some(Ok(source)) = self.known.get(&key) {
            return Companion::Loaded(*source);
        }
        let Some(text) = (self.embedded)(name) else {
            return Companion::missing(None, Absence::NotEmbedded);
        };
        let source = self.add_beside(SourceFile::from_text(shown, text), from);
        self.known.insert(key, Ok(source));
        Companion::Loaded(source)
    }

    /// The folders that are searched for companions of `from`.
    fn searched(&self, from: SourceId) -> Vec<PathBuf> {
        let Some(place) = self.places.get(&from) else {
            return Vec::new();
        };
        if self.archive_of(&place.folder).is_some() {
            return vec![place.folder.clone()];
        }
        let project = &self.projects[place.project];
        let profiles = project.configuration.profiles.iter();
        let base = project.folder.as_deref().unwrap_or(&place.folder);
        let profiles = profiles.map(|folder| base.join(&folder.value));
        std::iter::once(place.folder.clone())
            .chain(profiles)
            .collect()
    }

    fn entry(&mut self, folder: &Path, name: &str) -> Option<String> {
        let names = self.listing(folder);
        let exact = names.iter().find(|entry| *entry == name);
        let folded = name.to_lowercase();
        let similar = || names.iter().find(|entry| entry.to_lowercase() == folded);
        exact.or_else(similar).cloned()
    }

    fn nearest_entry(&mut self, folders: &[PathBuf], name: &str) -> Option<String> {
        let ending = |name: &str| Some(Path::new(name).extension()?.to_ascii_lowercase());
        let mut names: Vec<String> = Vec::new();
        for folder in folders {
            let alike = self.listing(folder).iter();
            names.extend(alike.filter(|entry| ending(entry) == ending(name)).cloned());
        }
        nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
    }

    /// The names in a folder that are Unicode, sorted; read once a run. Empty for a folder that
    /// cannot be read.
    fn listing(&mut self, folder: &Path) -> &[String] {
        if !self.listings.contains_key(folder) {
            let mut names = match self.archive_of(folder) {
                Some((root, inside)) => self.members(&root, &inside),
                None => entries(folder),
            };
            names.sort_unstable();
            self.listings.insert(folder.to_owned(), names);
        }
        self.listings.get(folder).map_or(&[], Vec::as_slice)
    }

    /// The names of the files in a folder of an archive.
    fn members(&self, archive: &Path, folder: &str) -> Vec<String> {
        let paths = self.archives.get(archive).into_iter();
        let paths = paths.flat_map(Archive::paths);
        let names = paths.filter_map(|path| {
            let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
            (above == folder).then(|| name.to_owned())
        });
        names.collect()
    }

    fn load(&mut self, path: PathBuf, from: SourceId) -> Result<SourceId, Reason> {
        if let Some(known) = self.known.get(&path) {
            return known.clone();
        }
        let loaded = self.bytes(&path).map(|bytes| {
            let text = SourceFile::from_bytes(self.name(&path), bytes);
            self.add_beside(text, from)
        });
        self.known.insert(path, loaded.clone());
        loaded
    }

    fn bytes(&mut self, path: &Path) -> Result<Vec<u8>, Reason> {
        let member = self.archive_of(path);
        let archive =
            member.and_then(|(root, inside)| Some((self.archives.get_mut(&root)?, inside)));
        match archive {
            Some((archive, inside)) => archive.read(&inside),
            None => reading::read(path),
        }
    }

    /// Adds a companion, which belongs to the project of `from`.
    fn add_beside(&mut self, text: SourceFile, from: SourceId) -> SourceId {
        match self.places.get(&from).cloned() {
            Some(place) => self.add(text, place),
            None => self.sources.add(text),
        }
    }
}

/// The names of what lies in a folder.
fn entries(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

impl Companion {
    fn missing(near: Option<String>, reason: Absence) -> Self {
        Self::Missing { near, reason }
    }
}

/// Whether `name` is one part of a path on every system that perso runs on.
fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', ':', '\0'])
}
