//! The way of fixes into files: applied, checked again, and written only when the file is no worse.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;

use similar::TextDiff;

use super::analysis::{Analysis, Levels, analyse};
use super::{Fatal, output};
use crate::diagnostic::Finding;
use crate::fix::{self, Trust};
use crate::report::visible_line;
use crate::rules::{self, Family};
use crate::source::{SourceFile, SourceId, Span};
use crate::workspace::Workspace;

/// Fixes that undo each other would go on for ever.
const PASSES: usize = 20;

/// What came of fixing.
pub(super) struct Mended {
    /// What is still found.
    pub(super) analysis: Analysis,
    /// Files that differ now, as they were.
    pub(super) before: BTreeMap<SourceId, SourceFile>,
    /// How many fixes were applied.
    pub(super) fixes: usize,
    /// Credentials in the files as they were.
    secrets: Vec<(SourceId, Span)>,
}

/// Applies fixes in memory until there are none left. A file that a pass would break, by a syntax
/// error that was not there, is left as it was before the pass and not changed again.
pub(super) fn mend(workspace: &mut Workspace, levels: &Levels, trust: Trust) -> Mended {
    let analysis = analyse(workspace, levels);
    let mut mended = Mended {
        secrets: analysis.secrets.clone(),
        analysis,
        before: BTreeMap::new(),
        fixes: 0,
    };
    let files = workspace.projects.iter().flat_map(|project| &project.files);
    let files = files.map(|file| file.source);
    let (members, mut open): (BTreeSet<_>, BTreeSet<_>) =
        files.partition(|source| workspace.is_member(*source));
    speak_of_members(workspace, &mended.analysis.findings, trust, &members);
    for _ in 0..PASSES {
        let fixes = fix::choose(&mended.analysis.findings, trust, |id| open.contains(&id));
        if fixes.is_empty() {
            break;
        }
        let count = fixes.len();
        let texts = fix::texts(&workspace.sources, &fixes);
        let old: Vec<_> = texts
            .into_iter()
            .map(|(id, text)| (id, workspace.sources.rewrite(id, text)))
            .collect();
        let analysis = analyse(workspace, levels);
        let broken = broken(&mended.analysis.findings, &analysis.findings);
        if old.iter().any(|(id, _)| broken.contains(id)) {
            for (id, file) in old {
                workspace.sources.restore(id, file);
            }
            close(workspace, &mut open, &broken);
            continue;
        }
        mended.analysis = analysis;
        mended.fixes += count;
        for (id, file) in old {
            mended.before.entry(id).or_insert(file);
        }
    }
    mended
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

/// The files with more syntax errors than before.
fn broken(before: &[Finding], after: &[Finding]) -> BTreeSet<SourceId> {
    let before = defects(before);
    let after = defects(after).into_iter();
    after
        .filter(|(id, count)| before.get(id).is_none_or(|old| old < count))
        .map(|(id, _)| id)
        .collect()
}

fn defects(findings: &[Finding]) -> BTreeMap<SourceId, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        if rules::find(finding.rule).is_some_and(|rule| rule.family == Family::Syntax) {
            *counts.entry(finding.primary.source).or_default() += 1;
        }
    }
    counts
}

fn close(workspace: &Workspace, open: &mut BTreeSet<SourceId>, broken: &BTreeSet<SourceId>) {
    for id in broken {
        open.remove(id);
        let _ = writeln!(
            std::io::stderr(),
            "{}: a fix would have broken the file; it is left as it was",
            visible_line(workspace.sources[*id].name())
        );
    }
}

/// Writes the changed files, each whole or not at all.
///
/// # Errors
///
/// A file cannot be written, or is no longer what was read.
pub(super) fn write(workspace: &Workspace, mended: &Mended, quiet: bool) -> Result<(), Fatal> {
    for (id, before) in &mended.before {
        let Some(path) = workspace.path_of(*id) else {
            continue;
        };
        let is_same = std::fs::read(path).is_ok_and(|bytes| bytes == *before.original_bytes());
        if !is_same {
            let message = format!("`{}` was changed meanwhile", path.display());
            return Err(Fatal::usage(message).help("call perso again"));
        }
        output::save_over(&workspace.sources[*id].original_bytes(), path)?;
    }
    if !quiet {
        let (fixes, files) = (mended.fixes, mended.before.len());
        let _ = writeln!(
            std::io::stderr(),
            "fixes applied: {fixes}, files changed: {files}"
        );
    }
    Ok(())
}

/// What would be changed, as a unified difference. Credentials are masked.
pub(super) fn difference(workspace: &Workspace, mended: &Mended) -> String {
    let mut text = String::new();
    for (id, before) in &mended.before {
        let name = visible_line(before.name());
        let old = masked(before, *id, &mended.secrets);
        let new = masked(&workspace.sources[*id], *id, &mended.analysis.secrets);
        let lines = TextDiff::from_lines(&old, &new);
        let mut unified = lines.unified_diff();
        let (a, b) = (format!("a/{name}"), format!("b/{name}"));
        let _ = write!(text, "{}", unified.header(&a, &b));
    }
    text
}

fn masked(file: &SourceFile, id: SourceId, secrets: &[(SourceId, Span)]) -> String {
    let mut text = file.text().to_owned();
    let mut own: Vec<Span> = secrets
        .iter()
        .filter(|(source, _)| *source == id)
        .map(|(_, span)| *span)
        .collect();
    own.sort_unstable();
    for span in own.into_iter().rev() {
        let stars = "*".repeat(span.of(&text).chars().count());
        let range = span.start as usize..span.end as usize;
        if text.get(range.clone()).is_some() {
            text.replace_range(range, &stars);
        }
    }
    text
}
