//! From the values of a job to the texts of fields.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Given, Job, Problem, Supply, nearest};
use crate::operation::FieldEncoding;
use crate::secret::{Encoding, Exposure, Secret};

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

fn unknown(name: &str, given: &Given, declared: &[Declaration]) -> Problem {
    let message = format!("the plan has no input field `{name}`");
    let mut problem = Problem::error(message, given.at.clone());
    problem.help = nearest(name, declared.iter().map(|input| input.field.as_str()));
    problem
}

fn text_of(given: &Given, input: &Declaration) -> Result<Secret, String> {
    let exposure = match input.secret {
        true => Exposure::Private,
        false => Exposure::Public,
    };
    let encoding = given.encoding.unwrap_or_default();
    let value = match &given.supply {
        Supply::Literal(text) => encoding.decode(text).map_err(|error| error.to_string())?,
        Supply::From(source) => source
            .read(encoding, exposure)
            .map_err(|error| error.to_string())?,
    };
    let text = match (input.encoding, encoding) {
        (FieldEncoding::Base64, Encoding::Base64 | Encoding::Hex) => {
            Secret::from(STANDARD.encode(value.expose()))
        }
        _ => value,
    };
    check(&text, input.encoding)?;
    Ok(text)
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
