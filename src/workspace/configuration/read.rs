//! From the text of a `perso.toml` to the [`Configuration`], with the place of every value.

use std::ops::Range;

use super::form::{Form, LevelWord, MappingForm, PathsForm, TargetForm};
use super::{Configuration, ConfigurationError, Mapping, RuleLevel, Setting, Target, UnknownKey};
use crate::settings::{self, Document, Entries, Key, Name, Placed, Table, Taken, Unknown, Written};
use crate::source::{SourceFile, SourceId, Span, TextEncoding};

/// Reads the text of a `perso.toml`.
///
/// # Errors
///
/// It is no TOML, a value has the wrong type, a level is no known word or a version is not
/// readable: the first of these.
pub fn read(source: SourceId, file: &SourceFile) -> Result<Configuration, ConfigurationError> {
    if let TextEncoding::Windows1252 { first_invalid } = file.encoding() {
        let message = "the configuration is not UTF-8".to_owned();
        let help = Some("save it as UTF-8".to_owned());
        return Err(error(file, Span::empty(first_invalid), message, help));
    }
    let (form, document) = settings::read::<Form>(file.text());
    let mut reader = Reader {
        text: file.text(),
        document,
        configuration: Configuration {
            source: Some(source),
            ..Configuration::default()
        },
    };
    if let Some(form) = form {
        reader.form(form);
    }
    let first = reader.document.defects().into_iter().next();
    match first {
        None => Ok(reader.configuration),
        Some(wrong) => Err(error(file, span(wrong.at), wrong.message, wrong.help)),
    }
}

struct Reader<'t> {
    text: &'t str,
    document: Document<'t>,
    configuration: Configuration,
}

impl Reader<'_> {
    fn form(&mut self, form: Table<Form>) {
        let keys = self.known(None, form);
        if let Some((table, _)) = self.document.take(keys.target) {
            self.configuration.target = self.target(table);
        }
        if let Some((table, _)) = self.document.take(keys.mapping) {
            self.configuration.mapping = Some(self.mapping(table));
        }
        if let Some((table, _)) = self.document.take(keys.rules) {
            self.configuration.rules = self.rules(table);
        }
        if let Some((table, _)) = self.document.take(keys.paths) {
            self.configuration.profiles = self.profiles(table);
        }
    }

    fn target(&mut self, table: Table<TargetForm>) -> Target {
        let keys = self.known(Some("target"), table);
        Target {
            middleware: self.setting(keys.middleware),
            card: self.setting(keys.card),
            identity_manager: self.setting(keys.identity_manager),
            encoder: self.setting(keys.encoder),
        }
    }

    fn mapping(&mut self, Entries(entries): Entries<Table<MappingForm>>) -> Vec<Mapping> {
        let entries = entries.into_iter();
        entries
            .filter_map(|(field, entry)| self.binding(field, entry))
            .collect()
    }

    fn binding(&mut self, field: Name, entry: Placed<Table<MappingForm>>) -> Option<Mapping> {
        let (table, _) = self.document.right(entry)?;
        let keys = self.known(Some("mapping"), table);
        Some(Mapping {
            field: named(self.text, field),
            to: self.setting(keys.to),
            encrypted: self.setting(keys.encrypted),
            read: self.setting(keys.read),
        })
    }

    fn rules(&mut self, Entries(entries): Entries<LevelWord>) -> Vec<RuleLevel> {
        let levels = entries.into_iter().filter_map(|(rule, level)| {
            let (word, _) = self.document.right(level)?;
            let (rule, level) = (named(self.text, rule), word.into());
            Some(RuleLevel { rule, level })
        });
        levels.collect()
    }

    fn profiles(&mut self, table: Table<PathsForm>) -> Vec<Setting<String>> {
        let keys = self.known(Some("paths"), table);
        let folders = self.document.take(keys.profiles).map(|(list, _)| list.0);
        let folders = folders.into_iter().flatten();
        folders
            .filter_map(|folder| self.document.right(folder).map(placed))
            .collect()
    }

    /// The known keys of a table; the others are noted.
    fn known<T>(&mut self, table: Option<&'static str>, read: Table<T>) -> T {
        let text = self.text;
        let note = |Unknown { name, free }| UnknownKey {
            table,
            name: named(text, name),
            free,
        };
        let noted = read.unknown.into_iter().map(note);
        self.configuration.unknown.extend(noted);
        read.keys
    }

    fn setting<T: Written>(&mut self, key: Key<T>) -> Option<Setting<T>> {
        self.document.take(key).map(placed)
    }
}

fn placed<T>((value, at): Taken<T>) -> Setting<T> {
    let span = Some(span(at));
    Setting { value, span }
}

/// A key and its place, without quotes around it.
fn named(text: &str, name: Name) -> Setting<String> {
    let inner = name.at.start + 1..name.at.end.saturating_sub(1);
    let at = match text.get(inner.clone()) {
        Some(unquoted) if unquoted == name.text => inner,
        _ => name.at,
    };
    placed((name.text, at))
}

fn span(at: Range<usize>) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(offset(at.start), offset(at.end))
}

fn error(
    file: &SourceFile,
    span: Span,
    message: String,
    help: Option<String>,
) -> ConfigurationError {
    ConfigurationError {
        name: file.name().to_owned(),
        text: file.text().to_owned(),
        span,
        message,
        help,
    }
}
