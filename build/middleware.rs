//! `middleware/*.toml`: one middleware a file.

use std::path::Path;

use serde::Deserialize;

use super::read::{DataFile, Problems, Record, files};
use super::rust;

/// How a library key gives the middleware away (rules.md, Table C); texts in lower case.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum LibraryPattern {
    NameContains(String),
    NameStartsWith(String),
    Value(String),
    MiniDriverKey,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PinLimits {
    pin: [u8; 2],
    puk: [u8; 2],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PukChange {
    cards: Vec<String>,
    middleware: String,
    identity_manager: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Middleware {
    id: String,
    name: String,
    /// Order of recognition.
    rank: u8,
    #[serde(default)]
    target_names: Vec<String>,
    #[serde(default)]
    library: Vec<LibraryPattern>,
    #[serde(default)]
    signature_slot: Option<bool>,
    #[serde(default)]
    no_key_import_in: Vec<String>,
    #[serde(default)]
    pin_limits: Option<PinLimits>,
    #[serde(default)]
    puk_change: Option<PukChange>,
    #[serde(default)]
    initialisation_bits: Option<u8>,
    #[serde(default)]
    jpki_encoder: Option<bool>,
    #[serde(default)]
    apdu_over_jpki_encoder: bool,
    #[serde(default)]
    card_manager_key: Option<bool>,
}

pub(crate) struct Middlewares(Vec<Record<Middleware>>);

pub(crate) fn read(root: &Path, problems: &mut Problems) -> Middlewares {
    let mut list = Vec::new();
    for path in files(&root.join("middleware"), "toml") {
        let mut file = DataFile::open(&path, problems);
        list.extend(file.records::<Middleware>("middleware", problems));
        file.close(problems);
    }
    list.sort_by_key(|record| record.data.rank);
    problems.unique(list.iter().flat_map(|record| {
        record
            .data
            .names()
            .map(|name| (name, record.file.as_path()))
    }));
    Middlewares(list)
}

impl Middleware {
    fn names(&self) -> impl Iterator<Item = &str> {
        let others = self.target_names.iter().filter(|name| **name != self.id);
        [self.id.as_str()]
            .into_iter()
            .chain(others.map(String::as_str))
    }

    fn check(&self, file: &Path, cards: &[&str], problems: &mut Problems) {
        let puk = self.puk_change.iter();
        let versions = puk
            .clone()
            .flat_map(|change| [&change.middleware, &change.identity_manager]);
        for text in versions.chain(&self.no_key_import_in) {
            if rust::version(text).is_none() {
                problems.add(file, &self.id, format!("`{text}` is no version"));
            }
        }
        for card in puk
            .flat_map(|change| &change.cards)
            .filter(|id| !cards.contains(&id.as_str()))
        {
            problems.add(file, &self.id, format!("`{card}` is no card"));
        }
    }
}

impl Middlewares {
    pub(crate) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|record| record.data.id == id)
    }

    pub(crate) fn check(&self, cards: &[&str], problems: &mut Problems) {
        for record in &self.0 {
            record.data.check(&record.file, cards, problems);
        }
    }

    pub(crate) fn rust(&self) -> String {
        let names = self.0.iter().enumerate();
        let names = names.flat_map(|(at, record)| record.data.names().map(move |name| (name, at)));
        rust::table("MIDDLEWARES", "Middleware", self.0.iter().map(middleware))
            + &rust::index("MIDDLEWARE_NAMES", names)
    }
}

fn middleware(record: &Record<Middleware>) -> String {
    let data = &record.data;
    let version = |text: &String| rust::version(text).unwrap_or_default();
    format!(
        "Middleware {{ id: {:?}, name: {:?}, target_names: {}, library: {}, signature_slot: {}, \
         no_key_import_in: {}, pin_limits: {}, puk_change: {}, initialisation_bits: {}, \
         jpki_encoder: {}, apdu_over_jpki_encoder: {}, card_manager_key: {}, {} }}",
        data.id,
        data.name,
        rust::list(&data.target_names),
        rust::slice(data.library.iter().map(library)),
        rust::literal(&data.signature_slot),
        rust::slice(data.no_key_import_in.iter().map(version)),
        data.pin_limits
            .as_ref()
            .map_or("None".to_owned(), pin_limits),
        data.puk_change
            .as_ref()
            .map_or("None".to_owned(), puk_change),
        rust::literal(&data.initialisation_bits),
        rust::literal(&data.jpki_encoder),
        data.apdu_over_jpki_encoder,
        rust::literal(&data.card_manager_key),
        record.provenance.rust(),
    )
}

fn library(pattern: &LibraryPattern) -> String {
    match pattern {
        LibraryPattern::NameContains(part) => format!("LibraryPattern::NameContains({part:?})"),
        LibraryPattern::NameStartsWith(start) => {
            format!("LibraryPattern::NameStartsWith({start:?})")
        }
        LibraryPattern::Value(whole) => format!("LibraryPattern::Value({whole:?})"),
        LibraryPattern::MiniDriverKey => "LibraryPattern::MiniDriverKey".to_owned(),
    }
}

fn pin_limits(limits: &PinLimits) -> String {
    let ([pin_low, pin_high], [puk_low, puk_high]) = (limits.pin, limits.puk);
    format!("Some(PinLimits {{ pin: {pin_low}..={pin_high}, puk: {puk_low}..={puk_high} }})")
}

fn puk_change(change: &PukChange) -> String {
    let version = |text: &String| rust::version(text).unwrap_or_default();
    format!(
        "Some(PukChange {{ cards: {}, middleware: {}, identity_manager: {} }})",
        rust::list(&change.cards),
        version(&change.middleware),
        version(&change.identity_manager)
    )
}
