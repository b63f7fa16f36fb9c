//! The Rust tables of encoding descriptions.

use super::super::read::Record;
use super::super::rust;
use super::{
    Alias, Dialog, Dsc, Encoder, Feature, Form, Keyword, Kind, Pattern, Section, SectionData,
    special,
};

impl Dsc {
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

impl Keyword {
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
