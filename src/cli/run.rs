//! `perso run`: executes a plan, or the plan of a description, on a token.

mod issuer;
mod job;
mod library;
mod memory;
mod pin_decryption;
mod pin_encryption;
mod resume;
mod screen;
mod token;
mod verdict;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};

use self::issuer::Asked;
use self::job::{ask, read_job};
pub(super) use self::job::{declarations, show_problems};
use self::pin_decryption::decryption;
use self::pin_encryption::encryption;
use self::resume::{Resumed, lock};
use self::screen::{Screen, dry_run};
use self::token::NamedToken;
use self::verdict::{deliver, failed, refused, unanswered, wait};
use super::compilation::compile;
use super::options::Compiling;
use super::{Display, Exit, Fatal, output};
use crate::issuer::Issuer;
use crate::operation::Capability;
use crate::pki::UnixTime;
use crate::plan::Plan;
use crate::run::{
    Answers, DecryptPins, EncryptPins, FileJournal, Journal, NoJournal, PinState, Preflight,
    Report, Run as TokenRun,
};
use crate::token::Token;
use crate::token::card::SimulatorUri;

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
    /// The token, over what the job says: `sim:` (a card that vanishes with the command, the
    /// default), `sim:FILE`, `pcsc:READER`, `pkcs11:token=…?module-path=…`, or `dsc:token=…`, which
    /// takes the module that the description names for this system.
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
    /// Continue a run that was killed, from its journal; the journal goes on in the same file.
    #[arg(long, value_name = "JOURNAL")]
    resume: Option<PathBuf>,
    /// Continue a run whose journal is lost, from what the token shows; needs the name of the job.
    #[arg(long, conflicts_with = "resume")]
    resume_without_journal: bool,
    /// Take back what the run of the journal has made: keys, certificates and data objects, from the
    /// end to the last operation that cannot be taken back. What stays is named.
    #[arg(long, conflicts_with_all = ["dry_run", "irreversible"])]
    undo: bool,
    /// Which PIN holds, where a change of it was begun and nothing tells whether it was done.
    #[arg(long, value_name = "WHICH", value_enum)]
    pin_state: Option<WhichPin>,
    /// Write fields that receive credentials to this file, in JSON; only its owner can read it.
    #[arg(long, value_name = "FILE")]
    secret_outputs: Option<PathBuf>,
    /// Put a real card into operation for good where its profile says so (`BurnFuse`).
    #[arg(long)]
    irreversible: bool,
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
    compiling: Compiling,
}

impl Run {
    /// A run of `plan` on the simulated card in an image.
    pub(super) fn on_image(
        plan: PathBuf,
        job: Option<PathBuf>,
        field: Vec<String>,
        image: &Path,
        synthesize_pkcs15: bool,
    ) -> Self {
        let uri = SimulatorUri {
            image: Some(image.to_owned()),
            model: None,
        };
        Self {
            plan,
            job,
            field,
            token: Some(uri.to_string()),
            force_iso: false,
            dry_run: false,
            journal: None,
            resume: None,
            resume_without_journal: false,
            undo: false,
            pin_state: None,
            secret_outputs: None,
            irreversible: false,
            report: None,
            skip: Vec::new(),
            job_id: None,
            compiling: Compiling {
                synthesize_pkcs15,
                ..Compiling::default()
            },
        }
    }
}

/// Which PIN of a change holds.
#[derive(Clone, Copy, ValueEnum)]
enum WhichPin {
    /// The one before the change.
    Old,
    /// The one after it.
    New,
}

impl From<WhichPin> for PinState {
    fn from(which: WhichPin) -> Self {
        match which {
            WhichPin::Old => Self::Old,
            WhichPin::New => Self::New,
        }
    }
}

/// Runs the command.
pub(super) fn run(run: &Run, display: &Display) -> Result<Exit, Fatal> {
    memory::seal();
    let Some(plan) = plan(run, display)? else {
        return Ok(Exit::Findings);
    };
    let skip = skipped(&run.skip)?;
    let file = read_job(run, &plan)?;
    let Resumed { job: id, past } = Resumed::read(run, &file.job, &plan, display)?;
    let named = NamedToken::read(run, &file.job, &plan)?;
    let mut token = named.open(run, past.as_ref())?;
    let mut journal = journal(run)?;
    let Asked {
        mut issuer,
        authority,
    } = Asked::of(run, &file.job, &named)?;
    let mut encrypt = encryption(&file)?;
    let mut decrypt = decryption(&file, &plan)?;
    let mut lock = lock(&named);
    let screen = RefCell::new(Screen::new(
        std::io::stderr().is_terminal() && !display.quiet,
    ));
    let nobody = Answers::default();
    let given;
    let asked;
    let mut token_run = TokenRun {
        plan: &plan,
        job: &id,
        serial: file.job.token.serial.as_deref(),
        fields: &file.fields,
        answers: &nobody,
        skip: &skip,
        token: token.as_mut(),
        issuer: issuer
            .as_mut()
            .map(|issuer| issuer.as_mut() as &mut dyn Issuer),
        encrypt_pins: encrypt
            .as_mut()
            .map(|encrypt| encrypt.as_mut() as &mut EncryptPins<'_>),
        decrypt_pins: decrypt
            .as_mut()
            .map(|decrypt| decrypt.as_mut() as &mut DecryptPins<'_>),
        takes_secret_outputs: run.secret_outputs.is_some(),
        irreversible: run.irreversible,
        resume: past.as_ref(),
        pin_state: run.pin_state.map(PinState::from),
        lock: &mut lock,
        random: &mut |buffer| getrandom::fill(buffer).map_err(std::io::Error::other),
        now: &now,
        journal: journal.as_mut(),
        progress: &mut |number, of, operation| screen.borrow_mut().begin(number, of, operation),
    };
    let dialogs = token_run.dialogs().map_err(|error| unanswered(&error))?;
    given = file.answers(&dialogs)?;
    token_run.answers = &given;
    let preflight = passed(&mut token_run, run.undo)?;
    if run.dry_run {
        output::print(dry_run(&preflight, &plan, &id).as_bytes(), display)?;
        return Ok(Exit::Done);
    }
    if !run.undo
        && let Some(report) = token_run
            .still_waits()
            .map_err(|error| unanswered(&error))?
    {
        deliver(run, display, &report)?;
        return ended(&report, &plan, run);
    }
    if !dialogs.iter().all(|dialog| given.holds(dialog)) {
        asked = ask(&dialogs, given.clone())?;
        token_run.answers = &asked;
        passed(&mut token_run, run.undo)?;
    }
    if let Some(authority) = authority {
        authority.save()?;
    }
    let report = match run.undo {
        true => token_run.undo(),
        false => token_run.execute(),
    };
    let report = report.map_err(|error| unanswered(&error))?;
    screen.borrow_mut().end(report.failure.is_none());
    deliver(run, display, &report)?;
    if named.vanishes() && !display.quiet {
        show_card(token.as_ref(), display)?;
    }
    ended(&report, &plan, run)
}

fn ended(report: &Report, plan: &Plan, run: &Run) -> Result<Exit, Fatal> {
    match &report.failure {
        Some(failure) => Err(failed(failure, plan, run)),
        None if report.waiting.is_empty() => Ok(Exit::Done),
        None => Ok(wait(report, run)),
    }
}

/// Pre-flight; everything that speaks against the run is shown.
fn passed(token_run: &mut TokenRun<'_>, undo: bool) -> Result<Preflight, Fatal> {
    let preflight = match undo {
        true => token_run.preflight_undo(),
        false => token_run.preflight(),
    };
    let preflight = preflight.map_err(|error| unanswered(&error))?;
    match preflight.problems.is_empty() {
        true => Ok(preflight),
        false => Err(refused(&preflight)),
    }
}

fn journal(run: &Run) -> Result<Box<dyn Journal>, Fatal> {
    match run.journal.as_ref().or(run.resume.as_ref()) {
        Some(path) if !run.dry_run => {
            let journal = FileJournal::open(path).map_err(|error| {
                let path = path.display();
                Fatal::usage(format!("cannot open the journal `{path}`: {error}"))
            })?;
            Ok(Box::new(journal))
        }
        _ => Ok(Box::new(NoJournal)),
    }
}

/// The plan; `None` if the description has errors, which were shown.
fn plan(run: &Run, display: &Display) -> Result<Option<Plan>, Fatal> {
    let ends_in = |end: &str| {
        let extension = run.plan.extension();
        extension.is_some_and(|extension| extension.eq_ignore_ascii_case(end))
    };
    if ends_in("dsc") || ends_in("dsz") {
        return compile(&run.plan, &run.compiling, display);
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

fn show_card(token: &dyn Token, display: &Display) -> Result<(), Fatal> {
    match token.picture() {
        Some(picture) => output::print(format!("\n{picture}\n").as_bytes(), display),
        None => Ok(()),
    }
}

fn now() -> UnixTime {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    UnixTime::from_seconds(since_epoch.map_or(0, |time| time.as_secs()))
}
