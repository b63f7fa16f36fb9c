//! `perso plan show --apdu`: the card program of a plan as a script of command APDUs.
//!
//! The script is one that `scriptor` (pcsc-tools) runs: a line is a command in hexadecimal digits,
//! or a comment that starts with `#`. `scriptor` takes no comment behind a command, so the comment
//! stands on the line before: the expected status word, the place in the profile, what is done.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use super::run::{declarations, show_problems};
use super::{Exit, Fatal};
use crate::card::apdu::{MAX_SHORT_DATA, MAX_SHORT_EXPECTED};
use crate::card::program::{Dialect, Item, Known, Problem, Setup, Work, assemble};
use crate::job::{Declaration, Job, Weight};
use crate::operation::{Access, Action, CardProgram, Input, Value};
use crate::plan::Plan;
use crate::report::visible_line;
use crate::run::Answers;
use crate::run::value::{Missing, Values};
use crate::secret::Secret;
use crate::stdlib;

/// The personality that takes the commands of CardOS 4.4.
const CARDOS_4_4: &str = "cardos-4.4";

/// What is known of a plan's values without running it.
struct Inputs<'a> {
    values: Values<'a>,
    /// Whether secrets are shown.
    secrets: bool,
}

/// The script. `job` binds fields; `secrets` says whether those that are secret are read and shown.
pub(super) fn script(plan: &Plan, job: Option<&Path>, secrets: bool) -> Result<String, Fatal> {
    let Some((program, officer)) = program(plan) else {
        return Err(Fatal::usage("the plan lays out no card")
            .help("a description does with `InitToken=true` and `ChipProfile=`"));
    };
    let fields = fields(plan, job, secrets)?;
    let nobody = Answers::default();
    let inputs = Inputs {
        values: Values::of(&fields, &nobody),
        secrets,
    };
    let mut lines = Lines::default();
    let setup = setup(program, officer, &inputs, &mut lines);
    let known = program.try_map(&mut |value: &Value| inputs.known(value))?;
    let items = assemble(&known, &setup).map_err(|problems| refused(&problems))?;
    let open = items.iter().any(|it| matches!(it.work, Work::Needs(_)));
    let at_least = if open { "at least " } else { "" };
    lines.comment(&format!(
        "{at_least}{} commands for {}",
        items.len(),
        program.profile
    ));
    for item in &items {
        lines.item(item);
    }
    Ok(lines.0)
}

/// The program that lays out the card, with the credential that `SO` stands for.
fn program(plan: &Plan) -> Option<(&CardProgram, Option<&Value>)> {
    let initialise = plan.initialization.iter().find_map(|it| match &it.action {
        Action::Initialise {
            officer, program, ..
        } => Some((program.as_ref(), officer)),
        _ => None,
    });
    let (own, officer) = initialise.unzip();
    let program = own.flatten().or(plan.fallback_program.as_ref())?;
    Some((program, officer))
}

/// For a reader of any kind: in short length.
fn setup(
    program: &CardProgram,
    officer: Option<&Value>,
    inputs: &Inputs<'_>,
    lines: &mut Lines,
) -> Setup {
    let card = stdlib::card(&program.card);
    let dialect = match card.and_then(|card| card.personality) {
        Some(CARDOS_4_4) => Dialect::CardOs44,
        _ => Dialect::Iso7816,
    };
    if dialect == Dialect::Iso7816 && card.is_none_or(|card| !card.create_file_public) {
        lines.comment(&format!(
            "how {} creates files is not public: these commands are for the simulated card",
            program.card
        ));
    }
    let word = officer.map(|value| inputs.values.input(value));
    let officer = match word {
        Some(Ok(Input::Bytes(word))) if word.expose() == b"OP" => Access::Operator,
        Some(Err(_)) => {
            lines.comment("SO is taken for the PUK: which credential it is depends on a field");
            Access::Puk
        }
        _ => Access::Puk,
    };
    let longest = card.and_then(|card| card.data_field_length);
    let longest = longest.map_or(MAX_SHORT_DATA, usize::from);
    Setup {
        dialect,
        data_field: longest.min(MAX_SHORT_DATA),
        officer,
    }
}

/// The texts of the fields that the job binds; without `secrets` those of secret fields are not
/// even read.
fn fields(
    plan: &Plan,
    job: Option<&Path>,
    secrets: bool,
) -> Result<BTreeMap<String, Secret>, Fatal> {
    let Some(path) = job else {
        return Ok(BTreeMap::new());
    };
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Fatal::usage(format!("cannot read the job `{name}`: {error}")))?;
    let optional = |declared: Declaration| Declaration {
        required: false,
        ..declared
    };
    let declared: Vec<_> = declarations(plan).into_iter().map(optional).collect();
    let (mut job, mut problems) = Job::read(&text, path.parent().unwrap_or(Path::new("")));
    let is_secret = |field: &str| declared.iter().any(|it| it.field == *field && it.secret);
    job.fields
        .retain(|field, _| secrets || !is_secret(field.as_str()));
    let (fields, unbound) = job.bind(&declared);
    problems.extend(unbound);
    problems.sort_by_key(|problem| problem.at.as_ref().map(|at| at.start));
    show_problems(&problems, &name, &text);
    match problems.iter().any(|one| one.weight == Weight::Error) {
        true => Err(Fatal::usage("the job has errors, nothing is shown")),
        false => Ok(fields),
    }
}

impl Inputs<'_> {
    fn known(&self, value: &Value) -> Result<Known, Fatal> {
        let secret = value.is_secret();
        let mut names = Vec::new();
        if secret && !self.secrets {
            value.walk(&mut |part| names.extend(name(part)));
            if names.is_empty() {
                names.push("a credential of the description (--with-secrets)".to_owned());
            }
            return Ok(Known::Needs(names));
        }
        match self.values.input(value) {
            Ok(Input::Bytes(bytes)) => Ok(Known::Bytes { bytes, secret }),
            Ok(Input::ProtectedPath) => Ok(Known::ProtectedPath),
            Err(missing) => {
                self.lacking(value, &mut names);
                match (names.is_empty(), missing) {
                    (false, _) => Ok(Known::Needs(names)),
                    (true, Missing::Never(reason)) => Err(Fatal::usage(reason)),
                    (true, Missing::Later) => Ok(Known::Needs(vec!["the run".to_owned()])),
                }
            }
        }
    }

    /// The names of the parts that are not known; of a condition that is decided only those of the
    /// value that it chose.
    fn lacking(&self, value: &Value, names: &mut Vec<String>) {
        match value {
            Value::Concatenation { parts } => {
                parts.iter().for_each(|part| self.lacking(part, names));
            }
            Value::Conditional {
                flag,
                when_true,
                when_false,
            } => match self.values.flag(flag) {
                Ok(true) => self.lacking(when_true, names),
                Ok(false) => self.lacking(when_false, names),
                Err(_) => {
                    for part in [flag, when_true, when_false] {
                        self.lacking(part, names);
                    }
                }
            },
            Value::Field { name, .. } if self.values.fields.contains_key(name) => {}
            other => names.extend(name(other)),
        }
    }
}

/// The name of a value that is not known before it is bound, drawn, entered or made.
fn name(value: &Value) -> Option<String> {
    match value {
        Value::Field { name, .. } => Some(name.clone()),
        Value::Generated { name } => Some(format!("{name} (drawn at the run)")),
        Value::Dialog { .. } => Some("the answer to a dialog".to_owned()),
        Value::Result { operation, .. } => Some(format!("the result of {operation}")),
        _ => None,
    }
}

/// One line each, and what to do below it.
fn refused(problems: &[Problem]) -> Fatal {
    let mut stderr = std::io::stderr();
    for problem in problems {
        let origin = &problem.origin;
        let place = format!("{}:{}:{}", origin.source, origin.line, origin.column);
        let line = format!("{place}: error: {problem}");
        let _ = writeln!(stderr, "{}", visible_line(&line));
        if let Some(help) = &problem.help {
            let _ = writeln!(stderr, "  {}", visible_line(help));
        }
    }
    Fatal::of(
        Exit::Findings,
        "the profile cannot be put into commands for this card",
    )
}

/// The lines of a script.
#[derive(Default)]
struct Lines(String);

impl Lines {
    /// Nothing in a comment may end it, or end the script: `scriptor` stops at any line that has
    /// `exit` in it, comments included.
    fn comment(&mut self, text: &str) {
        let text = visible_line(text);
        let lower = text.to_ascii_lowercase();
        self.0.push_str("# ");
        let mut rest = 0;
        for (at, _) in lower.match_indices("exit") {
            self.0.push_str(&text[rest..at + 2]);
            self.0.push('-');
            rest = at + 2;
        }
        self.0.push_str(&text[rest..]);
        self.0.push('\n');
    }

    fn item(&mut self, item: &Item) {
        let place = format!("{}:{}", item.origin.source, item.origin.line);
        let meaning = &item.meaning;
        match &item.work {
            Work::Command(command) | Work::Generate(command) => {
                let expected: Vec<_> = item.expected.iter().map(ToString::to_string).collect();
                let mut expected = expected.join(" or ");
                let generates = matches!(item.work, Work::Generate(_));
                if generates && command.expected() <= MAX_SHORT_EXPECTED {
                    expected.push_str(" (after 61xx the rest comes with 00C00000xx)");
                }
                self.comment(&format!("{expected} {place} {meaning}"));
                for byte in command.encode().iter() {
                    // Writing to a `String` cannot fail.
                    let _ = write!(self.0, "{byte:02X}");
                }
                self.0.push('\n');
            }
            Work::Needs(names) => {
                self.comment(&format!("needs {}: {place} {meaning}", names.join(", ")));
            }
            Work::PublicKey(part) => {
                let needs = format!("needs the answer of {}", part.key);
                self.comment(&format!("{needs}: {place} {meaning}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_comment_ends_the_script() {
        let mut lines = Lines::default();
        lines.comment("create EFEXIT\nand exitexit");
        assert_eq!(lines.0, "# create EFEX-IT␊and ex-itex-it\n");
    }
}
