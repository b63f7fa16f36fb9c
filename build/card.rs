//! `cards/*.toml`: one card a file.

use std::path::Path;

use serde::Deserialize;

use super::read::{DataFile, Problems, Record, files};
use super::rust;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CardModel {
    name: String,
    certainty: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PinRules {
    #[serde(default)]
    min: Option<u8>,
    max: u8,
    #[serde(default)]
    tries: Option<u8>,
    #[serde(default)]
    pad: Option<u8>,
    #[serde(default)]
    references: Option<[u8; 2]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Card {
    id: String,
    name: String,
    #[serde(default)]
    card_models: Vec<CardModel>,
    /// Answers to reset in hexadecimal.
    #[serde(default)]
    atr: Vec<String>,
    #[serde(default)]
    personality: Option<String>,
    #[serde(default)]
    os_version: Option<String>,
    #[serde(default)]
    data_field_length: Option<u16>,
    #[serde(default)]
    rsa_bits: Vec<u16>,
    #[serde(default)]
    ec_bits: Vec<u16>,
    #[serde(default)]
    pin: Option<PinRules>,
    #[serde(default)]
    key_references: Option<[u8; 2]>,
    #[serde(default)]
    create_file_public: bool,
    #[serde(default)]
    puk_change: bool,
}

pub(crate) struct Cards(Vec<Record<Card>>);

pub(crate) fn read(root: &Path, problems: &mut Problems) -> Cards {
    let mut list = Vec::new();
    for path in files(&root.join("cards"), "toml") {
        let mut file = DataFile::open(&path, problems);
        list.extend(file.records::<Card>("card", problems));
        file.close(problems);
    }
    problems.unique(list.iter().map(|record| (&*record.data.id, &*record.file)));
    problems.unique(list.iter().flat_map(|record| {
        record
            .data
            .card_models
            .iter()
            .map(|model| (&*model.name, &*record.file))
    }));
    for record in &list {
        record.data.check(&record.file, problems);
    }
    Cards(list)
}

impl Card {
    fn check(&self, file: &Path, problems: &mut Problems) {
        for text in self.atr.iter().chain(&self.os_version) {
            if bytes(text).is_none() {
                problems.add(
                    file,
                    &self.id,
                    format!("`{text}` is no string of hexadecimal bytes"),
                );
            }
        }
        for model in &self.card_models {
            if !["implied", "ours", "stated"].contains(&model.certainty.as_str()) {
                let complaint = format!("`{}`: certainty is stated, implied or ours", model.name);
                problems.add(file, &self.id, complaint);
            }
        }
    }
}

impl Cards {
    pub(crate) fn ids(&self) -> Vec<&str> {
        self.0
            .iter()
            .map(|record| record.data.id.as_str())
            .collect()
    }

    pub(crate) fn rust(&self) -> String {
        let ids = self
            .0
            .iter()
            .enumerate()
            .map(|(at, record)| (record.data.id.as_str(), at));
        let models = self.0.iter().enumerate().flat_map(|(at, record)| {
            record
                .data
                .card_models
                .iter()
                .map(move |model| (model.name.as_str(), at))
        });
        [
            rust::table("CARDS", "Card", self.0.iter().map(card)),
            rust::index("CARD_IDS", ids),
            rust::index("CARD_MODELS", models),
        ]
        .concat()
    }
}

fn card(record: &Record<Card>) -> String {
    let data = &record.data;
    let hex = |text: &String| format!("&{:?}", bytes(text).unwrap_or_default());
    format!(
        "Card {{ id: {:?}, name: {:?}, card_models: {}, model_certainties: {}, atr: {}, personality: {}, \
         os_version: {}, data_field_length: {}, rsa_bits: {}, ec_bits: {}, pin: {}, key_references: {}, \
         create_file_public: {}, puk_change: {}, {} }}",
        data.id,
        data.name,
        rust::slice(
            data.card_models
                .iter()
                .map(|model| format!("{:?}", model.name))
        ),
        rust::slice(
            data.card_models
                .iter()
                .map(|model| certainty(&model.certainty))
        ),
        rust::slice(data.atr.iter().map(hex)),
        rust::literal(&data.personality),
        data.os_version
            .as_ref()
            .map_or("None".to_owned(), |text| format!("Some({})", hex(text))),
        rust::literal(&data.data_field_length),
        rust::list(&data.rsa_bits),
        rust::list(&data.ec_bits),
        data.pin.as_ref().map_or("None".to_owned(), pin),
        range(data.key_references),
        data.create_file_public,
        data.puk_change,
        record.provenance.rust(),
    )
}

fn certainty(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    format!("Certainty::{}{rest}", first.to_ascii_uppercase())
}

fn pin(rules: &PinRules) -> String {
    let PinRules {
        min,
        max,
        tries,
        pad,
        references,
    } = rules;
    format!(
        "Some(PinRules {{ min: {min:?}, max: {max}, tries: {tries:?}, pad: {pad:?}, references: {} }})",
        range(*references)
    )
}

fn range(ends: Option<[u8; 2]>) -> String {
    ends.map_or("None".to_owned(), |[first, last]| {
        format!("Some({first}..={last})")
    })
}

/// Bytes of `3b d2 18`, blanks allowed.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits: String = text.split_whitespace().collect();
    let pairs = (0..digits.len())
        .step_by(2)
        .map(|at| digits.get(at..at + 2));
    pairs
        .map(|pair| u8::from_str_radix(pair?, 16).ok())
        .collect()
}
