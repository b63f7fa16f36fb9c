//! From the values of a job to the texts of fields.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::{Given, Job, Problem, Supply};
use crate::operation::FieldEncoding;
use crate::secret::{Encoding, Exposure, Secret};
use crate::source::nearest;

/// A field that a job may or must bind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declaration {
    /// Its name; letter case counts.
    pub field: String,
    /// Whether it is a credential.
    pub secret: bool,
    /// How its text is read.
    pub encoding: FieldEncoding,
    /// Whether the run needs it.
    pub required: bool,
}

impl Job {
    /// Reads every value from its source, each once, and returns the texts of the fields as
    /// Identity Manager would hand them over: what a source writes in another encoding becomes
    /// Base64 for a field of Base64, bytes for any other.
    ///
    /// Everything that is wrong is among the problems: unknown fields, missing values, unreadable
    /// sources, broken encodings, secrets that stand in the job.
    #[must_use]
    pub fn bind(&self, declared: &[Declaration]) -> (BTreeMap<String, Secret>, Vec<Problem>) {
        let mut fields = BTreeMap::new();
        let mut problems = Vec::new();
        for (name, given) in &self.fields {
            let Some(input) = declared.iter().find(|input| input.field == *name) else {
                problems.push(unknown(name, given, declared));
                continue;
            };
            if input.secret && matches!(given.supply, Supply::Literal(_)) {
                let message = format!("the secret field `{name}` has its value in the job itself");
                let help = "move it to an environment variable, a file, a descriptor or a prompt";
                problems.push(Problem::warning(message, given.at.clone()).help(help));
            }
            match text_of(given, input) {
                Ok(text) => {
                    fields.insert(name.clone(), text);
                }
                Err(reason) => {
                    let message = format!("the field `{name}`: {reason}");
                    problems.push(Problem::error(message, given.at.clone()));
                }
            }
        }
        for input in declared {
            if input.required && !self.fields.contains_key(&input.field) {
                let message = format!("the field `{}` has no value", input.field);
                let help = match input.secret {
                    true => "bind it in `[fields]` of the job: env, file, fd or prompt",
                    false => "bind it in `[fields]` of the job, or with --field NAME=VALUE",
                };
                problems.push(Problem::error(message, None).help(help));
            }
        }
        (fields, problems)
    }
}

/// The answers to one dialog.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answered {
    /// The present PIN.
    pub old: Option<Secret>,
    /// The PIN to enter, or the new one.
    pub new: Option<Secret>,
}

impl Job {
    /// Reads the answers to the dialogs that are `asked`, by the keys that ask.
    ///
    /// Answers to other dialogs and sources that cannot be read are among the problems.
    #[must_use]
    pub fn answers(&self, asked: &[&str]) -> (BTreeMap<String, Answered>, Vec<Problem>) {
        let mut answered = BTreeMap::new();
        let mut problems = Vec::new();
        for (key, answers) in &self.dialogs {
            if !asked.contains(&key.as_str()) {
                let message = format!("no dialog of the plan is asked by `{key}`");
                let mut problem = Problem::error(message, answers.at.clone());
                problem.help = did_you_mean(key, asked.iter().copied());
                problems.push(problem);
                continue;
            }
            let mut read = |given: &Option<Given>| {
                let given = given.as_ref()?;
                if matches!(given.supply, Supply::Literal(_)) {
                    let message = format!("the answer to `{key}` stands in the job itself");
                    let help = "move it to an environment variable, a file or a descriptor";
                    problems.push(Problem::warning(message, given.at.clone()).help(help));
                }
                match value_of(given, Exposure::Private) {
                    Ok(text) => Some(text),
                    Err(reason) => {
                        let message = format!("the answer to `{key}`: {reason}");
                        problems.push(Problem::error(message, given.at.clone()));
                        None
                    }
                }
            };
            let answers = Answered {
                old: read(&answers.old),
                new: read(&answers.new),
            };
            answered.insert(key.clone(), answers);
        }
        (answered, problems)
    }
}

fn unknown(name: &str, given: &Given, declared: &[Declaration]) -> Problem {
    let message = format!("the plan has no input field `{name}`");
    let mut problem = Problem::error(message, given.at.clone());
    problem.help = did_you_mean(name, declared.iter().map(|input| input.field.as_str()));
    problem
}

fn did_you_mean<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    nearest(name, known).map(|near| format!("did you mean `{near}`?"))
}

fn text_of(given: &Given, input: &Declaration) -> Result<Secret, String> {
    let exposure = match input.secret {
        true => Exposure::Private,
        false => Exposure::Public,
    };
    let text = match (input.encoding, given.encoding, &given.supply) {
        (FieldEncoding::Base64, None, Supply::From(source)) => {
            let raw = source
                .read_raw(exposure)
                .map_err(|error| error.to_string())?;
            in_base64(raw)
        }
        // `encoding = "base64"` on a `.p12` says how the field wants it, not how the file has it.
        (FieldEncoding::Base64, Some(Encoding::Base64), Supply::From(source)) => {
            let raw = source
                .read_raw(exposure)
                .map_err(|error| error.to_string())?;
            match raw.expose().is_ascii() {
                true => raw,
                false => in_base64(raw),
            }
        }
        (FieldEncoding::Base64, Some(Encoding::Base64 | Encoding::Hex), _) => {
            Secret::from(STANDARD.encode(value_of(given, exposure)?.expose()))
        }
        _ => value_of(given, exposure)?,
    };
    check(&text, input.encoding)?;
    Ok(text)
}

fn value_of(given: &Given, exposure: Exposure) -> Result<Secret, String> {
    let encoding = given.encoding.unwrap_or_default();
    match &given.supply {
        Supply::Literal(text) => encoding.decode(text).map_err(|error| error.to_string()),
        Supply::From(source) => source
            .read(encoding, exposure)
            .map_err(|error| error.to_string()),
    }
}

/// What a file holds, as a field of Base64 takes it: Base64 as it is, the body of PEM, and the bytes
/// of anything else, as of a PKCS#12 or a certificate in DER.
fn in_base64(raw: Secret) -> Secret {
    if Encoding::Base64.decode(&raw).is_ok() {
        return raw;
    }
    if let Ok(text) = raw.expose_text()
        && let Some(begin) = text.find("-----BEGIN ")
    {
        let mut body = Zeroizing::new(String::with_capacity(text.len()));
        let lines = text[begin..].lines().skip(1);
        for line in lines.take_while(|line| !line.starts_with("-----END ")) {
            body.push_str(line.trim());
        }
        let body = Secret::new(body.as_bytes().to_vec());
        if Encoding::Base64.decode(&body).is_ok() {
            return body;
        }
    }
    Secret::from(STANDARD.encode(raw.expose()))
}

fn check(text: &Secret, encoding: FieldEncoding) -> Result<(), String> {
    match encoding {
        FieldEncoding::Base64 => match Encoding::Base64.decode(text) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        },
        FieldEncoding::Flag => {
            let is = |word: &str| text.expose().eq_ignore_ascii_case(word.as_bytes());
            match is("true") || is("false") {
                true => Ok(()),
                false => Err("the value is neither `true` nor `false`".to_owned()),
            }
        }
        FieldEncoding::Text | FieldEncoding::SignatureSlot => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Weight;
    use super::*;

    fn declaration(field: &str, encoding: FieldEncoding, secret: bool) -> Declaration {
        Declaration {
            field: field.to_owned(),
            secret,
            encoding,
            required: true,
        }
    }

    fn bind(text: &str, declared: &[Declaration]) -> (BTreeMap<String, Secret>, Vec<Problem>) {
        let (job, problems) = Job::read(text, Path::new(""));
        assert_eq!(problems, []);
        job.bind(declared)
    }

    #[test]
    fn a_secret_in_the_job_is_only_warned_about() {
        let declared = [declaration("PIN", FieldEncoding::Text, true)];
        let (fields, problems) = bind("[fields]\nPIN = 'canary'", &declared);
        assert_eq!(fields["PIN"].expose(), b"canary");
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].weight, Weight::Warning);
        assert!(!format!("{problems:?}").contains("canary"));
    }

    #[test]
    fn names_what_is_unknown_missing_and_broken() {
        let declared = [
            declaration("Label", FieldEncoding::Text, false),
            declaration("Data", FieldEncoding::Base64, false),
            declaration("Flag", FieldEncoding::Flag, false),
        ];
        let (_, problems) = bind("[fields]\nlabel = 'x'\nData = '*'\nFlag = 'yes'", &declared);
        let told: Vec<_> = problems.iter().map(|one| one.message.as_str()).collect();
        for expected in [
            "the plan has no input field `label`",
            "the field `Data`: the value is not Base64",
            "the field `Flag`: the value is neither `true` nor `false`",
            "the field `Label` has no value",
        ] {
            assert!(told.contains(&expected), "{told:#?}");
        }
        let unknown = problems.iter().find(|one| one.message.contains("`label`"));
        assert_eq!(
            unknown.unwrap().help.as_deref(),
            Some("did you mean `Label`?")
        );
    }

    #[test]
    fn a_field_of_base64_takes_files_as_they_are() {
        let der = [0x30, 0x80, 0x0a];
        let pem = b"-----BEGIN CERTIFICATE-----\nMIAK\n-----END CERTIFICATE-----\n";
        for raw in [&der[..], b"MIAK\n", pem] {
            let text = in_base64(Secret::new(raw.to_vec()));
            assert_eq!(Encoding::Base64.decode(&text).unwrap().expose(), der);
        }
    }

    #[test]
    fn answers_are_for_dialogs_that_are_asked() {
        let text = "[dialogs]\nPIN = { old = 'canary1', new = 'canary2' }\nPUk = 'canary'";
        let (job, problems) = Job::read(text, Path::new(""));
        assert_eq!(problems, []);
        let (answered, problems) = job.answers(&["PIN", "PUK"]);
        assert_eq!(
            answered["PIN"].old,
            Some(Secret::from("canary1".to_owned()))
        );
        let told: Vec<_> = problems.iter().map(|one| one.message.as_str()).collect();
        assert!(
            told.contains(&"no dialog of the plan is asked by `PUk`"),
            "{told:?}"
        );
        assert!(!format!("{problems:?}").contains("canary"));
    }

    #[test]
    fn the_command_line_takes_no_secret() {
        let declared = [
            declaration("PIN", FieldEncoding::Text, true),
            declaration("Label", FieldEncoding::Text, false),
        ];
        let mut job = Job::default();
        let refused = job.set("PIN=canary", &declared).unwrap_err();
        assert!(!format!("{refused:?}").contains("canary"));
        assert!(job.set("Label", &declared).is_err());
        assert_eq!(job.set("Label=a=b", &declared), Ok(()));
        let (fields, _) = job.bind(&declared);
        assert_eq!(fields["Label"].expose(), b"a=b");
    }
}
