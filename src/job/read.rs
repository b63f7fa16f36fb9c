//! From TOML to the [`Job`], with every problem at its place.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::issuer::IssuerKeys;
use super::{Answers, DecryptionKey, Given, Job, PinEncryption, Problem, Supply, nearest};
use crate::secret::{Encoding, Secret, Source};

const TABLES: [&str; 7] = [
    "fields",
    "job",
    "token",
    "dialogs",
    "issuer",
    "pin-encryption",
    "pin-decryption",
];
const KEY_KEYS: [&str; 2] = ["pkcs12", "password"];
const ISSUER_KEYS: [&str; 5] = ["kind", "certificate", "folder", "command", "timeout"];
const TOKEN_KEYS: [&str; 3] = ["uri", "signature", "serial"];
const SOURCES: [&str; 4] = ["env", "file", "fd", "prompt"];
/// A name goes into the common name of certificates (RFC 5280: at most 64 characters).
const LONGEST_ID: usize = 64;

type Value<'a> = Spanned<DeValue<'a>>;

struct Reader<'a> {
    folder: &'a Path,
    problems: Vec<Problem>,
}

pub(super) fn read(text: &str, folder: &Path) -> (Job, Vec<Problem>) {
    let mut reader = Reader {
        folder,
        problems: Vec::new(),
    };
    let mut job = Job::default();
    match DeTable::parse(text) {
        Ok(table) => reader.document(table.get_ref(), &mut job),
        Err(error) => {
            let message = format!("the job is no TOML: {}", error.message());
            reader.problems.push(Problem::error(message, error.span()));
        }
    }
    (job, reader.problems)
}

impl Reader<'_> {
    fn document(&mut self, document: &DeTable<'_>, job: &mut Job) {
        for (key, value) in document {
            let name = key.get_ref().as_ref();
            if !TABLES.contains(&name) {
                self.unknown("table", name, key.span(), &TABLES);
                continue;
            }
            let Some(table) = self.table(name, value) else {
                continue;
            };
            match name {
                "fields" => self.fields(table, job),
                "job" => self.job(table, job),
                "token" => self.token(table, job),
                "issuer" => self.issuer(table, key.span(), job),
                "pin-encryption" => self.pin_encryption(table, key.span(), job),
                "pin-decryption" => self.pin_decryption(table, key.span(), job),
                _ => self.dialogs(table, job),
            }
        }
    }

    fn fields(&mut self, table: &DeTable<'_>, job: &mut Job) {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if let Some(given) = self.given(name, value) {
                job.fields.insert(name.to_owned(), given);
            }
        }
    }

    fn job(&mut self, table: &DeTable<'_>, job: &mut Job) {
        for (key, value) in table {
            if key.get_ref() != "id" {
                self.unknown("key", key.get_ref(), key.span(), &["id"]);
                continue;
            }
            let Some(id) = self.text("id", value) else {
                continue;
            };
            match check_id(&id) {
                Ok(()) => job.id = Some(id),
                Err(message) => self.error(message, value.span()),
            }
        }
    }

    fn token(&mut self, table: &DeTable<'_>, job: &mut Job) {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let text = self.text(name, value);
            match name {
                "uri" => job.token.uri = text,
                "signature" => job.token.signature = text,
                "serial" => job.token.serial = text,
                _ => self.unknown("key", name, key.span(), &TOKEN_KEYS),
            }
        }
    }

    fn issuer(&mut self, table: &DeTable<'_>, at: Range<usize>, job: &mut Job) {
        let mut keys = IssuerKeys::default();
        let mut kind = None;
        let before = self.problems.len();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            match name {
                "kind" => kind = self.text(name, value).map(|kind| (kind, value.span())),
                "certificate" => keys.certificate = self.path(name, value),
                "folder" => keys.folder = self.path(name, value),
                "command" => keys.command = self.texts(name, value),
                "timeout" => keys.timeout = self.seconds(name, value),
                _ => self.unknown("key", name, key.span(), &ISSUER_KEYS),
            }
        }
        match kind {
            // A key that could not be read is not missing.
            _ if self.problems.len() > before => {}
            Some((kind, at)) => match keys.choose(&kind) {
                Ok(choice) => job.issuer = Some(choice),
                Err(message) => self.error(message, at),
            },
            None => {
                let known = IssuerKeys::KINDS.join("`, `");
                self.error(
                    format!("`[issuer]` says no `kind`; known are `{known}`"),
                    at,
                );
            }
        }
    }

    /// `certificate` is the name of one file or a list of names.
    fn pin_encryption(&mut self, table: &DeTable<'_>, at: Range<usize>, job: &mut Job) {
        let mut certificates = Vec::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            match (name, value.get_ref()) {
                ("certificate", DeValue::Array(files)) => {
                    certificates.extend(files.iter().filter_map(|file| self.path(name, file)));
                }
                ("certificate", _) => certificates.extend(self.path(name, value)),
                _ => self.unknown("key", name, key.span(), &["certificate"]),
            }
        }
        match certificates.is_empty() {
            true => self.error("`[pin-encryption]` names no `certificate`", at),
            false => job.pin_encryption = Some(PinEncryption { certificates }),
        }
    }

    /// `keys` is a list of `{ pkcs12 = FILE, password = SOURCE }`.
    fn pin_decryption(&mut self, table: &DeTable<'_>, at: Range<usize>, job: &mut Job) {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            match (name, value.get_ref()) {
                ("keys", DeValue::Array(keys)) => {
                    let keys = keys.iter().filter_map(|key| self.decryption_key(key));
                    job.pin_decryption.extend(keys);
                }
                ("keys", _) => self.error(
                    "`keys` is a list: [{ pkcs12 = \"…\", password = { env = \"…\" } }]",
                    value.span(),
                ),
                ("identity-manager", _) => self.error(
                    "`identity-manager` is not supported yet; list the keys in `keys`",
                    key.span(),
                ),
                _ => self.unknown("key", name, key.span(), &["keys"]),
            }
        }
        if table.is_empty() {
            self.error("`[pin-decryption]` names no `keys`", at);
        }
    }

    fn decryption_key(&mut self, value: &Value<'_>) -> Option<DecryptionKey> {
        let table = self.table("keys", value)?;
        let (mut pkcs12, mut password) = (None, None);
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            match name {
                "pkcs12" => pkcs12 = self.path(name, value),
                "password" => password = self.given(name, value),
                _ => self.unknown("key", name, key.span(), &KEY_KEYS),
            }
        }
        let key = pkcs12.zip(password);
        if key.is_none() {
            self.error("a key has `pkcs12` and `password`", value.span());
        }
        let (pkcs12, password) = key?;
        Some(DecryptionKey { pkcs12, password })
    }

    /// `PIN = …` for a dialog with one entry, `PIN = { old = …, new = … }` for one with two.
    fn dialogs(&mut self, table: &DeTable<'_>, job: &mut Job) {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let mut read = Answers {
                at: Some(key.span()),
                ..Answers::default()
            };
            let entries = value.get_ref().as_table();
            let two = |table: &&DeTable<'_>| {
                table
                    .iter()
                    .any(|(key, _)| ["old", "new"].contains(&key.get_ref().as_ref()))
            };
            match entries.filter(two) {
                None => read.new = self.given(name, value),
                Some(entries) => {
                    for (which, value) in entries {
                        match which.get_ref().as_ref() {
                            "old" => read.old = self.given(name, value),
                            "new" => read.new = self.given(name, value),
                            other => self.unknown("key", other, which.span(), &["old", "new"]),
                        }
                    }
                }
            }
            job.dialogs.insert(name.to_owned(), read);
        }
    }

    /// A value: a literal, or a table that says where it is.
    fn given(&mut self, name: &str, value: &Value<'_>) -> Option<Given> {
        let literal = |text: String| Given {
            supply: Supply::Literal(Secret::from(text)),
            encoding: None,
            at: Some(value.span()),
        };
        match value.get_ref() {
            DeValue::String(text) => Some(literal(text.clone().into_owned())),
            DeValue::Boolean(flag) => Some(literal(flag.to_string())),
            DeValue::Table(table) => self.source(name, table, value.span()),
            _ => {
                let message = format!("the value of `{name}` is no text");
                let problem = Problem::error(message, Some(value.span()));
                self.problems
                    .push(problem.help("put it in quotation marks, digits too"));
                None
            }
        }
    }

    fn source(&mut self, name: &str, table: &DeTable<'_>, at: Range<usize>) -> Option<Given> {
        let mut sources = Vec::new();
        let mut encoding = None;
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "env" => sources.extend(self.text("env", value).map(Source::Env)),
                "file" => {
                    let file = self.text("file", value);
                    sources.extend(file.map(|file| Source::File(self.folder.join(file))));
                }
                "prompt" => sources.extend(self.text("prompt", value).map(Source::Prompt)),
                "fd" => sources.extend(self.descriptor(value).map(Source::Fd)),
                "encoding" => encoding = self.encoding(value),
                other => {
                    let known = [&SOURCES[..], &["encoding"]].concat();
                    self.unknown("key", other, key.span(), &known);
                }
            }
        }
        let mut sources = sources.into_iter();
        match (sources.next(), sources.next()) {
            (Some(source), None) => Some(Given {
                supply: Supply::From(source),
                encoding,
                at: Some(at),
            }),
            (None, _) => {
                let message = format!("`{name}` says nowhere where its value is");
                let problem = Problem::error(message, Some(at));
                self.problems
                    .push(problem.help("name one of env, file, fd, prompt"));
                None
            }
            (Some(_), Some(_)) => {
                self.error(format!("`{name}` has several sources"), at);
                None
            }
        }
    }

    fn texts(&mut self, name: &str, value: &Value<'_>) -> Option<Vec<String>> {
        let DeValue::Array(texts) = value.get_ref() else {
            self.error(
                format!("`{name}` is a list: [\"program\", \"argument\"]"),
                value.span(),
            );
            return None;
        };
        texts.iter().map(|text| self.text(name, text)).collect()
    }

    fn seconds(&mut self, name: &str, value: &Value<'_>) -> Option<u64> {
        let seconds = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().replace('_', "").parse().ok(),
            _ => None,
        };
        if seconds.is_none() {
            let message = format!("`{name}` is a number of seconds, without quotation marks");
            self.error(message, value.span());
        }
        seconds
    }

    fn descriptor(&mut self, value: &Value<'_>) -> Option<u32> {
        let number = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.error(
                "`fd` is the number of a descriptor, 0 or more",
                value.span(),
            );
        }
        number
    }

    fn encoding(&mut self, value: &Value<'_>) -> Option<Encoding> {
        let known = [Encoding::Text, Encoding::Base64, Encoding::Hex];
        let text = self.text("encoding", value)?;
        let found = known.into_iter().find(|encoding| encoding.word() == text);
        if found.is_none() {
            let message = format!("`{text}` is no encoding; known are text, base64 and hex");
            self.error(message, value.span());
        }
        found
    }

    fn table<'v, 'a>(&mut self, name: &str, value: &'v Value<'a>) -> Option<&'v DeTable<'a>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.error(format!("`{name}` is no table"), value.span());
        }
        table
    }

    fn text(&mut self, name: &str, value: &Value<'_>) -> Option<String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.error(format!("`{name}` is no text"), value.span());
        }
        text
    }

    fn path(&mut self, name: &str, value: &Value<'_>) -> Option<PathBuf> {
        self.text(name, value).map(|file| self.folder.join(file))
    }

    fn unknown(&mut self, what: &str, name: &str, at: Range<usize>, known: &[&str]) {
        let mut problem = Problem::error(format!("unknown {what} `{name}`"), Some(at));
        let list = || format!("known are {}", known.join(", "));
        problem.help = Some(nearest(name, known.iter().copied()).unwrap_or_else(list));
        self.problems.push(problem);
    }

    fn error(&mut self, message: impl Into<String>, at: Range<usize>) {
        self.problems.push(Problem::error(message, Some(at)));
    }
}

/// Whether a text can name a job.
pub(super) fn check_id(id: &str) -> Result<(), String> {
    let length = id.chars().count();
    if id.trim().is_empty() || length > LONGEST_ID || id.chars().any(char::is_control) {
        return Err(format!(
            "the name of a job has 1 to {LONGEST_ID} printable characters"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::IssuerChoice;
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let (_, problems) = read(text, Path::new("/jobs"));
        problems
            .into_iter()
            .map(|problem| problem.message)
            .collect()
    }

    #[test]
    fn a_job_is_read() {
        let text = "[fields]\nA = 'x'\nPIN = { env = 'CARD_PIN' }\nP = { file = 'p.txt' }\n\
                    [job]\nid = '17'\n[token]\nuri = 'sim:'\n[issuer]\nkind = 'dev-ca'\n\
                    certificate = 'ca.pem'\n[pin-encryption]\ncertificate = ['a.pem', 'b.pem']\n\
                    [dialogs]\nPIN = { new = { fd = 3 } }\nPUK = { env = 'PUK' }";
        let (job, problems) = read(text, Path::new("/jobs"));
        assert_eq!(problems, []);
        assert_eq!(job.id.as_deref(), Some("17"));
        assert_eq!(
            job.issuer,
            Some(IssuerChoice::DevCa {
                certificate: Some("/jobs/ca.pem".into()),
                folder: None
            })
        );
        assert_eq!(job.variables(), ["CARD_PIN", "PUK"].into());
        assert_eq!(job.pin_encryption.unwrap().certificates.len(), 2);
        let supply = |name: &str| job.fields[name].supply.clone();
        assert_eq!(
            supply("P"),
            Supply::From(Source::File("/jobs/p.txt".into()))
        );
        assert_eq!(
            supply("PIN"),
            Supply::From(Source::Env("CARD_PIN".to_owned()))
        );
        assert!(job.dialogs["PIN"].new.is_some());
        assert!(job.dialogs["PUK"].new.is_some());
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let text = "[feilds]\n[fields]\nA = 4711\nB = { evn = 'X' }\nC = { env = 'X', fd = 3 }\n\
                    D = { fd = -1 }\n[issuer]\nkind = 'nobody'\n[job]\nid = ''";
        expect_all(
            &problems(text),
            &[
                "unknown table `feilds`",
                "the value of `A` is no text",
                "unknown key `evn`",
                "`B` says nowhere where its value is",
                "`C` has several sources",
                "`fd` is the number of a descriptor, 0 or more",
                "`nobody` is no kind of issuer; known are `dev-ca`, `command`, `exchange`",
                "the name of a job has 1 to 64 printable characters",
            ],
        );
    }

    #[test]
    fn issuers_are_read() {
        let issuer = |text: &str| {
            let (job, problems) = read(&format!("[issuer]\n{text}"), Path::new("/jobs"));
            let problems: Vec<_> = problems.into_iter().map(|one| one.message).collect();
            job.issuer.ok_or(problems)
        };
        assert_eq!(
            issuer("kind = 'command'\ncommand = ['./ca.sh', '-q']\ntimeout = 1_0"),
            Ok(IssuerChoice::Command {
                command: vec!["./ca.sh".to_owned(), "-q".to_owned()],
                timeout: 10
            })
        );
        assert_eq!(
            issuer("kind = 'exchange'\nfolder = 'ca'"),
            Ok(IssuerChoice::Exchange {
                folder: "/jobs/ca".into()
            })
        );
        for (text, expected) in [
            ("kind = 'exchange'", "needs `folder`"),
            ("kind = 'command'\ncommand = 'ca.sh'", "`command` is a list"),
            (
                "kind = 'command'\ncommand = ['a', 1]",
                "`command` is no text",
            ),
            (
                "kind = 'command'\ncommand = ['a']\ntimeout = '5'",
                "`timeout` is a number of seconds",
            ),
            ("folder = 'ca'", "says no `kind`"),
        ] {
            let problems = issuer(text).unwrap_err();
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(problems[0].contains(expected), "{problems:?}");
        }
    }

    fn expect_all(found: &[String], expected: &[&str]) {
        for expected in expected {
            assert!(
                found.iter().any(|one| one == expected),
                "{expected}: {found:#?}"
            );
        }
    }

    #[test]
    fn anything_is_answered() {
        for text in [
            "",
            "\0",
            "[",
            "fields = 1",
            "fields = [1]",
            "= = =",
            "[a.b.c.d]",
        ] {
            let (job, _) = read(text, Path::new(""));
            assert_eq!(job, Job::default(), "{text:?}");
        }
    }
}
