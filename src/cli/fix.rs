//! The way of fixes into files: applied, checked again, and written only when the file is no worse.

use std::collections::BTreeSet;
use std::io::Write as _;

use super::analysis::{Analysis, Levels, analyse};
use super::{Fatal, difference, output};
use crate::diagnostic::Finding;
use crate::fix::{self, Subject, Trust};
use crate::report::visible_line;
use crate::rules::{self, Family};
use crate::source::{SourceId, Sources, Span};
use crate::workspace::Workspace;

/// What came of fixing.
pub(super) struct Mended {
    /// What is still found, and the files that differ.
    pub(super) outcome: fix::Mended<Analysis>,
    /// Credentials in the files as they were.
    secrets: Vec<(SourceId, Span)>,
}

/// A workspace under the levels of the command line.
struct Judged<'w> {
    workspace: &'w mut Workspace,
    levels: &'w Levels,
}

impl Subject for Judged<'_> {
    type Findings = Analysis;

    fn sources(&mut self) -> &mut Sources {
        &mut self.workspace.sources
    }

    fn find(&mut self) -> Analysis {
        analyse(self.workspace, self.levels)
    }

    fn is_defect(&self, finding: &Finding) -> bool {
        rules::find(finding.rule).is_some_and(|rule| rule.family == Family::Syntax)
    }
}

/// Applies fixes in memory to the files that were asked for, and tells what could not be done.
pub(super) fn mend(workspace: &mut Workspace, levels: &Levels, trust: Trust) -> Mended {
    let analysis = analyse(workspace, levels);
    let secrets = analysis.secrets.clone();
    let files = workspace.projects.iter().flat_map(|project| &project.files);
    let files = files.map(|file| file.source);
    let (members, open): (BTreeSet<_>, BTreeSet<_>) =
        files.partition(|source| workspace.is_member(*source));
    speak_of_members(workspace, &analysis.findings, trust, &members);
    let outcome = fix::mend(&mut Judged { workspace, levels }, analysis, open, trust);
    let mut stderr = std::io::stderr();
    for id in &outcome.refused {
        let name = visible_line(workspace.sources[*id].name());
        let _ = writeln!(
            stderr,
            "{name}: a fix would have broken the file and is not applied"
        );
    }
    if !outcome.settled {
        let _ = writeln!(
            stderr,
            "after {} passes there is still something to fix",
            fix::PASSES
        );
    }
    Mended { outcome, secrets }
}

/// Fixes for members of archives are not applied, which is said once for each.
fn speak_of_members(
    workspace: &Workspace,
    findings: &[Finding],
    trust: Trust,
    members: &BTreeSet<SourceId>,
) {
    let fixes = fix::choose(findings, trust, |id| members.contains(&id));
    for id in fix::texts(&workspace.sources, &fixes).into_keys() {
        let _ = writeln!(
            std::io::stderr(),
            "{}: archives are not written to; unpack it to have this file fixed",
            visible_line(workspace.sources[id].name())
        );
    }
}

/// Writes the changed files, each whole or not at all, and none if one of them cannot be written.
///
/// # Errors
///
/// A file cannot be written, or is no longer what was read.
pub(super) fn write(workspace: &Workspace, mended: &Mended, quiet: bool) -> Result<(), Fatal> {
    let mut replacements = Vec::new();
    for (id, before) in &mended.outcome.before {
        if let Some(path) = workspace.path(*id) {
            let new = workspace.sources[*id].original_bytes();
            replacements.extend(output::prepare(&new, &before.original_bytes(), path)?);
        }
    }
    for replacement in replacements {
        replacement.commit()?;
    }
    if !quiet {
        let (fixes, files) = (mended.outcome.fixes, mended.outcome.before.len());
        let _ = writeln!(
            std::io::stderr(),
            "fixes applied: {fixes}, files changed: {files}"
        );
    }
    Ok(())
}

/// What would be changed, as a unified difference. Credentials are masked.
pub(super) fn difference(workspace: &Workspace, mended: &Mended) -> String {
    difference::unified(
        (&mended.outcome.before, &mended.secrets),
        (&workspace.sources, &mended.outcome.findings.secrets),
    )
}
