//! Reading TOML records with their provenance, and collecting what is wrong with them.
//! Knows no particular kind of record.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// Everything wrong with the data, and the sources it cites (checked when all is read).
#[derive(Default)]
pub(crate) struct Problems {
    lines: Vec<String>,
    pub(crate) cited: Vec<(String, PathBuf)>,
}

impl Problems {
    pub(crate) fn add(&mut self, file: &Path, record: &str, what: impl Display) {
        let what = what.to_string();
        let what = what.lines().collect::<Vec<_>>().join(" ");
        self.lines
            .push(format!("{}: {record}: {what}", shown(file)));
    }

    /// Reports a second use of a name, compared without letter case.
    pub(crate) fn unique<'a>(&mut self, names: impl IntoIterator<Item = (&'a str, &'a Path)>) {
        let mut seen: BTreeMap<String, &Path> = BTreeMap::new();
        for (name, file) in names {
            if let Some(first) = seen.insert(name.to_ascii_lowercase(), file) {
                self.add(
                    file,
                    name,
                    format!("this name is already taken in {}", shown(first)),
                );
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines
    }
}

fn shown(file: &Path) -> String {
    let text = file.display().to_string();
    match text.rfind("/stdlib/") {
        Some(at) => text[at + 1..].to_owned(),
        None => text,
    }
}

/// What every record says about itself: who says so, how sure we are, what it means.
#[derive(Deserialize)]
pub(crate) struct Provenance {
    #[serde(default)]
    status: Status,
    certainty: Certainty,
    source: Vec<String>,
    pub(crate) meaning: String,
}

#[derive(Deserialize, Default, Debug, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Status {
    #[default]
    Documented,
    Perso,
    Tolerated,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Certainty {
    Stated,
    Implied,
    Measured,
    Standard,
    Ours,
    Hearsay,
}

impl Provenance {
    /// The fields `status`, `certainty`, `meaning`, `source` of the Rust record.
    pub(crate) fn rust(&self) -> String {
        format!(
            "status: Status::{:?}, certainty: Certainty::{:?}, meaning: {:?}, source: {:?}",
            self.status,
            self.certainty,
            self.meaning,
            self.source.join(", "),
        )
    }

    fn complaint(&self) -> Option<&'static str> {
        if self.source.is_empty() {
            Some("`source` is empty")
        } else if !self.meaning.ends_with('.') || self.meaning.contains('\n') {
            Some("`meaning` must be one line that ends with a full stop")
        } else if (self.certainty == Certainty::Hearsay) != (self.status == Status::Tolerated) {
            Some("hearsay is tolerated, and only hearsay is")
        } else if self.certainty == Certainty::Ours && self.status == Status::Documented {
            Some("what is ours must not be called documented (`status = \"perso\"`)")
        } else {
            None
        }
    }
}

/// A record of the data, the file it stands in, and its provenance.
pub(crate) struct Record<T> {
    pub(crate) file: PathBuf,
    pub(crate) provenance: Provenance,
    pub(crate) data: T,
}

/// The TOML tables of one file by their heading, taken out one kind after the other.
pub(crate) struct DataFile {
    path: PathBuf,
    table: Table,
}

impl DataFile {
    pub(crate) fn open(path: &Path, problems: &mut Problems) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| {
            problems.add(path, "file", error);
            String::new()
        });
        let table = text.parse::<Table>().unwrap_or_else(|error| {
            problems.add(path, "file", error);
            Table::new()
        });
        Self {
            path: path.to_owned(),
            table,
        }
    }

    /// All `[[heading]]` records of the file.
    pub(crate) fn records<T: DeserializeOwned>(
        &mut self,
        heading: &str,
        problems: &mut Problems,
    ) -> Vec<Record<T>> {
        let mut records = Vec::new();
        for mut rest in self.take(heading, problems) {
            let label = label(heading, &rest);
            let own: Table = ["status", "certainty", "source", "meaning"]
                .into_iter()
                .filter_map(|key| rest.remove_entry(key))
                .collect();
            match (Provenance::deserialize(own), T::deserialize(rest)) {
                (Ok(provenance), Ok(data)) => {
                    if let Some(complaint) = provenance.complaint() {
                        problems.add(&self.path, &label, complaint);
                    }
                    let cited = provenance.source.iter().cloned();
                    problems
                        .cited
                        .extend(cited.map(|short| (short, self.path.clone())));
                    records.push(Record {
                        file: self.path.clone(),
                        provenance,
                        data,
                    });
                }
                (Err(error), _) | (_, Err(error)) => problems.add(&self.path, &label, error),
            }
        }
        records
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A `[heading]` that may stand once, without provenance of its own.
    pub(crate) fn optional<T: DeserializeOwned>(
        &mut self,
        heading: &str,
        problems: &mut Problems,
    ) -> Option<T> {
        let mut found = self.plain(heading, problems);
        if found.len() > 1 {
            problems.add(&self.path, heading, "may stand only once");
        }
        found.pop()
    }

    /// All `[[heading]]` records of the file that carry no provenance of their own.
    pub(crate) fn plain<T: DeserializeOwned>(
        &mut self,
        heading: &str,
        problems: &mut Problems,
    ) -> Vec<T> {
        let mut found = Vec::new();
        for table in self.take(heading, problems) {
            let label = label(heading, &table);
            match T::deserialize(table) {
                Ok(data) => found.push(data),
                Err(error) => problems.add(&self.path, &label, error),
            }
        }
        found
    }

    fn take(&mut self, heading: &str, problems: &mut Problems) -> Vec<Table> {
        let values = match self.table.remove(heading) {
            Some(Value::Array(list)) => list,
            other => other.into_iter().collect(),
        };
        let mut tables = Vec::new();
        for value in values {
            match value {
                Value::Table(table) => tables.push(table),
                _ => problems.add(&self.path, heading, "must be a table"),
            }
        }
        tables
    }

    /// Reports headings that nobody asked for.
    pub(crate) fn close(self, problems: &mut Problems) {
        for heading in self.table.keys() {
            problems.add(&self.path, heading, "unknown heading");
        }
    }
}

fn label(heading: &str, record: &Table) -> String {
    ["name", "id", "text", "short"]
        .iter()
        .find_map(|key| record.get(*key)?.as_str())
        .map_or_else(|| heading.to_owned(), |name| format!("{heading} `{name}`"))
}

/// The files of a folder with this extension, sorted by name.
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    found.sort();
    found
}
