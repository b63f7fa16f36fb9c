//! A run as a person sees it: a line for each step while it goes, a table at its end.

use std::fmt::Write as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use unicode_width::UnicodeWidthStr as _;

use crate::operation::{Capability, Operation, UndoClass};
use crate::plan::{FollowUp, Plan};
use crate::report::visible_line;
use crate::run::{Omission, Preflight, Report, StepState, words};

const TICK: Duration = Duration::from_millis(100);

/// The steps while they are done; silent unless it is on a terminal.
pub(super) struct Screen {
    bar: Option<ProgressBar>,
    present: Option<String>,
}

impl Screen {
    pub(super) fn new(visible: bool) -> Self {
        let bar = visible.then(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_draw_target(ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self { bar, present: None }
    }

    /// The step before is done, this one begins.
    pub(super) fn begin(&mut self, number: usize, of: usize, operation: &Operation) {
        self.settle('✓');
        let id = operation.id.to_string();
        let what = words(&operation.action);
        let line = visible_line(&format!("[{number}/{of}] {id}: {what}")).into_owned();
        if let Some(bar) = &self.bar {
            bar.set_message(line.clone());
            bar.enable_steady_tick(TICK);
        }
        self.present = Some(line);
    }

    /// The last step is done, or failed.
    pub(super) fn end(&mut self, done: bool) {
        self.settle(if done { '✓' } else { '✗' });
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn settle(&mut self, mark: char) {
        if let (Some(bar), Some(line)) = (&self.bar, self.present.take()) {
            bar.println(format!("{mark} {line}"));
        }
    }
}

/// What would be done.
pub(super) fn dry_run(preflight: &Preflight, plan: &Plan, job: &str) -> String {
    let mut text = head(job, &preflight.token.label, &preflight.token.serial);
    let _ = writeln!(text, "plan {}", plan.digests.content);
    let rows = preflight.operations.iter().map(|one| {
        let word = match (one.left_out, one.undo) {
            (Some(capability), _) => skipped(capability),
            (None, UndoClass::Reading) => "reading".to_owned(),
            (None, UndoClass::Reversible) => "reversible".to_owned(),
            (None, UndoClass::Irreversible) => "irreversible".to_owned(),
        };
        let word = word + &without(&one.without);
        [one.operation.to_string(), word, String::new()]
    });
    table(&rows.collect::<Vec<_>>(), &mut text);
    text.push_str("nothing was written\n");
    text
}

/// What was done.
pub(super) fn summary(report: &Report) -> String {
    let mut text = head(&report.job, &report.token.label, &report.token.serial);
    let rows = report.steps.iter().map(|step| {
        let state = match step.state {
            StepState::Done => "done".to_owned(),
            StepState::DoneBefore => "done before".to_owned(),
            StepState::Skipped { capability } => skipped(capability),
            StepState::Waiting => "waiting for the issuer".to_owned(),
            StepState::Failed => "failed".to_owned(),
            StepState::NotReached => "not reached".to_owned(),
            StepState::Undone => "undone".to_owned(),
            StepState::Stays => "stays".to_owned(),
            StepState::NothingToUndo => "nothing to undo".to_owned(),
        };
        let state = state + &without(&step.without);
        [step.operation.to_string(), step.what.to_owned(), state]
    });
    table(&rows.collect::<Vec<_>>(), &mut text);
    for (field, value) in &report.outputs {
        let _ = writeln!(text, "{field} = {}", visible_line(value));
    }
    for field in report.secret_outputs.keys() {
        let _ = writeln!(text, "{field} is in the file of secret outputs");
    }
    for follow_up in &report.follow_up {
        let FollowUp::CardProductionPostProcessor = follow_up;
        text.push_str("to do on the server: the card production post-processor\n");
    }
    text
}

fn skipped(capability: Capability) -> String {
    format!("skipped ({})", capability.word())
}

/// What of an operation `--skip` left out.
fn without(parts: &[Omission]) -> String {
    let parts: Vec<&str> = parts.iter().map(|part| part.words()).collect();
    match parts.as_slice() {
        [] => String::new(),
        parts => format!(", without {}", parts.join(", ")),
    }
}

fn head(job: &str, label: &str, serial: &str) -> String {
    format!(
        "job {}\ntoken `{}`, serial number `{}`\n",
        visible_line(job),
        visible_line(label),
        visible_line(serial)
    )
}

/// Columns as wide as their widest cell.
fn table(rows: &[[String; 3]], text: &mut String) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.width()).max().unwrap_or_default()
    };
    let (first, second) = (width(0), width(1));
    for [id, what, state] in rows {
        let pad = |cell: &str, width: usize| " ".repeat(width.saturating_sub(cell.width()));
        let line = format!(
            "  {id}{}  {what}{}  {state}",
            pad(id, first),
            pad(what, second)
        );
        let _ = writeln!(text, "{}", visible_line(line.trim_end()));
    }
}
