//! `sources.toml`: the public pages and standards that records cite by a short name.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use super::read::{DataFile, Problems};
use super::rust;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    short: String,
    title: String,
    meaning: String,
}

pub(crate) struct Sources(Vec<Source>);

pub(crate) fn read(root: &Path, problems: &mut Problems) -> Sources {
    let path = root.join("sources.toml");
    let mut file = DataFile::open(&path, problems);
    let sources: Vec<Source> = file.plain("page", problems);
    file.close(problems);
    problems.unique(sources.iter().map(|page| (page.short.as_str(), &*path)));
    Sources(sources)
}

impl Sources {
    /// Every citation in the data must name one of these pages.
    pub(crate) fn check(&self, problems: &mut Problems) {
        let known: BTreeSet<&str> = self.0.iter().map(|page| page.short.as_str()).collect();
        for (short, file) in std::mem::take(&mut problems.cited) {
            if !known.contains(short.as_str()) {
                problems.add(
                    &file,
                    "source",
                    format!("`{short}` is no page of sources.toml"),
                );
            }
        }
    }

    pub(crate) fn rust(&self) -> String {
        let rows = self.0.iter().map(|page| {
            let Source {
                short,
                title,
                meaning,
            } = page;
            format!("Source {{ short: {short:?}, title: {title:?}, meaning: {meaning:?} }}")
        });
        rust::table("SOURCES", "Source", rows)
    }
}
