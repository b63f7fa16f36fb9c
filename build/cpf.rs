//! `cpf/*.toml`: statements, functions, attributes, variables, credentials and access words of
//! card profiles.

use std::path::Path;

use serde::Deserialize;

use super::dsc::Dsc;
use super::read::{DataFile, Problems, Record, files};
use super::rust;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Statement {
    name: String,
    syntax: String,
    /// The word that closes the block this word opens.
    #[serde(default)]
    closed_by: Option<String>,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "kebab-case")]
enum ParameterKind {
    String,
    SecretVariable,
    Number,
    Alphabet,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameter {
    name: String,
    kind: ParameterKind,
    #[serde(default)]
    optional: bool,
}

#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "kebab-case")]
enum ResultKind {
    #[default]
    None,
    Secret,
    Bytes,
}

#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "kebab-case")]
enum Placement {
    #[default]
    Anywhere,
    First,
    Last,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Function {
    name: String,
    #[serde(default)]
    parameters: Vec<Parameter>,
    #[serde(default)]
    result: ResultKind,
    #[serde(default)]
    placement: Placement,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "kebab-case")]
enum DeclarationKind {
    MasterFile,
    Df,
    Ef,
    Pin,
    Key,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "kebab-case")]
enum AttributeValue {
    FileId,
    Size,
    Aid,
    Access,
    Sfi,
    Word,
    Number,
    Retries,
    Secret,
    Credential,
    FileName,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attribute {
    name: String,
    on: Vec<DeclarationKind>,
    value: AttributeValue,
    /// The words that the value may be, where it is a word.
    #[serde(default)]
    words: Vec<String>,
    /// The declaration means nothing without it.
    #[serde(default)]
    required: bool,
    /// Declarations on which the attribute is ours, though elsewhere it is documented.
    #[serde(default, rename = "extension-on")]
    extension_on: Vec<DeclarationKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variable {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Credential {
    name: String,
    variable: String,
    #[serde(default)]
    fed_by: Option<String>,
    #[serde(default)]
    read_by: Option<String>,
    #[serde(default)]
    reserved: bool,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "kebab-case")]
enum AccessKind {
    Always,
    Never,
    SecurityOfficer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Access {
    name: String,
    kind: AccessKind,
}

#[derive(Default)]
pub(crate) struct Cpf {
    statements: Vec<Record<Statement>>,
    functions: Vec<Record<Function>>,
    attributes: Vec<Record<Attribute>>,
    variables: Vec<Record<Variable>>,
    credentials: Vec<Record<Credential>>,
    access: Vec<Record<Access>>,
    credential_code: Vec<String>,
}

pub(crate) fn read(root: &Path, problems: &mut Problems) -> Cpf {
    let mut cpf = Cpf::default();
    for path in files(&root.join("cpf"), "toml") {
        let mut file = DataFile::open(&path, problems);
        cpf.statements.extend(file.records("statement", problems));
        cpf.functions.extend(file.records("function", problems));
        cpf.attributes.extend(file.records("attribute", problems));
        cpf.variables.extend(file.records("variable", problems));
        cpf.credentials.extend(file.records("credential", problems));
        cpf.access.extend(file.records("access", problems));
        file.close(problems);
    }
    cpf
}

impl Cpf {
    /// Unique names, and references only to what exists.
    pub(crate) fn check(&mut self, dsc: &Dsc, problems: &mut Problems) {
        problems.unique(
            self.statements
                .iter()
                .map(|one| (&*one.data.name, &*one.file)),
        );
        problems.unique(
            self.functions
                .iter()
                .map(|one| (&*one.data.name, &*one.file)),
        );
        problems.unique(
            self.attributes
                .iter()
                .map(|one| (&*one.data.name, &*one.file)),
        );
        let credentials = self.credentials.iter();
        let words = credentials.clone().map(|one| (&*one.data.name, &*one.file));
        problems.unique(words.chain(self.access.iter().map(|one| (&*one.data.name, &*one.file))));
        let variables = credentials.map(|one| (&*one.data.variable, &*one.file));
        problems.unique(
            variables.chain(
                self.variables
                    .iter()
                    .map(|one| (&*one.data.name, &*one.file)),
            ),
        );

        for Record { file, data, .. } in &self.credentials {
            for key in data
                .fed_by
                .iter()
                .chain(&data.read_by)
                .filter(|key| !dsc.has_key(key))
            {
                problems.add(file, &data.name, format!("`{key}` is no keyword"));
            }
            if data.reserved != data.fed_by.is_some() {
                problems.add(
                    file,
                    &data.name,
                    "reserved is what a key feeds, and nothing else",
                );
            }
        }
        for Record { file, data, .. } in &self.statements {
            let end = data.closed_by.iter().find(|end| !self.has_statement(end));
            if let Some(end) = end {
                problems.add(file, &data.name, format!("`{end}` is no statement"));
            }
        }
        self.credential_code = self
            .credentials
            .iter()
            .map(|one| credential(one, dsc))
            .collect();
    }

    fn has_statement(&self, name: &str) -> bool {
        self.statements.iter().any(|one| one.data.name == name)
    }

    pub(crate) fn rust(&self) -> String {
        let numbered =
            |names: Vec<String>| -> Vec<(String, usize)> { names.into_iter().zip(0..).collect() };
        let index = |table: &str, names: Vec<String>| {
            let rows = numbered(names);
            rust::index(table, rows.iter().map(|(name, at)| (name.as_str(), *at)))
        };
        let names = |list: Vec<&String>| list.into_iter().cloned().collect::<Vec<_>>();
        let credentials = &self.credentials;
        [
            rust::table(
                "STATEMENTS",
                "StatementInfo",
                self.statements.iter().map(statement),
            ),
            index(
                "STATEMENT_NAMES",
                names(self.statements.iter().map(|one| &one.data.name).collect()),
            ),
            rust::table("FUNCTIONS", "Function", self.functions.iter().map(function)),
            index(
                "FUNCTION_NAMES",
                names(self.functions.iter().map(|one| &one.data.name).collect()),
            ),
            rust::table(
                "ATTRIBUTES",
                "AttributeInfo",
                self.attributes.iter().map(attribute),
            ),
            index(
                "ATTRIBUTE_NAMES",
                names(self.attributes.iter().map(|one| &one.data.name).collect()),
            ),
            rust::table("VARIABLES", "Variable", self.variables.iter().map(variable)),
            index(
                "VARIABLE_NAMES",
                names(self.variables.iter().map(|one| &one.data.name).collect()),
            ),
            rust::table(
                "CREDENTIALS",
                "Credential",
                self.credential_code.iter().cloned(),
            ),
            index(
                "CREDENTIAL_NAMES",
                names(credentials.iter().map(|one| &one.data.name).collect()),
            ),
            index(
                "CREDENTIAL_VARIABLES",
                names(credentials.iter().map(|one| &one.data.variable).collect()),
            ),
            rust::table("ACCESS_WORDS", "AccessWordInfo", self.access_words()),
            index("ACCESS_NAMES", names(self.access_names())),
        ]
        .concat()
    }

    /// Access words are the fixed ones and then one per credential.
    fn access_words(&self) -> impl Iterator<Item = String> {
        let fixed = self.access.iter().map(|one| {
            let Access { name, kind } = &one.data;
            let provenance = one.provenance.rust();
            format!("AccessWordInfo {{ name: {name:?}, word: AccessWord::{kind:?}, {provenance} }}")
        });
        let credentials = self.credentials.iter().enumerate().map(|(at, one)| {
            let name = &one.data.name;
            // The vendor shows no access word but `always`: a credential in a rule is ours.
            format!(
                "AccessWordInfo {{ name: {name:?}, word: AccessWord::Credential(&CREDENTIALS[{at}]), \
                 status: Status::Perso, certainty: Certainty::Ours, meaning: {:?}, source: \"PERSO\" }}",
                one.provenance.meaning
            )
        });
        fixed.chain(credentials)
    }

    fn access_names(&self) -> Vec<&String> {
        let fixed = self.access.iter().map(|one| &one.data.name);
        fixed
            .chain(self.credentials.iter().map(|one| &one.data.name))
            .collect()
    }
}

fn statement(record: &Record<Statement>) -> String {
    let Statement {
        name,
        syntax,
        closed_by,
    } = &record.data;
    let provenance = record.provenance.rust();
    format!(
        "StatementInfo {{ name: {name:?}, syntax: {syntax:?}, closed_by: {closed_by:?}, {provenance} }}"
    )
}

fn function(record: &Record<Function>) -> String {
    let Function {
        name,
        parameters,
        result,
        placement,
    } = &record.data;
    let parameters = rust::slice(parameters.iter().map(|parameter| {
        let Parameter {
            name,
            kind,
            optional,
        } = parameter;
        format!(
            "Parameter {{ name: {name:?}, kind: ParameterKind::{kind:?}, optional: {optional} }}"
        )
    }));
    format!(
        "Function {{ name: {name:?}, parameters: {parameters}, result: ResultKind::{result:?}, \
         placement: Placement::{placement:?}, {} }}",
        record.provenance.rust()
    )
}

fn attribute(record: &Record<Attribute>) -> String {
    let Attribute {
        name,
        on,
        value,
        words,
        required,
        extension_on,
    } = &record.data;
    let kinds = |kinds: &[DeclarationKind]| {
        rust::slice(
            kinds
                .iter()
                .map(|kind| format!("DeclarationKind::{kind:?}")),
        )
    };
    format!(
        "AttributeInfo {{ name: {name:?}, on: {}, value: AttributeValue::{value:?}, words: {}, \
         required: {required}, extension_on: {}, {} }}",
        kinds(on),
        rust::list(words),
        kinds(extension_on),
        record.provenance.rust()
    )
}

fn variable(record: &Record<Variable>) -> String {
    format!(
        "Variable {{ name: {:?}, {} }}",
        record.data.name,
        record.provenance.rust()
    )
}

fn credential(record: &Record<Credential>, dsc: &Dsc) -> String {
    let Credential {
        name,
        variable,
        fed_by,
        read_by,
        reserved,
    } = &record.data;
    let read_by = read_by
        .as_ref()
        .map_or("None".to_owned(), |key| format!("Some({})", dsc.key(key)));
    format!(
        "Credential {{ name: {name:?}, variable: {variable:?}, fed_by: {}, read_by: {read_by}, \
         reserved: {reserved}, {} }}",
        rust::slice(fed_by.iter().map(|key| dsc.key(key))),
        record.provenance.rust()
    )
}
