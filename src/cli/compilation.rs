//! From the name of a description to its plan, for every command that needs one.

use std::io::Write;
use std::path::Path;

use anstream::ColorChoice;

use super::analysis::analyse;
use super::options::Judging;
use super::{Display, Fatal};
use crate::check::{Language, Tree, join, parse_all};
use crate::diagnostic::{Finding, Severity};
use crate::lower::lower;
use crate::model::{self, CompanionKind, ProjectFiles};
use crate::plan::Plan;
use crate::report::{Report, human};
use crate::source::{SourceId, Span};
use crate::stdlib;
use crate::workspace::{Companion, Kind, Request, Workspace, configuration};

/// Compiles one description. `None` when findings stand against it, which are shown by then.
pub(super) fn compile(
    description: &Path,
    judging: &Judging,
    display: &Display,
) -> Result<Option<Plan>, Fatal> {
    let levels = judging.levels()?;
    let mut workspace = open(description, judging)?;
    for project in &mut workspace.projects {
        judging.set_target(&mut project.configuration.target)?;
    }
    let analysis = analyse(&mut workspace, &levels);
    let counts = |finding: &Finding| {
        finding.severity == Severity::Error
            || (judging.deny_warnings && finding.severity == Severity::Warning)
    };
    if analysis.findings.iter().any(counts) {
        show(&workspace, &analysis.findings, &analysis.secrets, display)?;
        return Ok(None);
    }
    match lower_description(&mut workspace, description)? {
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
        embedded: stdlib::profile,
    })?;
    Ok(workspace)
}

/// The only description of the workspace, lowered with the profile it names.
fn lower_description(
    workspace: &mut Workspace,
    named: &Path,
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
        return Err(Fatal::usage(message).help("name one `.dsc` file"));
    };
    let mut trees = parse_all(&workspace.sources, &[(source, Language::Dsc)]);
    let named = trees
        .iter()
        .flat_map(|(_, tree): &(SourceId, Tree)| tree.companions(workspace.sources[source].text()))
        .collect::<Vec<_>>();
    let mut companions = ProjectFiles::new();
    for (kind, name) in named {
        let Companion::Loaded(companion) = workspace.resolve_companion(source, &name) else {
            continue;
        };
        companions.insert((source, kind), model::Companion::Found(companion));
        if kind == CompanionKind::Profile {
            trees.extend(parse_all(&workspace.sources, &[(companion, Language::Cpf)]));
        }
    }
    let target = target(&workspace.projects[index].configuration);
    let trees: Vec<_> = trees.iter().collect();
    let project = join(&workspace.sources, &trees, &companions, &target);
    Ok(match project.encodings.first() {
        Some(encoding) => lower(&project, encoding, &workspace.sources),
        None => Err(Vec::new()),
    })
}

/// The target as the models see it. What stdlib does not know is as if it were not given.
fn target(configuration: &configuration::Configuration) -> model::Target {
    let given = &configuration.target;
    let middleware = given.middleware.as_ref().map(|setting| {
        let version = setting
            .value
            .version
            .as_ref()
            .map(|version| format!(" {version}"));
        format!("{}{}", setting.value.name, version.unwrap_or_default())
    });
    let settings = [
        ("middleware", middleware),
        ("card", given.card.as_ref().map(|card| card.value.clone())),
        (
            "identity-manager",
            given
                .identity_manager
                .as_ref()
                .map(|version| version.value.to_string()),
        ),
        (
            "encoder",
            given.encoder.as_ref().map(|encoder| encoder.value.clone()),
        ),
    ];
    let mut target = model::Target::default();
    for (key, value) in settings {
        if let Some(value) = value {
            // A name that is not known is a finding of its own, not a reason to stop.
            let _ = target.set(key, &value, None);
        }
    }
    target
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
