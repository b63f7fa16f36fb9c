//! From TOML to the [`Configuration`], with the place of every value.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Configuration, ConfigurationError, Level, Mapping, RuleLevel, Setting, Unknown};
use crate::source::{SourceFile, SourceId, Span, TextEncoding};
use crate::stdlib;

/// The tables of the file.
const TABLES: &[&str] = &["target", "mapping", "rules", "paths"];
const PATHS_KEYS: &[&str] = &["profiles"];
const MAPPING_KEYS: &[&str] = &["to", "encrypted", "read"];

type Key<'a> = Spanned<std::borrow::Cow<'a, str>>;
type Value<'a> = Spanned<DeValue<'a>>;
type Result<T> = std::result::Result<T, ConfigurationError>;

/// Reads the text of a `perso.toml`.
///
/// # Errors
///
/// It is no TOML, a value has the wrong type, a level is no known word or a version is not
/// readable.
pub fn read(source: SourceId, file: &SourceFile) -> Result<Configuration> {
    let mut reader = Reader {
        file,
        configuration: Configuration {
            source: Some(source),
            ..Configuration::default()
        },
    };
    if let TextEncoding::Windows1252 { first_invalid } = file.encoding() {
        let message = "the configuration is not UTF-8".to_owned();
        let help = Some("save it as UTF-8".to_owned());
        return Err(reader.error(Span::empty(first_invalid), message, help));
    }
    let table = DeTable::parse(file.text()).map_err(|error| reader.syntax_error(&error))?;
    reader.document(table.get_ref())?;
    Ok(reader.configuration)
}

struct Reader<'a> {
    file: &'a SourceFile,
    configuration: Configuration,
}

impl Reader<'_> {
    fn document(&mut self, document: &DeTable<'_>) -> Result<()> {
        for (key, value) in in_order(document) {
            match key.get_ref().as_ref() {
                "target" => self.target(self.table(key, value)?)?,
                "mapping" => self.mapping(self.table(key, value)?)?,
                "rules" => self.rules(self.table(key, value)?)?,
                "paths" => self.paths(self.table(key, value)?)?,
                _ => self.unknown(None, key, TABLES, document),
            }
        }
        Ok(())
    }

    fn target(&mut self, table: &DeTable<'_>) -> Result<()> {
        for (key, value) in in_order(table) {
            let name = key.get_ref().as_ref();
            if !super::TARGET_KEYS.contains(&name) {
                self.unknown(Some("target"), key, super::TARGET_KEYS, table);
                continue;
            }
            let text = self.string(key, value)?;
            let set = self.configuration.target.set(name, &text.value, text.span);
            set.map_err(|error| self.error(span(value), error.to_string(), Some(error.help())))?;
            self.product(name, &text);
        }
        Ok(())
    }

    /// Notes a product that stdlib does not know, without the version behind it.
    fn product(&mut self, key: &str, value: &Setting<String>) {
        let cards = || stdlib::cards().iter().map(|card| card.id).collect();
        let middlewares = || stdlib::middlewares().iter().map(|it| it.id).collect();
        let encoders = || stdlib::encoders().iter().map(|it| it.id).collect();
        let name = value.value.split_whitespace().next().unwrap_or_default();
        let (key, known): (_, Vec<_>) = match key {
            "card" if stdlib::card(&value.value).is_none() => ("card", cards()),
            "encoder" if stdlib::encoder(&value.value).is_none() => ("encoder", encoders()),
            "middleware" if stdlib::middleware(name).is_none() => ("middleware", middlewares()),
            _ => return,
        };
        let place = value.span.map(|span| {
            let written = span.of(self.file.text());
            let before = written.find(name).unwrap_or(0);
            let start = span.start as usize + before;
            bytes(&(start..start + name.len()))
        });
        self.configuration.unknown.push(Unknown {
            table: Some("target"),
            key: Some(key),
            name: Setting {
                value: name.to_owned(),
                span: place,
            },
            known,
            taken: Vec::new(),
        });
    }

    fn mapping(&mut self, table: &DeTable<'_>) -> Result<()> {
        let mut entries = Vec::new();
        for (key, value) in in_order(table) {
            let entry = self.table(key, value)?;
            let mut mapping = Mapping {
                field: self.setting(key),
                to: None,
                encrypted: None,
                read: None,
            };
            for (key, value) in in_order(entry) {
                match key.get_ref().as_ref() {
                    "to" => mapping.to = Some(self.string(key, value)?),
                    "encrypted" => mapping.encrypted = Some(self.boolean(key, value)?),
                    "read" => mapping.read = Some(self.boolean(key, value)?),
                    _ => self.unknown(Some("mapping"), key, MAPPING_KEYS, entry),
                }
            }
            entries.push(mapping);
        }
        self.configuration.mapping = Some(entries);
        Ok(())
    }

    fn rules(&mut self, table: &DeTable<'_>) -> Result<()> {
        for (key, value) in in_order(table) {
            let word = self.string(key, value)?.value;
            let Some(level) = Level::from_word(&word) else {
                let message = format!("`{word}` is no level");
                let help = "write `off`, `info`, `warning` or `error`".to_owned();
                return Err(self.error(span(value), message, Some(help)));
            };
            let rule = self.setting(key);
            self.configuration.rules.push(RuleLevel { rule, level });
        }
        Ok(())
    }

    fn paths(&mut self, table: &DeTable<'_>) -> Result<()> {
        for (key, value) in in_order(table) {
            if key.get_ref() != "profiles" {
                self.unknown(Some("paths"), key, PATHS_KEYS, table);
                continue;
            }
            let Some(folders) = value.get_ref().as_array() else {
                return Err(self.wrong_type(key, value, "a list of folders"));
            };
            for folder in folders {
                let folder = self.string(key, folder)?;
                self.configuration.profiles.push(folder);
            }
        }
        Ok(())
    }

    fn unknown(
        &mut self,
        table: Option<&'static str>,
        key: &Key<'_>,
        known: &[&'static str],
        beside: &DeTable<'_>,
    ) {
        self.configuration.unknown.push(Unknown {
            table,
            key: None,
            name: self.setting(key),
            known: known.to_vec(),
            taken: beside.keys().map(|key| key.get_ref().to_string()).collect(),
        });
    }

    /// A key and its place, without quotes around it.
    fn setting(&self, key: &Key<'_>) -> Setting<String> {
        let name = key.get_ref();
        let whole = bytes(&key.span());
        let quoted = whole.of(self.file.text()).get(1..=name.len());
        let span = match quoted {
            Some(inner) if inner == name && !whole.is_empty() => {
                Span::new(whole.start + 1, whole.end - 1)
            }
            _ => whole,
        };
        Setting {
            value: name.to_string(),
            span: Some(span),
        }
    }

    fn table<'v, 't>(&self, key: &Key<'_>, value: &'v Value<'t>) -> Result<&'v DeTable<'t>> {
        let table = value.get_ref().as_table();
        table.ok_or_else(|| self.wrong_type(key, value, "a table"))
    }

    fn string(&self, key: &Key<'_>, value: &Value<'_>) -> Result<Setting<String>> {
        match value.get_ref().as_str() {
            Some(text) => Ok(Setting {
                value: text.to_owned(),
                span: Some(span(value)),
            }),
            None => Err(self.wrong_type(key, value, "text in quotes")),
        }
    }

    fn boolean(&self, key: &Key<'_>, value: &Value<'_>) -> Result<Setting<bool>> {
        match value.get_ref().as_bool() {
            Some(flag) => Ok(Setting {
                value: flag,
                span: Some(span(value)),
            }),
            None => Err(self.wrong_type(key, value, "`true` or `false`")),
        }
    }

    fn wrong_type(&self, key: &Key<'_>, value: &Value<'_>, wanted: &str) -> ConfigurationError {
        let message = format!("`{}` must be {wanted}", key.get_ref());
        let found = match value.get_ref() {
            DeValue::String(_) => "text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "`true` or `false`",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let help = format!("this is {found}");
        self.error(span(value), message, Some(help))
    }

    fn syntax_error(&self, error: &toml::de::Error) -> ConfigurationError {
        let range = error.span().unwrap_or_default();
        let message = error.message().trim().replace('\n', ", ");
        self.error(bytes(&range), format!("this is no TOML: {message}"), None)
    }

    fn error(&self, span: Span, message: String, help: Option<String>) -> ConfigurationError {
        ConfigurationError {
            name: self.file.name().to_owned(),
            text: self.file.text().to_owned(),
            span,
            message,
            help,
        }
    }
}

/// The entries of a table as they stand in the file; a table itself is sorted by name.
fn in_order<'v, 't>(table: &'v DeTable<'t>) -> Vec<(&'v Key<'t>, &'v Value<'t>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

fn span(value: &Value<'_>) -> Span {
    bytes(&value.span())
}

fn bytes(range: &std::ops::Range<usize>) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(offset(range.start), offset(range.end))
}
