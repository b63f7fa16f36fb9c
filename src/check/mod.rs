//! Runs the rules and decides what counts.
//!
//! What rules must not each decide for themselves is decided here, once: which rules look at a
//! file at all, when a rule that misses something is silent, which of two rules speaks about one
//! place, and what a finding weighs. This room reads no files and prints nothing.

mod analysis;
mod baseline;
mod configuration;
mod parallel;
mod suppression;

pub use analysis::{Checked, Language, Tree, check_all, join, parse_all};
pub use baseline::{Baseline, BaselineError};
pub use configuration::{Configuration, UnknownRule};

use std::collections::HashSet;

use crate::diagnostic::Finding;
use crate::model::{Encoding, Profile, Project};
use crate::rules::{
    self, Absence, Check, EncodingContext, Findings, Level, ProfileContext, ProjectContext, Rule,
    Scope, SettingsContext, TextContext,
};
use crate::source::{SourceFile, SourceId, Span};

/// Name of the rule that stops everything else for its file.
const BINARY_CONTENT: &str = "binary-content";

/// The findings on the form of one file. `None` when it is binary: then there is nothing else to
/// say about it, and it must not be part of a project.
#[derive(Debug)]
pub struct TextFindings {
    /// What was found.
    pub findings: Vec<Finding>,
    /// Whether the file is binary.
    pub is_binary: bool,
}

/// Runs the rules that look at a text alone.
#[must_use]
pub fn check_text(
    id: SourceId,
    file: &SourceFile,
    tree: &Tree,
    configuration: &Configuration,
) -> TextFindings {
    let context = text_context(id, file, tree);
    let is_binary = memchr::memchr(0, file.text().as_bytes()).is_some();
    let findings = run(configuration, |rule, findings| match rule.check {
        Check::Text(check) if !is_binary || rule.name == BINARY_CONTENT => {
            check(&context, findings);
        }
        _ => {}
    });
    TextFindings {
        findings,
        is_binary,
    }
}

fn text_context<'p>(id: SourceId, file: &'p SourceFile, tree: &'p Tree) -> TextContext<'p> {
    let (dsc, cpf) = match tree {
        Tree::Dsc(tree) => (Some(tree), None),
        Tree::Cpf(tree) => (None, Some(tree)),
    };
    TextContext { id, file, dsc, cpf }
}

/// Runs the rules that look at the configuration of a project.
#[must_use]
pub fn check_settings(
    context: &SettingsContext<'_>,
    configuration: &Configuration,
) -> Vec<Finding> {
    run(configuration, |rule, findings| {
        if let Check::Settings(check) = rule.check {
            check(context, findings);
        }
    })
}

/// Runs the rules that look at one description.
#[must_use]
pub fn check_encoding<'p>(
    project: &'p Project<'p>,
    encoding: &'p Encoding<'p>,
    configuration: &Configuration,
) -> Vec<Finding> {
    let context = EncodingContext::new(project, encoding);
    let mut list = run(configuration, |rule, findings| match rule.check {
        Check::Encoding(check) | Check::Both(check, _) if looks_at(rule, &context) => {
            check(&context, findings);
        }
        _ => {}
    });
    drop_uncertain_absences(&mut list, encoding);
    list
}

/// Runs the rules that look at one profile.
#[must_use]
pub fn check_profile<'p>(
    project: &'p Project<'p>,
    profile: &'p Profile<'p>,
    configuration: &Configuration,
) -> Vec<Finding> {
    let context = ProfileContext { project, profile };
    run(configuration, |rule, findings| {
        if let Check::Profile(check) | Check::Both(_, check) = rule.check {
            check(&context, findings);
        }
    })
}

/// Runs the rules that look at everything together.
#[must_use]
pub fn check_project<'p>(project: &'p Project<'p>, configuration: &Configuration) -> Vec<Finding> {
    let context = ProjectContext { project };
    run(configuration, |rule, findings| {
        if let Check::Project(check) = rule.check {
            check(&context, findings);
        }
    })
}

/// Puts findings in the order of their files and places, and silences those that yield to a rule
/// that speaks about the same place.
pub fn settle(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    findings.dedup();
    let spoken: HashSet<_> = findings
        .iter()
        .map(|finding| (finding.rule, place(finding)))
        .collect();
    findings.retain(|finding| {
        let yields_to = rules::find(finding.rule).map_or(&[][..], |rule| rule.yields_to);
        !yields_to
            .iter()
            .any(|rule| spoken.contains(&(*rule, place(finding))))
    });
}

fn place(finding: &Finding) -> (SourceId, u32) {
    (finding.primary.source, finding.primary.span.start)
}

type Order<'f> = (
    SourceId,
    Span,
    std::cmp::Reverse<crate::diagnostic::Severity>,
    &'f str,
    &'f str,
);

fn order(finding: &Finding) -> Order<'_> {
    (
        finding.primary.source,
        finding.primary.span,
        std::cmp::Reverse(finding.severity),
        finding.rule,
        &finding.message,
    )
}

fn run(
    configuration: &Configuration,
    mut check: impl FnMut(&'static Rule, &mut Findings<'_>),
) -> Vec<Finding> {
    let mut list = Vec::new();
    for rule in rules::all() {
        if let Level::On(severity) = configuration.level(rule) {
            let mut findings = Findings::new(rule, severity);
            check(rule, &mut findings);
            list.append(&mut findings.into_list());
        }
    }
    list
}

fn looks_at(rule: &Rule, context: &EncodingContext<'_>) -> bool {
    let encoding = context.encoding;
    if rule.absence != Absence::None && encoding.protected.is_some() {
        return false;
    }
    match rule.scope {
        Scope::AnyFile => true,
        Scope::ChipFile => encoding.is_chip,
        Scope::PersonalFile => {
            encoding.is_chip && context.middleware.is(crate::model::PERSONAL_DESKTOP_CLIENT)
        }
    }
}

/// What an application seems to lack may be what a key of unknown meaning brings.
fn drop_uncertain_absences(findings: &mut Vec<Finding>, encoding: &Encoding<'_>) {
    let uncertain: Vec<Span> = encoding
        .applications()
        .filter(crate::model::Application::has_unknown_key)
        .map(|application| {
            let entries = application.entries();
            let end = entries
                .last()
                .map_or(application.name_span(), |entry| entry.value_span);
            application.name_span().cover(end)
        })
        .collect();
    if uncertain.is_empty() {
        return;
    }
    // Sections come in the order of their places, so the one that may hold a finding is the last
    // that begins before it.
    let is_uncertain = |span: Span| {
        let behind = uncertain.partition_point(|section| section.start <= span.start);
        behind > 0 && uncertain[behind - 1].contains(span)
    };
    findings.retain(|finding| {
        let lacks =
            rules::find(finding.rule).is_some_and(|rule| rule.absence == Absence::InApplication);
        let primary = &finding.primary;
        !lacks || primary.source != encoding.source || !is_uncertain(primary.span)
    });
}
