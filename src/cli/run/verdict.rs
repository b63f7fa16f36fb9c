//! How a run ended: report, outputs, and the failure at the line that asked for it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::Run;
use super::screen::summary;
use crate::cli::{Display, Exit, Fatal, output};
use crate::operation::Origin;
use crate::plan::Plan;
use crate::report::visible_line;
use crate::run::{Failure, Preflight, Report};
use crate::token::{Retry, TokenError};

/// Writes report, secret outputs and summary.
pub(super) fn deliver(run: &Run, display: &Display, report: &Report) -> Result<(), Fatal> {
    // First: what it holds is nowhere else.
    if let Some(file) = &run.secret_outputs {
        output::save_private(&secret_outputs(report)?, file)?;
    }
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

/// The file of secret outputs.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct SecretOutputs<'r> {
    format_version: u32,
    job: &'r str,
    outputs: BTreeMap<&'r str, &'r str>,
}

fn secret_outputs(report: &Report) -> Result<Zeroizing<Vec<u8>>, Fatal> {
    let outputs = report.secret_outputs.iter().map(|(field, text)| {
        let text = text
            .expose_text()
            .map_err(|_| Fatal::usage(format!("the secret output `{field}` is not UTF-8 text")))?;
        Ok((field.as_str(), text))
    });
    let file = SecretOutputs {
        format_version: 1,
        job: &report.job,
        outputs: outputs.collect::<Result<_, Fatal>>()?,
    };
    serde_json::to_vec_pretty(&file)
        .map(Zeroizing::new)
        .map_err(|error| Fatal::usage(format!("cannot write the secret outputs: {error}")))
}

/// The token does not answer: nothing was written.
pub(super) fn unanswered(error: &TokenError) -> Fatal {
    with_causes(Fatal::of(Exit::Refused, &error.problem), &error.causes)
}

pub(super) fn refused(preflight: &Preflight) -> Fatal {
    let mut stderr = std::io::stderr();
    for refusal in &preflight.problems {
        let _ = writeln!(stderr, "error: {}", visible_line(&refusal.problem));
        if let Some(help) = &refusal.help {
            let _ = writeln!(stderr, "  {}", visible_line(help));
        }
    }
    Fatal::of(Exit::Refused, "the run was refused, nothing was written")
}

/// Says where the requests are, where their certificates go, and how the run goes on then. Nothing
/// is wrapped: the last line is to be copied.
pub(super) fn wait(report: &Report, run: &Run) -> Exit {
    let what = match report.waiting.len() {
        1 => "a certificate".to_owned(),
        more => format!("{more} certificates"),
    };
    let mut lines = vec![format!("waiting for the issuer: {what}")];
    for waiting in &report.waiting {
        lines.push(format!("  request: {}", waiting.request));
        lines.push(format!("  certificate: {}", expected(&waiting.answers)));
        let reason = waiting.reason.iter();
        lines.extend(reason.map(|reason| format!("  note: {reason}")));
    }
    lines.push(format!("then: {}", resuming(report, run)));
    let mut stderr = std::io::stderr();
    for line in lines {
        let _ = writeln!(stderr, "{}", visible_line(&line));
    }
    Exit::Waiting
}

/// The usual place, and the endings of the others.
fn expected(answers: &[String]) -> String {
    let [usual, others @ ..] = answers else {
        return String::new();
    };
    let endings: Vec<_> = others
        .iter()
        .filter_map(|other| Some(format!(".{}", Path::new(other).extension()?.display())))
        .collect();
    format!("{usual} (or {})", endings.join(", "))
}

/// The command that continues the run.
fn resuming(report: &Report, run: &Run) -> String {
    let mut words = vec!["perso run".to_owned(), quoted(&shown(&run.plan))];
    let mut option = |name: &str, value: &str| words.push(format!("{name} {}", quoted(value)));
    if let Some(job) = &run.job {
        option("--job", &shown(job));
    }
    for field in &run.field {
        option("--field", field);
    }
    if let Some(token) = &run.token {
        option("--token", token);
    }
    if !run.skip.is_empty() {
        option("--skip", &run.skip.join(","));
    }
    if let Some(file) = &run.secret_outputs {
        option("--secret-outputs", &shown(file));
    }
    match run.journal.as_ref().or(run.resume.as_ref()) {
        Some(journal) => option("--resume", &shown(journal)),
        None => {
            option("--job-id", &report.job);
            words.push("--resume-without-journal".to_owned());
        }
    }
    for (given, flag) in [
        (run.force_iso, "--force-iso"),
        (run.irreversible, "--irreversible"),
    ] {
        words.extend(given.then(|| flag.to_owned()));
    }
    words.join(" ")
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&byte);
    match !word.is_empty() && word.bytes().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// At the line of the description that asked for the operation.
pub(super) fn failed(failure: &Failure, plan: &Plan, run: &Run) -> Fatal {
    let resume = match &run.journal.as_ref().or(run.resume.as_ref()) {
        Some(journal) => format!("--resume {}", journal.display()),
        None => "--resume-without-journal and its --job-id".to_owned(),
    };
    let resume = match run.undo {
        true => format!("--undo {resume}"),
        false => resume,
    };
    let (exit, next) = match (failure.retry, failure.has_written) {
        (Retry::Safe, false) => (Exit::RunFailed, "running it again is safe".to_owned()),
        (Retry::Safe, true) => {
            let next = format!("continuing it is safe: {resume} finds again what was done");
            (Exit::RunFailed, next)
        }
        (Retry::LookFirst | Retry::Refused, false) => {
            let next = "a person must look first; nothing was written";
            (Exit::LookFirst, next.to_owned())
        }
        (Retry::LookFirst | Retry::Refused, true) => {
            let next = format!("a person must look first; then continue it with {resume}");
            (Exit::LookFirst, next)
        }
    };
    let message = format!("{} failed: {}", failure.operation, failure.problem);
    let causes = failure.causes.iter();
    let mut advice: Vec<String> = causes
        .map(|cause| format!("likely cause: {cause}"))
        .collect();
    advice.push(next);
    let origin = &failure.origin;
    Fatal::of(exit, &message).help(advice.join("\n")).at_line(
        &name_of(origin, plan, run),
        origin.line,
        &origin.text,
        origin.column,
        origin.end.saturating_sub(origin.start),
    )
}

/// The path of the source if it is still the one that was compiled, else what the plan calls it.
fn name_of(origin: &Origin, plan: &Plan, run: &Run) -> String {
    let compiled = plan
        .sources
        .iter()
        .find(|source| source.name == origin.source);
    let folder = run.plan.parent().unwrap_or(std::path::Path::new(""));
    let path = folder.join(&origin.source);
    let same = |bytes: Vec<u8>| compiled.is_some_and(|source| source.sha256 == sha256(&bytes));
    match std::fs::read(&path) {
        Ok(bytes) if same(bytes.clone()) => path.display().to_string(),
        Ok(_) => format!("{} as it was compiled", origin.source),
        Err(_) => origin.source.clone(),
    }
}

fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn with_causes(fatal: Fatal, causes: &[String]) -> Fatal {
    match causes {
        [] => fatal,
        causes => fatal.help(format!("likely cause: {}", causes.join("\nor: "))),
    }
}
