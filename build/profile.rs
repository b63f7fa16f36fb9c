//! `profiles/*.cpf`: ready profiles, embedded whole.

use std::path::{Path, PathBuf};

use super::read::{Problems, files};
use super::rust;

pub(crate) struct Profiles(Vec<(String, PathBuf)>);

pub(crate) fn read(root: &Path, problems: &mut Problems) -> Profiles {
    let mut profiles = Vec::new();
    for path in files(&root.join("profiles"), "cpf") {
        match path.file_name().and_then(|name| name.to_str()) {
            Some(name) => profiles.push((name.to_owned(), path.clone())),
            None => problems.add(&path, "file", "the name must be UTF-8"),
        }
    }
    Profiles(profiles)
}

impl Profiles {
    pub(crate) fn rust(&self) -> String {
        let rows = self.0.iter().map(|(name, path)| {
            format!(
                "Profile {{ name: {name:?}, text: include_str!({:?}) }}",
                path.display().to_string()
            )
        });
        let names = self
            .0
            .iter()
            .enumerate()
            .map(|(at, (name, _))| (name.as_str(), at));
        rust::table("PROFILES", "Profile", rows) + &rust::index("PROFILE_NAMES", names)
    }
}
