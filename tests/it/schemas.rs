//! `docs/config.schema.json` and `docs/job.schema.json` are what `perso schema` prints. They accept
//! what perso accepts and refuse what it refuses.

use std::path::{Path, PathBuf};

use perso::job::Job;
use perso::source::{SourceFile, SourceId};
use perso::workspace::configuration::{self, TARGET_KEYS};
use serde_json::Value as Json;

use crate::sandbox::Sandbox;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn printed(file: &str) -> String {
    let (code, schema, err) = Sandbox::new().run(&["schema", file]);
    assert_eq!(code, 0, "{err}");
    schema
}

fn json(text: &str) -> Json {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Whether perso takes a configuration without a word.
fn configuration_is_read(text: &str) -> bool {
    let file = SourceFile::from_text("perso.toml", text);
    configuration::read(SourceId(0), &file).is_ok_and(|read| read.unknown.is_empty())
}

/// Whether perso takes a job without a word.
fn job_is_read(text: &str) -> bool {
    Job::read(text, Path::new("")).1.is_empty()
}

struct Form {
    schema: jsonschema::Validator,
    is_read: fn(&str) -> bool,
}

impl Form {
    fn of(file: &str, is_read: fn(&str) -> bool) -> Self {
        let schema: Json = serde_json::from_str(&printed(file)).unwrap();
        assert!(jsonschema::meta::is_valid(&schema));
        let schema = jsonschema::validator_for(&schema).unwrap();
        Self { schema, is_read }
    }

    fn configuration() -> Self {
        Self::of("config", configuration_is_read)
    }

    fn job() -> Self {
        Self::of("job", job_is_read)
    }

    fn accepts(&self, text: &str) {
        let json = json(text);
        let problems: Vec<_> = self.schema.iter_errors(&json).collect();
        assert!(problems.is_empty(), "{problems:?}\n{text}");
        assert!((self.is_read)(text), "{text}");
    }

    fn refuses(&self, text: &str) {
        assert!(!self.schema.is_valid(&json(text)), "{text}");
        assert!(!(self.is_read)(text), "{text}");
    }
}

/// The files of all examples whose names end so.
fn examples(ending: &str) -> Vec<String> {
    let folders = std::fs::read_dir(root().join("examples"))
        .unwrap()
        .flatten();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten());
    let paths = files.flatten().map(|file| file.path());
    let wanted = paths.filter(|path| path.to_string_lossy().ends_with(ending));
    wanted
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn the_files_are_what_the_command_prints() {
    for file in ["config", "job"] {
        let path = root().join(format!("docs/{file}.schema.json"));
        assert!(
            std::fs::read_to_string(&path).unwrap_or_default() == printed(file),
            "write it anew: perso schema {file} > docs/{file}.schema.json"
        );
    }
}

#[test]
fn every_example_has_the_form() {
    let (configurations, jobs) = (examples("perso.toml"), examples(".job.toml"));
    assert!(!configurations.is_empty() && jobs.len() >= 7);
    let form = Form::configuration();
    configurations.iter().for_each(|text| form.accepts(text));
    let form = Form::job();
    jobs.iter().for_each(|text| form.accepts(text));
}

#[test]
fn a_new_project_has_the_form() {
    let sandbox = Sandbox::new();
    let (code, _, err) = sandbox.run(&["new", "card"]);
    assert_eq!(code, 0, "{err}");
    let mut seen = 0;
    for file in std::fs::read_dir(sandbox.path("card")).unwrap().flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(file.path()).unwrap_or_default();
        match name.as_str() {
            "perso.toml" => Form::configuration().accepts(&text),
            _ if name.ends_with(".toml") => Form::job().accepts(&text),
            _ => continue,
        }
        seen += 1;
    }
    assert_eq!(seen, 2);
}

#[test]
fn a_configuration_that_perso_refuses_has_not_the_form() {
    let form = Form::configuration();
    for text in [
        "",
        "[target]\nmiddleware = 'idopte'\nidentity-manager = '23.10.3'",
        "[target]\nmiddleware = ' cardos-api  5.4 '",
        "[mapping]\nA = {}\nB = { to = 'x', encrypted = true, read = false }",
        "[rules]\nunused-field = 'off'\nunknown-key = 'error'",
        "[paths]\nprofiles = []",
    ] {
        form.accepts(text);
    }
    for text in [
        "colour = 1",
        "target = 'idopte'",
        "[target]\nmiddlewear = 'idopte'",
        "[target]\nmiddleware = 5",
        "[target]\nmiddleware = 'idopte x'",
        "[target]\nidentity-manager = 'next'",
        "[target]\nidentity-manager = '1.2.3.4.5'",
        "[mapping]\nA = 'x'",
        "[mapping]\nA = { form = 1 }",
        "[mapping]\nA = { read = 'yes' }",
        "[rules]\nunused-field = 'warn'",
        "[rules]\nunused-field = true",
        "[paths]\nprofiles = 'x'",
        "[paths]\nprofiles = [1]",
        "[paths]\nprofile = []",
    ] {
        form.refuses(text);
    }
}

#[test]
fn a_rule_that_is_not_known_is_no_name_of_the_schema() {
    let form = Form::configuration();
    assert!(!form.schema.is_valid(&json("[rules]\nunused-feild = 'off'")));
}

#[test]
fn a_job_that_perso_refuses_has_not_the_form() {
    let form = Form::job();
    for text in [
        "",
        "[fields]\nA = 'x'\nB = true\nC = { env = 'C' }\nD = { file = 'd', encoding = 'hex' }",
        "[fields]\nA = { fd = 3 }\nB = { prompt = 'PUK' }",
        "[dialogs]\nPIN = { old = 'x', new = { fd = 0 } }\nPUK = { env = 'PUK' }",
        "[pin-encryption]\ncertificate = ['a.pem', 'b.pem']",
        "[pin-decryption]\nkeys = []",
        "[pin-decryption]\nkeys = [{ pkcs12 = 'a.p12', password = { env = 'A' } }]",
        "[pin-decryption]\nidentity-manager = { engine = 'a.xml', properties = 'a.properties' }",
        "[pin-decryption]\nkeys = [{ module = 'a.so', pin = { env = 'A' } }]",
        "[pin-decryption]\nkeys = [{ module = 'a.so', token = 'T', slot = 3, alias = 'k', pin = 'x' }]",
        "[token]\nuri = 'sim:'\nsignature = 'sim:'\nserial = '1'",
        "[issuer]\nkind = 'dev-ca'\ncertificate = 'ca.pem'\nfolder = 'ca'",
        "[issuer]\nkind = 'command'\ncommand = ['./ca.sh', '-q']\ntimeout = 86400",
        "[issuer]\nkind = 'exchange'\nfolder = 'ca'",
    ] {
        form.accepts(text);
    }
    for text in [
        "[feilds]",
        "fields = 1",
        "[fields]\nA = 4711",
        "[fields]\nA = ['x']",
        "[fields]\nA = {}",
        "[fields]\nA = { evn = 'X' }",
        "[fields]\nA = { env = 'X', fd = 3 }",
        "[fields]\nA = { fd = -1 }",
        "[fields]\nA = { fd = '3' }",
        "[fields]\nA = { env = 'X', encoding = 'rot13' }",
        "[job]\nid = ''",
        "[job]\nid = 17",
        "[job]\nname = 'x'",
        "[token]\nurl = 'sim:'",
        "[dialogs]\nPIN = { old = 'x', env = 'X' }",
        "[dialogs]\nPIN = { new = 1 }",
        "[issuer]",
        "[issuer]\nkind = 'command'",
        "[issuer]\nkind = 'command'\ncommand = []",
        "[issuer]\nkind = 'command'\ncommand = ['a']\nfolder = 'ca'",
        "[issuer]\nkind = 'command'\ncommand = ['a']\ntimeout = 0",
        "[issuer]\nkind = 'exchange'",
        "[issuer]\nkind = 'exchange'\nfolder = 'ca'\ncommand = ['a']",
        "[issuer]\nkind = 'dev-ca'\ntimeout = 5",
        "[issuer]\nkind = 'nobody'",
        "[pin-encryption]",
        "[pin-encryption]\ncertificate = 1",
        "[pin-decryption]",
        "[pin-decryption]\nkeys = [{ pkcs12 = 'a.p12' }]",
        "[pin-decryption]\nkeys = [{}]",
        "[pin-decryption]\nkeys = [{ module = 'a.so' }]",
        "[pin-decryption]\nkeys = [{ module = 'a.so', pin = 'x', slot = '3' }]",
        "[pin-decryption]\nkeys = [{ module = 'a.so', pin = 'x', slot = -1 }]",
        "[pin-decryption]\nkeys = [{ module = 'a.so', pin = 'x', password = 'y' }]",
        "[pin-decryption]\nkeys = [{ pkcs12 = 'a.p12', password = 'y', alias = 'k' }]",
        "[pin-decryption]\nidentity-manager = 'WEB-INF/classes'",
        "[pin-decryption]\nidentity-manager = { engine = 'a.xml' }",
        "[pin-decryption]\nidentity-manager = { engine = 'a.xml', properties = 'a', keys = [] }",
    ] {
        form.refuses(text);
    }
}

/// `--target KEY=VALUE` takes the keys of `[target]`.
#[test]
fn the_keys_of_the_target_are_those_of_the_command_line() {
    let schema: Json = serde_json::from_str(&printed("config")).unwrap();
    let target = schema["definitions"]["Target"]["properties"].as_object();
    let mut keys: Vec<_> = target.unwrap().keys().map(String::as_str).collect();
    let mut known = TARGET_KEYS.to_vec();
    keys.sort_unstable();
    known.sort_unstable();
    assert_eq!(keys, known);
}

/// Nothing is shown to the author of a file without a word on what it is.
#[test]
fn every_key_is_described() {
    for file in ["config", "job"] {
        let schema: Json = serde_json::from_str(&printed(file)).unwrap();
        let definitions = schema["definitions"].as_object().unwrap().values();
        for form in definitions.chain([&schema]) {
            let keys = form["properties"].as_object().into_iter().flatten();
            for (key, value) in keys {
                assert!(value["description"].is_string(), "{file}: {key}");
            }
        }
    }
}
