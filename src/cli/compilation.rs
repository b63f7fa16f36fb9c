//! From the name of a description to its plan, for every command that needs one.

use std::io::Write;
use std::path::Path;

use anstream::ColorChoice;

use super::analysis::{ParsedProject, analyse};
use super::options::{Compiling, Judging};
use super::{Display, Fatal};
use crate::check::join;
use crate::diagnostic::{Finding, Severity};
use crate::lower::{Additions, lower_with};
use crate::plan::Plan;
use crate::report::{Report, human};
use crate::source::{SourceId, Span};
use crate::stdlib;
use crate::workspace::{Kind, Request, Workspace};

/// Compiles one description. `None` when findings stand against it, which are shown by then.
pub(super) fn compile(
    description: &Path,
    compiling: &Compiling,
    display: &Display,
) -> Result<Option<Plan>, Fatal> {
    let judging = &compiling.judging;
    let levels = judging.levels()?;
    let mut workspace = open(description, judging)?;
    for project in &mut workspace.projects {
        judging.set_target(&mut project.configuration.target)?;
    }
    let analysis = analyse(&mut workspace, &levels);
    let counts = |finding: &Finding| {
        let denied = judging.deny_warnings && finding.severity == Severity::Warning;
        finding.suppression.is_none() && (finding.severity == Severity::Error || denied)
    };
    if analysis.findings.iter().any(counts) {
        show(&workspace, &analysis.findings, &analysis.secrets, display)?;
        return Ok(None);
    }
    match lower_description(&mut workspace, description, compiling.additions())? {
        Ok(plan) => Ok(Some(plan)),
        Err(findings) => {
            show(&workspace, &findings, &analysis.secrets, display)?;
            Ok(None)
        }
    }
}

fn open(description: &Path, judging: &Judging) -> Result<Workspace, Fatal> {
    let here = std::env::current_dir()
        .map_err(|error| Fatal::usage(format!("there is no working directory: {error}")))?;
    let workspace = Workspace::open(Request {
        here,
        paths: vec![description.to_owned()],
        stdin_filename: judging.stdin_filename.clone(),
        configuration: judging.config.clone(),
        stdin: &mut std::io::stdin(),
        archives: true,
        embedded: stdlib::profile,
    })?;
    Ok(workspace)
}

/// The only description of the workspace, lowered with the profile it names.
fn lower_description(
    workspace: &mut Workspace,
    named: &Path,
    additions: Additions,
) -> Result<Result<Plan, Vec<Finding>>, Fatal> {
    let mut found = Vec::new();
    for (index, project) in workspace.projects.iter().enumerate() {
        let descriptions = project
            .files
            .iter()
            .filter(|file| file.kind == Kind::Description);
        found.extend(descriptions.map(|file| (index, file.source)));
    }
    let [(index, source)] = found[..] else {
        let message = format!("`{}` is not one encoding description", named.display());
        return Err(
            Fatal::usage(message).help("name one `.dsc` file, or an archive that holds one")
        );
    };
    let parsed = ParsedProject::read(workspace, index);
    let trees: Vec<_> = parsed.trees.iter().collect();
    let project = join(
        &workspace.sources,
        &trees,
        &parsed.companions,
        &parsed.target,
    );
    let encoding = project
        .encodings
        .iter()
        .find(|encoding| encoding.source == source);
    Ok(match encoding {
        Some(encoding) => lower_with(&project, encoding, &workspace.sources, additions),
        None => Err(Vec::new()),
    })
}

/// Findings go to the error output: the standard output is for the plan.
fn show(
    workspace: &Workspace,
    findings: &[Finding],
    secrets: &[(SourceId, Span)],
    display: &Display,
) -> Result<(), Fatal> {
    let report = Report {
        secrets,
        ..Report::new(&workspace.sources, findings, workspace.asked)
    };
    let mut stderr = std::io::stderr();
    let colour = display.colour(&stderr) != ColorChoice::Never;
    let mut text = Vec::new();
    human(&report, colour, !display.quiet, &mut text)
        .map_err(|error| Fatal::usage(format!("cannot render the report: {error}")))?;
    let _ = stderr.write_all(&text);
    Ok(())
}
