//! From an opened workspace to findings: the place where disk, model and rules meet.

use std::collections::{BTreeSet, HashMap};

use crate::check::{self, Configuration, Language, Tree};
use crate::diagnostic::{Finding, Level};
use crate::model::{self, Binding, CompanionKind, Located, Mapping, ProjectFiles, Target};
use crate::rules::{SettingsContext, UnknownName};
use crate::source::{SourceId, Span};
use crate::workspace::{Companion, Kind, Workspace, configuration};

/// What the analysis of a workspace yields.
pub(super) struct Analysis {
    /// Findings in the order of the report.
    pub(super) findings: Vec<Finding>,
    /// Literals that must not be shown.
    pub(super) secrets: Vec<(SourceId, Span)>,
}

impl AsRef<[Finding]> for Analysis {
    fn as_ref(&self) -> &[Finding] {
        &self.findings
    }
}

/// Levels from the command line, which win over `perso.toml`.
pub(super) type Levels = [(&'static str, Level)];

/// Analyses every input.
pub(super) fn analyse(workspace: &mut Workspace, levels: &Levels) -> Analysis {
    let mut findings = workspace.findings.clone();
    findings.retain_mut(|finding| weigh(finding, levels));
    let mut secrets = Vec::new();
    for index in 0..workspace.projects.len() {
        let parsed = ParsedProject::read(workspace, index);
        let given = &workspace.projects[index].configuration;
        let mut configuration = rule_levels(given, levels);
        configuration.mapping = mapping(given);
        let checked = check::check_all(
            &workspace.sources,
            &parsed.trees,
            &parsed.companions,
            &parsed.target,
            &configuration,
        );
        findings.extend(
            checked
                .findings
                .into_iter()
                .filter(|finding| parsed.concerns(finding)),
        );
        findings.extend(settings(workspace, index, &configuration));
        secrets.extend(checked.secrets);
    }
    check::settle(&mut findings);
    Analysis { findings, secrets }
}

/// The files of one project, parsed, with what they name.
pub(super) struct ParsedProject {
    /// Trees of the files that were asked for and of their companions.
    pub(super) trees: Vec<(SourceId, Tree)>,
    /// What became of the files that descriptions name.
    pub(super) companions: ProjectFiles,
    /// What it is all written for.
    pub(super) target: Target,
    /// Descriptions beside a profile that nobody asked for: they only lend their bindings.
    lenders: BTreeSet<SourceId>,
}

impl ParsedProject {
    /// Parses the files of a project, then the profiles that its descriptions name, then the
    /// descriptions beside profiles that were named alone.
    pub(super) fn read(workspace: &mut Workspace, index: usize) -> Self {
        let project = &workspace.projects[index];
        let files: Vec<_> = project
            .files
            .iter()
            .filter_map(|file| Some((file.source, language(file.kind)?)))
            .collect();
        let mut parsed = Self {
            trees: check::parse_all(&workspace.sources, &files),
            companions: ProjectFiles::new(),
            target: target(&project.configuration),
            lenders: BTreeSet::new(),
        };
        let asked: Vec<_> = parsed.trees.iter().map(|(source, _)| *source).collect();
        let mut loaded: HashMap<SourceId, Language> = files.into_iter().collect();
        parsed.resolve(workspace, &asked, &mut loaded);
        parsed.borrow_bindings(workspace, &asked, &mut loaded);
        if workspace.projects[index].configuration.mapping.is_some() {
            let lenders = workspace.descriptions_of(index);
            parsed.lend(workspace, lenders, &mut loaded);
        }
        parsed
    }

    /// Loads what descriptions name.
    fn resolve(
        &mut self,
        workspace: &mut Workspace,
        of: &[SourceId],
        loaded: &mut HashMap<SourceId, Language>,
    ) {
        let mut fresh = Vec::new();
        for (source, tree) in self.trees.iter().filter(|(source, _)| of.contains(source)) {
            for (kind, name) in tree.companions(workspace.sources[*source].text()) {
                let companion = workspace.resolve_companion(*source, &name);
                if let Companion::Loaded(found) = companion
                    && kind == CompanionKind::Profile
                    && loaded.insert(found, Language::Cpf).is_none()
                {
                    fresh.push((found, Language::Cpf));
                }
                self.companions.insert((*source, kind), outcome(companion));
            }
        }
        self.trees
            .extend(check::parse_all(&workspace.sources, &fresh));
    }

    /// A profile that was named alone is still checked against the descriptions beside it that
    /// bind it.
    fn borrow_bindings(
        &mut self,
        workspace: &mut Workspace,
        asked: &[SourceId],
        loaded: &mut HashMap<SourceId, Language>,
    ) {
        let mut folders = BTreeSet::new();
        let mut lenders = Vec::new();
        for source in asked
            .iter()
            .filter(|source| loaded.get(source) == Some(&Language::Cpf))
        {
            let name = workspace.sources[*source].name();
            let folder = name
                .rsplit_once('/')
                .map_or("", |(folder, _)| folder)
                .to_owned();
            if folders.insert(folder) {
                lenders.extend(workspace.sibling_descriptions(*source));
            }
        }
        self.lend(workspace, lenders, loaded);
    }

    /// Parses descriptions that nobody asked for, with what they name.
    fn lend(
        &mut self,
        workspace: &mut Workspace,
        mut lenders: Vec<SourceId>,
        loaded: &mut HashMap<SourceId, Language>,
    ) {
        lenders.retain(|lender| loaded.insert(*lender, Language::Dsc).is_none());
        let files: Vec<_> = lenders
            .iter()
            .map(|lender| (*lender, Language::Dsc))
            .collect();
        self.trees
            .extend(check::parse_all(&workspace.sources, &files));
        self.lenders.extend(&lenders);
        self.resolve(workspace, &lenders, loaded);
    }

    /// Whether a finding is about a file that was asked for, or one that such a file names.
    fn concerns(&self, finding: &Finding) -> bool {
        let labels = std::iter::once(&finding.primary).chain(&finding.secondary);
        labels
            .into_iter()
            .any(|label| !self.lenders.contains(&label.source))
    }
}

/// The language of a file; a configuration has been read already.
fn language(kind: Kind) -> Option<Language> {
    match kind {
        Kind::Description => Some(Language::Dsc),
        Kind::Profile => Some(Language::Cpf),
        Kind::Configuration => None,
    }
}

fn outcome(companion: Companion) -> model::Companion {
    match companion {
        Companion::Loaded(source) => model::Companion::Found(source),
        Companion::Missing { near, reason } => model::Companion::Missing {
            near,
            reason: reason.to_string(),
        },
        Companion::Unreadable { reason } => model::Companion::Unusable {
            reason: reason.to_string(),
        },
    }
}

/// The target as the rules see it. What stdlib does not know is as if it were not given.
fn target(configuration: &configuration::Configuration) -> Target {
    let given = &configuration.target;
    let product = given.middleware.as_ref().map(|setting| {
        let version = setting.value.version.map(|version| format!(" {version}"));
        (
            format!("{}{}", setting.value.name, version.unwrap_or_default()),
            setting.span,
        )
    });
    let manager = given.identity_manager.as_ref();
    let settings = [
        ("middleware", product),
        (
            "card",
            given
                .card
                .as_ref()
                .map(|card| (card.value.clone(), card.span)),
        ),
        (
            "identity-manager",
            manager.map(|version| (version.value.to_string(), version.span)),
        ),
        (
            "encoder",
            given
                .encoder
                .as_ref()
                .map(|encoder| (encoder.value.clone(), encoder.span)),
        ),
    ];
    let mut target = Target::default();
    for (key, setting) in settings {
        if let Some((value, span)) = setting {
            let place = configuration.source.zip(span);
            // A name that is not known is a finding of its own, not a reason to stop.
            let _ = target.set(key, &value, place);
        }
    }
    target
}

/// `[mapping]` as the rules see it.
fn mapping(configuration: &configuration::Configuration) -> Option<Mapping> {
    let source = configuration.source?;
    let entries = configuration.mapping.as_ref()?;
    let bindings = entries.iter().map(|entry| Binding {
        field: entry.field.value.clone(),
        place: (source, entry.field.span.unwrap_or_default()),
        to: entry.to.as_ref().map(|to| located(source, to)),
        encrypted: entry.encrypted.as_ref().map(|flag| located(source, flag)),
        read: entry.read.as_ref().map(|flag| located(source, flag)),
    });
    Some(Mapping {
        bindings: bindings.collect(),
    })
}

fn located<T: Clone>(source: SourceId, setting: &configuration::Setting<T>) -> Located<T> {
    Located {
        value: setting.value.clone(),
        place: setting.span.map(|span| (source, span)),
    }
}

/// What each rule weighs: `perso.toml`, then the command line. Rules that are not known are left to
/// a newer perso.
fn rule_levels(configuration: &configuration::Configuration, levels: &Levels) -> Configuration {
    let mut weights = Configuration::default();
    let file = configuration
        .rules
        .iter()
        .map(|rule| (rule.rule.value.as_str(), rule.level));
    for (name, level) in file.chain(levels.iter().copied()) {
        let _ = weights.set(name, level);
    }
    weights
}

/// What is to say about the configuration of a project.
fn settings(workspace: &Workspace, index: usize, levels: &Configuration) -> Vec<Finding> {
    let configuration = &workspace.projects[index].configuration;
    let Some(source) = configuration.source else {
        return Vec::new();
    };
    let unknown: Vec<_> = configuration
        .unknown
        .iter()
        .filter_map(|key| {
            Some(UnknownName {
                table: key.table,
                name: key.name.span?,
                key: key.key,
                known: key.known.clone(),
                taken: key.taken.clone(),
            })
        })
        .collect();
    let named = configuration.rules.iter();
    let rules: Vec<_> = named.filter_map(|rule| rule.rule.span).collect();
    let context = SettingsContext {
        source,
        text: workspace.sources[source].text(),
        unknown: &unknown,
        rules: &rules,
    };
    check::check_settings(&context, levels)
}

/// Gives a finding made while reading the severity of its rule; false when the rule is off.
fn weigh(finding: &mut Finding, levels: &Levels) -> bool {
    match levels.iter().find(|(rule, _)| *rule == finding.rule) {
        Some((_, Level::Off)) => false,
        Some((_, Level::On(severity))) => {
            finding.severity = *severity;
            true
        }
        None => true,
    }
}
