//! `dsc/*.toml`: sections, keywords, dialogs, encoders and version gates of encoding descriptions.

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
    /// A file either describes a section and its keywords, adds `keyword-of` a section, or lists
    /// dialogs, encoders, features.
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

    pub(crate) fn rust(&self) -> String {
        [
            self.key_enum(),
            self.keyword_table(),
            rust::table(
                "SECTIONS",
                "Section",
                self.sections.iter().map(SectionData::rust),
            ),
            rust::table("FORMS", "Form", self.forms.iter().map(form)),
            rust::table("DIALOGS", "Dialog", self.dialogs.iter().map(dialog)),
            rust::table("ENCODERS", "Encoder", self.encoders.iter().map(encoder)),
            rust::table(
                "FEATURES",
                "Feature",
                self.features.iter().map(|one| self.feature(one)),
            ),
        ]
        .concat()
    }

    fn key_enum(&self) -> String {
        let variants = self.keywords.iter().map(|(_, record)| {
            let data = &record.data;
            format!(
                "    /// `{}`: {}\n    {},\n",
                data.name,
                record.provenance.meaning,
                data.variant()
            )
        });
        let all = self
            .keywords
            .iter()
            .map(|(_, record)| format!("Key::{}", record.data.variant()));
        format!(
            "/// A keyword of encoding descriptions. One variant per keyword of the data: the\n\
             /// canonical name without underscores, the first letter in upper case.\n\
             #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\n#[repr(u8)]\n\
             pub enum Key {{\n{}}}\n\npub(super) static KEYS: &[Key] = &{};\n\n",
            variants.collect::<String>(),
            rust::slice(all).trim_start_matches('&'),
        )
    }

    fn keyword_table(&self) -> String {
        let rows = self
            .keywords
            .iter()
            .map(|(section, record)| self.keyword(*section, record));
        let names = self
            .keywords
            .iter()
            .enumerate()
            .flat_map(|(at, (_, record))| record.data.spellings().map(move |name| (name, at)));
        let patterns = self
            .keywords
            .iter()
            .enumerate()
            .filter_map(|(at, (_, record))| {
                let pattern = record.data.pattern.as_ref()?;
                Some(format!("({}, {at})", pattern.rust()))
            });
        rust::table("KEYWORDS", "Keyword", rows)
            + &rust::index("KEYWORD_NAMES", names)
            + &rust::table("KEYWORD_PATTERNS", "(Pattern, u16)", patterns)
    }

    fn keyword(&self, section: Section, record: &Record<Keyword>) -> String {
        let data = &record.data;
        let aliases = data.aliases.iter().map(|alias| {
            let Alias {
                name,
                misprint,
                obsolete,
            } = alias;
            format!("Alias {{ name: {name:?}, misprint: {misprint}, obsolete: {obsolete} }}")
        });
        format!(
            "Keyword {{ key: {}, name: {:?}, aliases: {}, pattern: {}, section: SectionKind::{section:?}, \
             kind: {}, direction: Direction::{:?}, credential: {}, command: {}, replaced_by: {}, \
             values: {}, open: {}, requires: {}, effective_with: {}, support: {}, {} }}",
            self.key(&data.name),
            data.name,
            rust::slice(aliases),
            data.pattern
                .as_ref()
                .map_or("None".to_owned(), |it| format!("Some({})", it.rust())),
            data.kind(),
            data.direction,
            data.credential,
            data.command,
            data.replaced_by
                .as_ref()
                .map_or("None".to_owned(), |it| format!("Some({})", self.key(it))),
            rust::list(&data.values),
            data.open,
            self.requirements(&data.requires),
            self.requirements(&data.effective_with),
            rust::list(&data.support),
            record.provenance.rust(),
        )
    }

    fn requirements(&self, groups: &[Vec<String>]) -> String {
        rust::slice(groups.iter().map(|group| {
            let any = group.iter().map(|name| self.condition(name));
            format!("Requirement {{ any_of: {} }}", rust::slice(any))
        }))
    }

    /// A flag must be on; any other key must be present.
    fn condition(&self, name: &str) -> String {
        if let Some(condition) = special(name) {
            return format!("Condition::{condition}");
        }
        let flag = self
            .keys()
            .get(name)
            .is_some_and(|key| key.kind == Kind::Flag);
        format!(
            "Condition::{}({})",
            if flag { "On" } else { "Present" },
            self.key(name)
        )
    }

    fn feature(&self, record: &Record<Feature>) -> String {
        let data = &record.data;
        let version = |text: &String| rust::version(text).unwrap_or_default();
        format!(
            "Feature {{ name: {:?}, keys: {}, middleware: {}, middleware_versions: {}, \
             needs_identity_manager: {}, except: {}, {} }}",
            data.name,
            rust::slice(data.keys.iter().map(|name| self.key(name))),
            rust::literal(&data.middleware),
            rust::slice(data.middleware_versions.iter().map(version)),
            version(&data.needs_identity_manager),
            data.except
                .as_ref()
                .map_or("None".to_owned(), |[first, last]| format!(
                    "Some(({}, {}))",
                    version(first),
                    version(last)
                )),
            record.provenance.rust(),
        )
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

    fn kind(&self) -> String {
        match self.kind {
            Kind::Enum => format!("ValueKind::Enum({})", rust::list(&self.values)),
            kind => format!("ValueKind::{kind:?}"),
        }
    }
}

impl Pattern {
    fn rust(&self) -> String {
        format!(
            "Pattern {{ prefix: {:?}, suffix: Suffix::{:?} }}",
            self.prefix, self.suffix
        )
    }
}

impl SectionData {
    fn rust(&self) -> String {
        format!(
            "Section {{ kind: SectionKind::{:?}, header: {:?}, meaning: {:?}, source: {:?} }}",
            self.kind,
            self.header,
            self.meaning,
            self.source.join(", ")
        )
    }
}

fn form(record: &Record<Form>) -> String {
    let Form { name, syntax } = &record.data;
    format!(
        "Form {{ name: {name:?}, syntax: {syntax:?}, {} }}",
        record.provenance.rust()
    )
}

fn dialog(record: &Record<Dialog>) -> String {
    let Dialog { text, kind, auto } = &record.data;
    let provenance = record.provenance.rust();
    format!("Dialog {{ text: {text:?}, kind: DialogKind::{kind:?}, auto: {auto}, {provenance} }}")
}

fn encoder(record: &Record<Encoder>) -> String {
    let Encoder { id, name, device } = &record.data;
    let provenance = record.provenance.rust();
    format!("Encoder {{ id: {id:?}, name: {name:?}, device: {device}, {provenance} }}")
}
