//! The job of a run: its fields, its dialogs, its issuer; every problem shown at its place.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use super::Run;
use crate::cli::Fatal;
use crate::job::{Declaration, Job, Problem, Weight};
use crate::operation::DialogForm;
use crate::plan::{InputKind, Plan};
use crate::report::visible_line;
use crate::run::{Answers, Dialog, DialogEntry};
use crate::secret::{Encoding, Exposure, Secret, Source};
use crate::source::SourceFile;

/// How often a person may type two new PINs that differ.
const ATTEMPTS: usize = 3;

/// A job and the file that it was read from.
pub(super) struct JobFile {
    pub(super) job: Job,
    pub(super) fields: BTreeMap<String, Secret>,
    name: String,
    text: String,
}

pub(in crate::cli) fn declarations(plan: &Plan) -> Vec<Declaration> {
    let inputs = plan.inputs.iter();
    inputs
        .map(|input| Declaration {
            field: input.field.clone(),
            secret: input.secret,
            encoding: input.encoding,
            required: !input.optional || input.kind == InputKind::ApplicationList,
        })
        .collect()
}

/// The job with the texts of its fields; every problem is shown at once.
pub(super) fn read_job(run: &Run, plan: &Plan) -> Result<JobFile, Fatal> {
    let declared = declarations(plan);
    let (text, name) = match &run.job {
        Some(path) => {
            let read = std::fs::read_to_string(path);
            let name = path.display().to_string();
            let text = read
                .map_err(|error| Fatal::usage(format!("cannot read the job `{name}`: {error}")))?;
            (text, name)
        }
        None => (String::new(), "the command line".to_owned()),
    };
    let folder = run.job.as_deref().and_then(Path::parent);
    let (mut job, mut problems) = Job::read(&text, folder.unwrap_or(Path::new("")));
    for given in &run.field {
        problems.extend(job.set(given, &declared).err());
    }
    let (fields, unbound) = job.bind(&declared);
    problems.extend(unbound);
    problems.sort_by_key(|problem| problem.at.as_ref().map(|at| at.start));
    judged(&problems, &name, &text)?;
    Ok(JobFile {
        job,
        fields,
        name,
        text,
    })
}

/// Shows the problems; errors end the command.
fn judged(problems: &[Problem], name: &str, text: &str) -> Result<(), Fatal> {
    show_problems(problems, name, text);
    let errors = problems
        .iter()
        .filter(|one| one.weight == Weight::Error)
        .count();
    match errors {
        0 => Ok(()),
        1 => Err(Fatal::usage("the job has an error, nothing was run")),
        more => Err(Fatal::usage(format!(
            "the job has {more} errors, nothing was run"
        ))),
    }
}

/// One line each, and what to do below it.
pub(in crate::cli) fn show_problems(problems: &[Problem], name: &str, text: &str) {
    let file = SourceFile::from_text(name, text);
    let mut stderr = std::io::stderr();
    for problem in problems {
        let place = match problem
            .at
            .as_ref()
            .and_then(|at| u32::try_from(at.start).ok())
        {
            Some(offset) => {
                let position = file.position(offset);
                format!("{name}:{}:{}", position.line, position.column)
            }
            None => name.to_owned(),
        };
        let weight = match problem.weight {
            Weight::Error => "error",
            Weight::Warning => "warning",
        };
        let line = format!("{place}: {weight}: {}", problem.message);
        let _ = writeln!(stderr, "{}", visible_line(&line));
        if let Some(help) = &problem.help {
            let _ = writeln!(stderr, "  {}", visible_line(help));
        }
    }
}

impl JobFile {
    /// The answers that the job gives to the dialogs of the run.
    pub(super) fn answers(&self, dialogs: &[Dialog]) -> Result<Answers, Fatal> {
        let asked: Vec<&str> = dialogs.iter().map(|dialog| dialog.key).collect();
        let (given, problems) = self.job.answers(&asked);
        judged(&problems, &self.name, &self.text)?;
        let mut answers = Answers::default();
        answers.can_ask = Source::can_ask();
        for (key, answered) in given {
            if let Some(text) = answered.old {
                answers.give(&key, DialogEntry::Present, text);
            }
            if let Some(text) = answered.new {
                answers.give(&key, DialogEntry::Entered, text);
            }
        }
        Ok(answers)
    }
}

/// Asks at the terminal for what the job does not answer.
pub(super) fn ask(dialogs: &[Dialog], mut answers: Answers) -> Result<Answers, Fatal> {
    for dialog in dialogs {
        if answers.holds(dialog) {
            continue;
        }
        let key = dialog.key;
        match dialog.form {
            DialogForm::Authenticate => {
                answers.give(key, DialogEntry::Entered, prompt(key)?);
            }
            DialogForm::NewPin => answers.give(key, DialogEntry::Entered, new_pin(key)?),
            DialogForm::ChangePin => {
                let present = prompt(&format!("{key}, the present one"))?;
                answers.give(key, DialogEntry::Present, present);
                answers.give(key, DialogEntry::Entered, new_pin(key)?);
            }
        }
    }
    Ok(answers)
}

fn new_pin(key: &str) -> Result<Secret, Fatal> {
    for _ in 0..ATTEMPTS {
        let first = prompt(&format!("{key}, the new one"))?;
        if first == prompt(&format!("{key}, the new one once more"))? {
            return Ok(first);
        }
        let _ = writeln!(std::io::stderr(), "they differ");
    }
    Err(Fatal::usage(format!(
        "`{key}` was typed differently {ATTEMPTS} times, nothing was run"
    )))
}

fn prompt(what: &str) -> Result<Secret, Fatal> {
    let answer = Source::Prompt(what.to_owned()).read(Encoding::Text, Exposure::Private);
    answer.map_err(|error| Fatal::usage(error.to_string()))
}
