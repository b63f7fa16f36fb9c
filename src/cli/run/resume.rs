//! Which job a run is, which one it continues, and how its token is found again.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Run;
use super::token::NamedToken;
use crate::cli::{Display, Exit, Fatal};
use crate::job::Job;
use crate::plan::Plan;
use crate::run::{Past, PastError, WriterLock};
use crate::token::TokenError;
use crate::token::pkcs11::Uri;

/// The name of the job, and what the run before left.
pub(super) struct Resumed {
    pub(super) job: String,
    pub(super) past: Option<Past>,
}

impl Resumed {
    /// A new job without a name gets a random one, which is told, since a second run needs it.
    pub(super) fn read(
        run: &Run,
        job: &Job,
        plan: &Plan,
        display: &Display,
    ) -> Result<Self, Fatal> {
        let named = run.job_id.as_ref().or(job.id.as_ref());
        if run.undo && run.resume.is_none() && !run.resume_without_journal {
            return Err(Fatal::usage("`--undo` does not know which run is meant")
                .help("name its journal: --undo --resume JOURNAL"));
        }
        if let Some(id) = named {
            Job::check_id(id).map_err(|message| Fatal::usage(format!("`--job-id`: {message}")))?;
        }
        if let Some(path) = &run.resume {
            let name = path.display();
            let text = std::fs::read_to_string(path).map_err(|error| {
                Fatal::usage(format!("cannot read the journal `{name}`: {error}"))
                    .help("without it, name the job and use --resume-without-journal")
            })?;
            let read = Past::read(&text, named.map(String::as_str), &plan.digests.content);
            let (job, past) =
                read.map_err(|error| unusable(&format!("`{name}`: {error}"), &error))?;
            let past = Some(past);
            return Ok(Self { job, past });
        }
        match (run.resume_without_journal, named) {
            (true, None) => Err(
                Fatal::usage("a lost journal leaves only the name of the job")
                    .help("name it: --job-id ID, as the run before has told it"),
            ),
            (lost, Some(id)) => Ok(Self {
                job: id.clone(),
                past: lost.then(Past::lost),
            }),
            (false, None) => {
                let job = random_id()?;
                if !display.quiet {
                    // Before anything is written: a killed run cannot tell it any more.
                    let _ = writeln!(std::io::stderr(), "job {job}");
                }
                Ok(Self { job, past: None })
            }
        }
    }
}

fn unusable(message: &str, error: &PastError) -> Fatal {
    match error {
        PastError::OtherPlan => Fatal::of(Exit::Refused, message)
            .help("resume with the sources of that run, or look at the card and begin again"),
        PastError::OtherJob(_) | PastError::Empty => Fatal::usage(message),
    }
}

fn random_id() -> Result<String, Fatal> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)
        .map_err(|error| Fatal::usage(format!("the source of randomness failed: {error}")))?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
}

/// Opens the token of a resumed run by the serial number that it had last, or by the label that it
/// was about to get, since modules move a token that they initialise; any other as `uri` says.
pub(super) fn at_resume<T>(
    uri: &Uri,
    past: Option<&Past>,
    mut open: impl FnMut(&Uri) -> Result<T, TokenError>,
) -> Result<T, TokenError> {
    let elsewhere = |serial: &Option<String>, token: &Option<String>| Uri {
        serial: serial.clone(),
        token: token.clone(),
        slot_id: None,
        ..uri.clone()
    };
    let places = past.into_iter().flat_map(|past| {
        let by_serial = past.serial.as_ref().map(|_| elsewhere(&past.serial, &None));
        let by_label = past
            .becomes
            .as_ref()
            .filter(|label| !label.is_empty())
            .map(|_| elsewhere(&None, &past.becomes));
        [by_serial, by_label].into_iter().flatten()
    });
    for place in places {
        if let Ok(token) = open(&place) {
            return Ok(token);
        }
    }
    open(uri)
}

/// Keeps other runs of this user off the token.
pub(super) fn lock(named: &NamedToken) -> WriterLock {
    let file = match named {
        NamedToken::Simulated(simulated) => simulated.image.as_ref(),
        NamedToken::Module { uri, .. } => uri.module_path.as_ref(),
        NamedToken::Reader(_) => None,
    };
    let scope = match (file, named) {
        (Some(path), _) => whole(path).display().to_string(),
        (None, NamedToken::Reader(reader)) => format!("pcsc:{reader}"),
        // A card of the process alone, or no module at all.
        (None, _) => format!("sim:{}", std::process::id()),
    };
    WriterLock::new(runtime_folder(), scope)
}

/// The same path for every run that means the file; an image need not be there yet.
fn whole(path: &Path) -> PathBuf {
    path.canonicalize()
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

fn runtime_folder() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR") {
        Some(folder) if Path::new(&folder).is_absolute() => Path::new(&folder).join("perso"),
        _ => std::env::temp_dir().join(user_folder()),
    }
}

#[cfg(unix)]
fn user_folder() -> String {
    format!("perso-{}", rustix::process::getuid().as_raw())
}

#[cfg(not(unix))]
fn user_folder() -> String {
    "perso".to_owned()
}
