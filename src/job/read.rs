//! From the form of a job file to the [`Job`], with every problem at its place.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::form::{
    AnswersForm, Form, GivenForm, IdentityManagerForm, IssuerForm, KeyForm, OneOrMore,
    PinDecryptionForm, PinEncryptionForm, SourceForm, TokenForm,
};
use super::issuer::IssuerKeys;
use super::{
    Answers, DecryptionKey, Given, HsmKey, IdentityManager, IssuerChoice, Job, PinEncryption,
    Problem, Supply, TokenChoice,
};
use crate::secret::{Secret, Source};
use crate::settings::{self, Defect, Document, Entries, Key, Placed, Table, Unknown};
use crate::source::nearest;

/// A name goes into the common name of certificates (RFC 5280: at most 64 characters).
const LONGEST_ID: usize = 64;

struct Reader<'t> {
    folder: &'t Path,
    document: Document<'t>,
}

pub(super) fn read(text: &str, folder: &Path) -> (Job, Vec<Problem>) {
    let (form, document) = settings::read::<Form>(text);
    let mut reader = Reader { folder, document };
    let job = form.map(|form| reader.job(form)).unwrap_or_default();
    let defects = reader.document.defects().into_iter();
    (job, defects.map(problem).collect())
}

fn problem(defect: Defect) -> Problem {
    Problem {
        help: defect.help,
        ..Problem::error(defect.message, Some(defect.at))
    }
}

impl Reader<'_> {
    fn job(&mut self, form: Table<Form>) -> Job {
        let keys = self.known("table", form);
        let mut job = Job::default();
        if let Some((Entries(fields), _)) = self.document.take(keys.fields) {
            for (name, value) in fields {
                if let Some(given) = self.given(&name.text, value) {
                    job.fields.insert(name.text, given);
                }
            }
        }
        if let Some((table, _)) = self.document.take(keys.job) {
            let id = self.known("key", table).id;
            job.id = self.document.take(id).map(|(id, _)| id.0);
        }
        if let Some((table, _)) = self.document.take(keys.token) {
            job.token = self.token(table);
        }
        if let Some((Entries(dialogs), _)) = self.document.take(keys.dialogs) {
            for (name, answers) in dialogs {
                let read = self.answers(&name.text, name.at, answers);
                job.dialogs.insert(name.text, read);
            }
        }
        let issuer = self.document.take(keys.issuer);
        job.issuer = issuer.and_then(|(table, at)| self.issuer(table, at));
        let encryption = self.document.take(keys.pin_encryption);
        job.pin_encryption = encryption.and_then(|(table, at)| self.pin_encryption(table, at));
        if let Some((table, at)) = self.document.take(keys.pin_decryption) {
            (job.pin_decryption, job.identity_manager) = self.pin_decryption(table, at);
        }
        job
    }

    fn token(&mut self, table: Table<TokenForm>) -> TokenChoice {
        let TokenForm {
            uri,
            signature,
            serial,
        } = self.known("key", table);
        TokenChoice {
            uri: self.text(uri),
            signature: self.text(signature),
            serial: self.text(serial),
        }
    }

    fn issuer(&mut self, table: Table<IssuerForm>, at: Range<usize>) -> Option<IssuerChoice> {
        let form = self.known("key", table);
        let before = self.document.defect_count();
        let is_told = form.kind.0.is_some();
        let kind = self.document.take(form.kind);
        let command = self.document.take(form.command);
        let keys = IssuerKeys {
            certificate: self.path(form.certificate),
            folder: self.path(form.folder),
            command: command.map(|(command, _)| self.texts(command.0)),
            timeout: self
                .document
                .take(form.timeout)
                .map(|(seconds, _)| seconds.0),
        };
        if !is_told {
            let message = "`[issuer]` says no `kind`; known are `dev-ca`, `command`, `exchange`";
            self.error(message, at);
        }
        let (kind, at) = kind?;
        // A key that could not be read is not missing.
        if self.document.defect_count() > before {
            return None;
        }
        keys.choose(kind)
            .map_err(|message| self.error(message, at))
            .ok()
    }

    fn pin_encryption(
        &mut self,
        table: Table<PinEncryptionForm>,
        at: Range<usize>,
    ) -> Option<PinEncryption> {
        let keys = self.known("key", table);
        let is_told = keys.certificate.0.is_some();
        let certificates = match self.document.take(keys.certificate) {
            Some((OneOrMore::One(file), _)) => vec![self.folder.join(file)],
            Some((OneOrMore::More(files), _)) => self.paths(files.0),
            None if is_told => return None,
            None => Vec::new(),
        };
        if certificates.is_empty() {
            self.error("`[pin-encryption]` names no `certificate`", at);
            return None;
        }
        Some(PinEncryption { certificates })
    }

    fn pin_decryption(
        &mut self,
        table: Table<PinDecryptionForm>,
        at: Range<usize>,
    ) -> (Vec<DecryptionKey>, Option<IdentityManager>) {
        let is_empty = table.unknown.is_empty()
            && table.keys.keys.0.is_none()
            && table.keys.identity_manager.0.is_none();
        let form = self.known("key", table);
        if is_empty {
            let message = "`[pin-decryption]` names no `keys` and no `identity-manager`";
            self.error(message, at);
        }
        let keys = self.document.take(form.keys).map(|(keys, _)| keys.0);
        let keys = keys.into_iter().flatten();
        let keys = keys.filter_map(|key| self.decryption_key(key)).collect();
        let manager = self.document.take(form.identity_manager);
        let manager = manager.and_then(|(table, at)| self.identity_manager(table, at));
        (keys, manager)
    }

    fn identity_manager(
        &mut self,
        table: Table<IdentityManagerForm>,
        at: Range<usize>,
    ) -> Option<IdentityManager> {
        let form = self.known("key", table);
        if form.engine.0.is_none() || form.properties.0.is_none() {
            self.error("`identity-manager` has `engine` and `properties`", at);
        }
        let engine = self.path(form.engine);
        let properties = self.path(form.properties);
        Some(IdentityManager {
            engine: engine?,
            properties: properties?,
        })
    }

    fn decryption_key(&mut self, key: Placed<Table<KeyForm>>) -> Option<DecryptionKey> {
        let (table, at) = self.document.right(key)?;
        let keys = self.known("key", table);
        let in_file = keys.pkcs12.0.is_some() || keys.password.0.is_some();
        let in_hsm = keys.module.0.is_some()
            || keys.token.0.is_some()
            || keys.slot.0.is_some()
            || keys.alias.0.is_some()
            || keys.pin.0.is_some();
        let is_whole = match (in_file, in_hsm) {
            (true, false) => keys.pkcs12.0.is_some() && keys.password.0.is_some(),
            (false, true) => keys.module.0.is_some() && keys.pin.0.is_some(),
            _ => false,
        };
        if !is_whole {
            let message = "a key has `pkcs12` and `password`, or `module` and `pin` with `token`, \
                           `slot` and `alias` where they are needed";
            self.error(message, at);
        }
        let file = self.path(keys.pkcs12);
        let password = self.credential("password", keys.password);
        let module = self.module(keys.module);
        let token = self.text(keys.token);
        let slot = self.document.take(keys.slot).map(|(slot, _)| slot.0);
        let alias = self.text(keys.alias);
        let pin = self.credential("pin", keys.pin);
        match in_file {
            true => Some(DecryptionKey::Pkcs12 {
                file: file?,
                password: password?,
            }),
            false => Some(DecryptionKey::Hsm(HsmKey {
                module: module?,
                token,
                slot,
                alias,
                pin: pin?,
            })),
        }
    }

    fn credential(&mut self, name: &str, key: Key<GivenForm>) -> Option<Given> {
        key.0.and_then(|given| self.given(name, given))
    }

    fn module(&mut self, key: Key<String>) -> Option<PathBuf> {
        let module = self.text(key)?;
        Some(HsmKey::module_in(self.folder, &module))
    }

    fn answers(&mut self, name: &str, at: Range<usize>, placed: Placed<AnswersForm>) -> Answers {
        let mut read = Answers {
            at: Some(at),
            ..Answers::default()
        };
        match self.document.right(placed) {
            Some((AnswersForm::One(given), at)) => read.new = self.supplied(name, given, at),
            Some((AnswersForm::Two(table), _)) => {
                let keys = self.known("key", *table);
                read.old = keys.old.0.and_then(|old| self.given(name, old));
                read.new = keys.new.0.and_then(|new| self.given(name, new));
            }
            None => {}
        }
        read
    }

    /// A value: a literal, or a table that says where it is.
    fn given(&mut self, name: &str, placed: Placed<GivenForm>) -> Option<Given> {
        let (given, at) = self.document.right(placed)?;
        self.supplied(name, given, at)
    }

    fn supplied(&mut self, name: &str, given: GivenForm, at: Range<usize>) -> Option<Given> {
        let literal = match given {
            GivenForm::Text(text) => text,
            GivenForm::Flag(flag) => flag.to_string(),
            GivenForm::From(table) => return self.source(name, *table, at),
        };
        Some(Given {
            supply: Supply::Literal(Secret::from(literal)),
            encoding: None,
            at: Some(at),
        })
    }

    fn source(&mut self, name: &str, table: Table<SourceForm>, at: Range<usize>) -> Option<Given> {
        let keys = self.known("key", table);
        let encoding = self.document.take(keys.encoding).map(|(it, _)| it);
        let env = self.text(keys.env).map(Source::Env);
        let file = self.path(keys.file).map(Source::File);
        let fd = self.document.take(keys.fd);
        let fd = fd.map(|(number, _)| Source::Fd(number.0));
        let prompt = self.text(keys.prompt).map(Source::Prompt);
        let mut sources = [env, file, fd, prompt].into_iter().flatten();
        match (sources.next(), sources.next()) {
            (Some(source), None) => Some(Given {
                supply: Supply::From(source),
                encoding,
                at: Some(at),
            }),
            (None, _) => {
                let message = format!("`{name}` says nowhere where its value is");
                let help = "name one of env, file, fd, prompt".to_owned();
                self.document.error(message, Some(help), at);
                None
            }
            (Some(_), Some(_)) => {
                self.error(format!("`{name}` has several sources"), at);
                None
            }
        }
    }

    fn text(&mut self, key: Key<String>) -> Option<String> {
        self.document.take(key).map(|(text, _)| text)
    }

    fn path(&mut self, key: Key<String>) -> Option<PathBuf> {
        self.text(key).map(|file| self.folder.join(file))
    }

    fn paths(&mut self, files: Vec<Placed<String>>) -> Vec<PathBuf> {
        let files = self.texts(files).into_iter();
        files.map(|file| self.folder.join(file)).collect()
    }

    fn texts(&mut self, texts: Vec<Placed<String>>) -> Vec<String> {
        let texts = texts.into_iter();
        texts
            .filter_map(|text| self.document.right(text))
            .map(|(text, _)| text)
            .collect()
    }

    /// The known keys of a table; the others are problems.
    fn known<T>(&mut self, what: &str, table: Table<T>) -> T {
        for Unknown { name, free } in table.unknown {
            let help = match nearest(&name.text, free.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if free.is_empty() => "delete it".to_owned(),
                None => format!("known are {}", free.join(", ")),
            };
            let message = format!("unknown {what} `{}`", name.text);
            self.document.error(message, Some(help), name.at);
        }
        table.keys
    }

    fn error(&mut self, message: impl Into<String>, at: Range<usize>) {
        self.document.error(message, None, at);
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
            (
                "kind = 'command'\ncommand = 'ca.sh'",
                "`command` must be a list",
            ),
            (
                "kind = 'command'\ncommand = ['a', 1]",
                "must be text in quotes",
            ),
            (
                "kind = 'command'\ncommand = ['a']\ntimeout = '5'",
                "`timeout` must be a number of seconds",
            ),
            (
                "kind = 'command'\ncommand = ['a']\ntimeout = 0",
                "`timeout` is 1 to 86400 seconds",
            ),
            ("folder = 'ca'", "says no `kind`"),
        ] {
            let problems = issuer(text).unwrap_err();
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(problems[0].contains(expected), "{problems:?}");
        }
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let text = "[feilds]\n[fields]\nA = 4711\nB = { evn = 'X' }\nC = { env = 'X', fd = 3 }\n\
                    D = { fd = -1 }\n[issuer]\nkind = 'nobody'\n[job]\nid = ''";
        expect_all(
            &problems(text),
            &[
                "unknown table `feilds`",
                "`A` must be text in quotes, digits too, or a table that says where it is",
                "unknown key `evn`",
                "`B` says nowhere where its value is",
                "`C` has several sources",
                "`fd` must be the number of a descriptor, 0 or more",
                "`nobody` is no kind of issuer",
                "the name of a job has 1 to 64 printable characters",
            ],
        );
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
