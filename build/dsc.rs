//! `dsc/*.toml`: sections, keywords, dialogs, encoders and version gates of encoding descriptions.

mod tables;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::middleware::Middlewares;
use super::read::{DataFile, Problems, Record, files};
use super::rust;

#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Section {
    Encoding,
    Fields,
    Description,
    Application,
    Magstripe,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SectionData {
    kind: Section,
    header: String,
    meaning: String,
    source: Vec<String>,
}

#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Flag,
    Raw,
    Reference,
    Field,
    FieldList,
    Letters,
    Integer,
    TypePair,
    Devices,
    Enum,
    Filter,
    Attributes,
    Text,
    FileName,
    LibraryPath,
    FlagReference,
    Unknown,
}

#[derive(Deserialize, Default, Debug)]
#[serde(rename_all = "kebab-case")]
enum Direction {
    #[default]
    None,
    In,
    Out,
}

/// What a pattern keyword accepts behind its prefix.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "kebab-case")]
enum Suffix {
    Digits,
    Word,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pattern {
    prefix: String,
    suffix: Suffix,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alias {
    name: String,
    #[serde(default)]
    misprint: bool,
    #[serde(default)]
    obsolete: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Keyword {
    name: String,
    kind: Kind,
    #[serde(default)]
    variant: Option<String>,
    #[serde(default)]
    pattern: Option<Pattern>,
    #[serde(default)]
    aliases: Vec<Alias>,
    #[serde(default)]
    direction: Direction,
    #[serde(default)]
    credential: bool,
    #[serde(default)]
    command: bool,
    #[serde(default)]
    replaced_by: Option<String>,
    /// Values worth completing; for `kind = "enum"` the accepted words.
    #[serde(default)]
    values: Vec<String>,
    /// The published list of words is incomplete: others may exist.
    #[serde(default)]
    open: bool,
    /// Groups of which each must have one member present (rules.md, Table A).
    #[serde(default)]
    requires: Vec<Vec<String>>,
    /// Groups of which each must have one member in effect (rules.md, Table B).
    #[serde(default)]
    effective_with: Vec<Vec<String>>,
    /// Ids of the only middlewares that know this key; empty: no restriction is published.
    #[serde(default)]
    support: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    name: String,
    syntax: String,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "kebab-case")]
enum DialogKind {
    Authenticate,
    NewPin,
    ChangePin,
    ProtectedPath,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dialog {
    text: String,
    kind: DialogKind,
    auto: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Encoder {
    id: String,
    name: String,
    device: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Feature {
    name: String,
    /// The keys that use the feature, the most telling first.
    keys: Vec<String>,
    #[serde(default)]
    middleware: Option<String>,
    #[serde(default)]
    middleware_versions: Vec<String>,
    needs_identity_manager: String,
    /// `[first, last]` versions that lack the feature again.
    #[serde(default)]
    except: Option<[String; 2]>,
}

pub(crate) struct Dsc {
    sections: Vec<SectionData>,
    keywords: Vec<(Section, Record<Keyword>)>,
    forms: Vec<Record<Form>>,
    dialogs: Vec<Record<Dialog>>,
    encoders: Vec<Record<Encoder>>,
    features: Vec<Record<Feature>>,
}

pub(crate) fn read(root: &Path, problems: &mut Problems) -> Dsc {
    let mut dsc = Dsc {
        sections: Vec::new(),
        keywords: Vec::new(),
        forms: Vec::new(),
        dialogs: Vec::new(),
        encoders: Vec::new(),
        features: Vec::new(),
    };
    for path in files(&root.join("dsc"), "toml") {
        dsc.file(DataFile::open(&path, problems), problems);
    }
    dsc.sections.sort_by_key(|section| section.kind as u8);
    dsc.keywords.sort_by_key(|(section, _)| *section as u8);
    dsc
}

impl Dsc {
    /// A file describes a section and its keywords, or lists tolerated keywords, dialogs, encoders
    /// or features.
    fn file(&mut self, mut file: DataFile, problems: &mut Problems) {
        if let Some(section) = file.optional::<SectionData>("section", problems) {
            let cited = section.source.iter().cloned();
            problems
                .cited
                .extend(cited.map(|short| (short, file.path().to_owned())));
            let keywords = file.records("keyword", problems);
            self.keywords
                .extend(keywords.into_iter().map(|keyword| (section.kind, keyword)));
            self.sections.push(section);
        }
        let tolerated = file.records("tolerated", problems);
        self.keywords.extend(
            tolerated
                .into_iter()
                .map(|keyword| (Section::Application, keyword)),
        );
        self.forms.extend(file.records("form", problems));
        self.dialogs.extend(file.records("dialog", problems));
        self.encoders.extend(file.records("encoder", problems));
        self.features.extend(file.records("feature", problems));
        file.close(problems);
    }

    fn keys(&self) -> BTreeMap<&str, &Keyword> {
        self.keywords
            .iter()
            .map(|(_, record)| (record.data.name.as_str(), &record.data))
            .collect()
    }

    pub(crate) fn has_key(&self, name: &str) -> bool {
        self.keys().contains_key(name)
    }

    /// The Rust path of a key that exists (`check` has seen to that).
    pub(crate) fn key(&self, name: &str) -> String {
        let keys = self.keys();
        format!(
            "Key::{}",
            keys.get(name)
                .map_or_else(|| name.to_owned(), |key| key.variant())
        )
    }

    /// Unique names, and references only to what exists.
    pub(crate) fn check(&self, middlewares: &Middlewares, problems: &mut Problems) {
        let spellings = self.keywords.iter().flat_map(|(_, record)| {
            let names = record.data.spellings();
            names.map(|name| (name, &*record.file))
        });
        problems.unique(spellings);
        problems.unique(
            self.dialogs
                .iter()
                .map(|record| (&*record.data.text, &*record.file)),
        );
        problems.unique(
            self.encoders
                .iter()
                .map(|record| (&*record.data.id, &*record.file)),
        );
        for (_, record) in &self.keywords {
            self.check_keyword(record, middlewares, problems);
        }
        for record in &self.features {
            self.check_feature(record, middlewares, problems);
        }
    }

    fn check_keyword(
        &self,
        record: &Record<Keyword>,
        middlewares: &Middlewares,
        problems: &mut Problems,
    ) {
        let Record { file, data, .. } = record;
        let conditions = data.requires.iter().chain(&data.effective_with).flatten();
        for name in conditions
            .filter(|name| special(name).is_none())
            .chain(&data.replaced_by)
        {
            if !self.has_key(name) {
                problems.add(
                    file,
                    &data.name,
                    format!("refers to `{name}`, which is no keyword"),
                );
            }
        }
        for id in data.support.iter().filter(|id| !middlewares.has(id)) {
            problems.add(
                file,
                &data.name,
                format!("`support` names unknown middleware `{id}`"),
            );
        }
        if (data.kind == Kind::Enum) && data.values.is_empty() {
            problems.add(file, &data.name, "an enum needs `values`");
        }
        if !data
            .variant()
            .starts_with(|first: char| first.is_ascii_uppercase())
        {
            problems.add(
                file,
                &data.name,
                "no Rust name can be made of it: give `variant`",
            );
        }
    }

    fn check_feature(
        &self,
        record: &Record<Feature>,
        middlewares: &Middlewares,
        problems: &mut Problems,
    ) {
        let Record { file, data, .. } = record;
        for name in data.keys.iter().filter(|name| !self.has_key(name)) {
            problems.add(file, &data.name, format!("`{name}` is no keyword"));
        }
        for id in data.middleware.iter().filter(|id| !middlewares.has(id)) {
            problems.add(file, &data.name, format!("unknown middleware `{id}`"));
        }
        let except = data.except.iter().flatten();
        for text in except
            .chain([&data.needs_identity_manager])
            .chain(&data.middleware_versions)
        {
            if rust::version(text).is_none() {
                problems.add(file, &data.name, format!("`{text}` is no version"));
            }
        }
    }
}

/// Conditions of Table B that are more than one key.
fn special(name: &str) -> Option<&'static str> {
    match name {
        "signature application" => Some("SignatureApplication"),
        "location from a field" => Some("LocationFromField"),
        _ => None,
    }
}

impl Keyword {
    fn variant(&self) -> String {
        let name = self.variant.as_ref().unwrap_or(&self.name).replace('_', "");
        let mut letters = name.chars();
        letters
            .next()
            .map(|first| first.to_ascii_uppercase())
            .into_iter()
            .chain(letters)
            .collect()
    }

    /// The names that the look-up knows; a pattern's own name is no spelling.
    fn spellings(&self) -> impl Iterator<Item = &str> {
        let own = self.pattern.is_none().then_some(self.name.as_str());
        own.into_iter()
            .chain(self.aliases.iter().map(|alias| alias.name.as_str()))
    }
}
