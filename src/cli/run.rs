//! `perso run`: executes a plan, or the plan of a description, on a token.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use getrandom::SysRng;

use super::compilation::compile;
use super::options::Judging;
use super::{Display, Exit, Fatal, output};
use crate::issuer::{DevCa, Issuer};
use crate::job::{Declaration, IssuerKind, Job, Problem, Weight};
use crate::operation::{Capability, Operation, UndoClass};
use crate::pki::{UnixTime, Validity};
use crate::plan::{InputKind, Plan};
use crate::report::visible_line;
use crate::run::{
    Failure, FileJournal, Journal, NoJournal, Preflight, Report, Run as TokenRun, StepState,
};
use crate::secret::Secret;
use crate::source::SourceFile;
use crate::token::card::{CardToken, SimulatedCard, SimulatorUri};
use crate::token::pkcs11::Uri;
use crate::token::{ModuleToken, Retry, Token, TokenError};

/// Days that a development CA and its certificates are valid.
const DAYS: u32 = 365;

/// Execute a description or a plan on a token.
#[derive(Args)]
pub(super) struct Run {
    /// A description (`.dsc`), which is compiled first, or a plan.
    #[arg(value_name = "DSC|PLAN")]
    plan: PathBuf,
    /// The values for this card.
    #[arg(long, value_name = "FILE")]
    job: Option<PathBuf>,
    /// A value for a field that is not secret, over what the job says.
    #[arg(long, value_name = "NAME=VALUE")]
    field: Vec<String>,
    /// The token, over what the job says: `sim:FILE`, `pcsc:READER`, `pkcs11:token=…?module-path=…`.
    #[arg(long, value_name = "URI")]
    token: Option<String>,
    /// Lay out a card in a reader by the commands of ISO 7816-9 although its own are not public.
    #[arg(long)]
    force_iso: bool,
    /// Look for everything that speaks against the run, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Add a line to this file before and after each operation that writes.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Write a report in JSON to this file.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Leave out the operations that need this capability.
    #[arg(long, value_name = "CAPABILITY", value_delimiter = ',')]
    skip: Vec<String>,
    /// The name of this card's job, over what the job says.
    #[arg(long, value_name = "ID")]
    job_id: Option<String>,
    #[command(flatten)]
    judging: Judging,
}

/// Runs the command.
pub(super) fn run(run: &Run, display: &Display) -> Result<Exit, Fatal> {
    let Some(plan) = plan(run, display)? else {
        return Ok(Exit::Findings);
    };
    let skip = skipped(&run.skip)?;
    let (job, fields) = read_job(run, &plan)?;
    let id = job_id(run, &job)?;
    let mut token = open_token(run, &job)?;
    let mut journal: Box<dyn Journal> = match &run.journal {
        Some(path) if !run.dry_run => Box::new(FileJournal::open(path).map_err(|error| {
            Fatal::usage(format!(
                "cannot open the journal `{}`: {error}",
                path.display()
            ))
        })?),
        _ => Box::new(NoJournal),
    };
    let mut issuer = issuer(&job)?;
    let terminal = std::io::stderr().is_terminal() && !display.quiet;
    let mut token_run = TokenRun {
        plan: &plan,
        job: &id,
        serial: job.token.serial.as_deref(),
        fields: &fields,
        skip: &skip,
        token: token.as_mut(),
        issuer: issuer.as_mut().map(|issuer| issuer as &mut dyn Issuer),
        random: &mut |buffer| getrandom::fill(buffer).map_err(std::io::Error::other),
        now: &now,
        journal: journal.as_mut(),
        progress: &mut |number, of, operation| tell(terminal, number, of, operation),
    };
    let preflight = token_run.preflight().map_err(|error| unanswered(&error))?;
    if !preflight.problems.is_empty() {
        return Err(refused(&preflight));
    }
    if run.dry_run {
        output::print(dry_run(&preflight, &plan, &id).as_bytes(), display)?;
        return Ok(Exit::Done);
    }
    let report = token_run.execute().map_err(|error| unanswered(&error))?;
    deliver(run, display, &report)?;
    match &report.failure {
        None => Ok(Exit::Done),
        Some(failure) => Err(failed(failure)),
    }
}

/// The plan; `None` if the description has errors, which were shown.
fn plan(run: &Run, display: &Display) -> Result<Option<Plan>, Fatal> {
    let ends_in = |end: &str| {
        let extension = run.plan.extension();
        extension.is_some_and(|extension| extension.eq_ignore_ascii_case(end))
    };
    if ends_in("dsc") || ends_in("dsz") {
        return compile(&run.plan, &run.judging, display);
    }
    let name = run.plan.display();
    let text = std::fs::read_to_string(&run.plan)
        .map_err(|error| Fatal::usage(format!("cannot read the plan `{name}`: {error}")))?;
    let plan = Plan::from_text(&text).map_err(|error| Fatal::usage(format!("{name}: {error}")))?;
    Ok(Some(plan))
}

fn skipped(words: &[String]) -> Result<BTreeSet<Capability>, Fatal> {
    let capability = |word: &String| {
        Capability::from_word(word).ok_or_else(|| {
            let known: Vec<_> = Capability::ALL.into_iter().map(Capability::word).collect();
            Fatal::usage(format!("`--skip {word}`: there is no such capability"))
                .help(format!("known are {}", known.join(", ")))
        })
    };
    words.iter().map(capability).collect()
}

pub(super) fn declarations(plan: &Plan) -> Vec<Declaration> {
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
fn read_job(run: &Run, plan: &Plan) -> Result<(Job, BTreeMap<String, Secret>), Fatal> {
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
    show_problems(&problems, &name, &text);
    let errors = problems
        .iter()
        .filter(|one| one.weight == Weight::Error)
        .count();
    match errors {
        0 => Ok((job, fields)),
        1 => Err(Fatal::usage("the job has an error, nothing was run")),
        more => Err(Fatal::usage(format!(
            "the job has {more} errors, nothing was run"
        ))),
    }
}

/// One line each, and what to do below it.
pub(super) fn show_problems(problems: &[Problem], name: &str, text: &str) {
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

/// The name of the job; a random one is told, since a second run needs it.
fn job_id(run: &Run, job: &Job) -> Result<String, Fatal> {
    if let Some(id) = run.job_id.as_ref().or(job.id.as_ref()) {
        return match Job::check_id(id) {
            Ok(()) => Ok(id.clone()),
            Err(message) => Err(Fatal::usage(format!("`--job-id`: {message}"))),
        };
    }
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)
        .map_err(|error| Fatal::usage(format!("the source of randomness failed: {error}")))?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
}

fn open_token(run: &Run, job: &Job) -> Result<Box<dyn Token>, Fatal> {
    let uri = run
        .token
        .as_deref()
        .or(job.token.uri.as_deref())
        .unwrap_or("sim:");
    if let Some(simulated) = SimulatorUri::parse(uri) {
        let card = simulated
            .map_err(Fatal::usage)
            .and_then(|uri| SimulatedCard::open(&uri).map_err(|error| unanswered(&error)))?;
        return Ok(Box::new(CardToken::new(Box::new(card))));
    }
    if let Some(scheme) = uri.get(..PCSC.len())
        && scheme.eq_ignore_ascii_case(PCSC)
    {
        return open_reader(&uri[PCSC.len()..], run.force_iso);
    }
    if !uri.to_ascii_lowercase().starts_with("pkcs11:") {
        let scheme = uri.split(':').next().unwrap_or(uri);
        return Err(
            Fatal::usage(format!("tokens of the kind `{scheme}:` cannot be used yet"))
                .help("name a PKCS#11 token: --token pkcs11:token=…?module-path=…"),
        );
    }
    let parse = |uri: &str| Uri::parse(uri).map_err(|error| Fatal::usage(error.to_string()));
    let signature = job.token.signature.as_deref().map(parse).transpose()?;
    let token = ModuleToken::open(&parse(uri)?, signature.as_ref());
    Ok(Box::new(token.map_err(|error| unanswered(&error))?))
}

const PCSC: &str = "pcsc:";

#[cfg(feature = "pcsc")]
fn open_reader(reader: &str, force_iso: bool) -> Result<Box<dyn Token>, Fatal> {
    let card = crate::token::card::ReaderCard::open(reader).map_err(|error| unanswered(&error))?;
    Ok(Box::new(
        CardToken::new(Box::new(card)).forcing_iso(force_iso),
    ))
}

#[cfg(not(feature = "pcsc"))]
fn open_reader(_: &str, _: bool) -> Result<Box<dyn Token>, Fatal> {
    Err(
        Fatal::usage("this perso was built without support for readers").help(
            "build it with the feature `pcsc`: cargo install perso --features pcsc \
             (on Debian this needs the package libpcsclite-dev)",
        ),
    )
}

fn issuer(job: &Job) -> Result<Option<DevCa>, Fatal> {
    let make = |IssuerKind::DevCa| DevCa::new(&mut SysRng, Validity::days_from(now(), DAYS), DAYS);
    job.issuer
        .map(make)
        .transpose()
        .map_err(|error| Fatal::usage(error.to_string()))
}

fn now() -> UnixTime {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    UnixTime::from_seconds(since_epoch.map_or(0, |time| time.as_secs()))
}

fn tell(terminal: bool, number: usize, of: usize, operation: &Operation) {
    if terminal {
        let line = format!("[{number}/{of}] {}", operation.id);
        let _ = writeln!(std::io::stderr(), "{}", visible_line(&line));
    }
}

fn dry_run(preflight: &Preflight, plan: &Plan, job: &str) -> String {
    use std::fmt::Write as _;
    let token = &preflight.token;
    let mut text = format!(
        "job {job}, plan {}\ntoken `{}`, serial number `{}`\n",
        plan.digests.content, token.label, token.serial
    );
    for (operation, undo, left_out) in &preflight.operations {
        let word = match (left_out, undo) {
            (Some(capability), _) => format!("skipped ({})", capability.word()),
            (None, UndoClass::Reading) => "reading".to_owned(),
            (None, UndoClass::Reversible) => "reversible".to_owned(),
            (None, UndoClass::Irreversible) => "irreversible".to_owned(),
        };
        let _ = writeln!(text, "  {operation:<24} {word}");
    }
    text.push_str("nothing was written\n");
    text
}

fn deliver(run: &Run, display: &Display, report: &Report) -> Result<(), Fatal> {
    if let Some(file) = &run.report {
        let json = serde_json::to_vec_pretty(report)
            .map_err(|error| Fatal::usage(format!("cannot write the report: {error}")))?;
        output::save(&json, file)?;
    }
    if display.quiet {
        return Ok(());
    }
    output::print(summary(report).as_bytes(), display)
}

fn summary(report: &Report) -> String {
    use std::fmt::Write as _;
    let token = &report.token;
    let mut text = format!(
        "job {}\ntoken `{}`, serial number `{}`\n",
        report.job,
        visible_line(&token.label),
        visible_line(&token.serial)
    );
    for step in &report.steps {
        let word = match step.state {
            StepState::Done => "done".to_owned(),
            StepState::Skipped { capability } => format!("skipped ({})", capability.word()),
            StepState::Failed => "failed".to_owned(),
            StepState::NotReached => "not reached".to_owned(),
        };
        let _ = writeln!(text, "  {:<24} {word}", step.operation.to_string());
    }
    for (field, value) in &report.outputs {
        let _ = writeln!(text, "{field} = {}", visible_line(value));
    }
    text
}

/// The token does not answer: nothing was written.
fn unanswered(error: &TokenError) -> Fatal {
    with_causes(Fatal::of(Exit::Refused, &error.problem), &error.causes)
}

fn refused(preflight: &Preflight) -> Fatal {
    let mut stderr = std::io::stderr();
    for refusal in &preflight.problems {
        let _ = writeln!(stderr, "error: {}", visible_line(&refusal.problem));
        if let Some(help) = &refusal.help {
            let _ = writeln!(stderr, "  {}", visible_line(help));
        }
    }
    Fatal::of(Exit::Refused, "the run was refused, nothing was written")
}

/// At the line of the description that asked for the operation.
fn failed(failure: &Failure) -> Fatal {
    let (exit, next) = match failure.retry {
        Retry::Safe => (Exit::RunFailed, "running it again is safe"),
        Retry::LookFirst | Retry::Refused => (
            Exit::LookFirst,
            "do not run it again before a person has looked",
        ),
    };
    let origin = &failure.origin;
    let message = format!("{} failed: {}", failure.operation, failure.problem);
    let mut advice: Vec<String> = failure
        .causes
        .iter()
        .map(|cause| format!("likely cause: {cause}"))
        .collect();
    advice.push(next.to_owned());
    Fatal::of(exit, &message).help(advice.join("\n")).at_line(
        &format!("{}, line {}", origin.source, origin.line),
        &origin.text,
        origin.column,
        origin.end.saturating_sub(origin.start),
    )
}

fn with_causes(fatal: Fatal, causes: &[String]) -> Fatal {
    match causes {
        [] => fatal,
        causes => fatal.help(format!("likely cause: {}", causes.join("\nor: "))),
    }
}
