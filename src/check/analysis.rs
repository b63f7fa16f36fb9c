//! The whole way from texts to findings, for files that are in memory.

use crate::diagnostic::{Edit, Finding};
use crate::model::{CompanionKind, Encoding, Profile, Project, ProjectFiles, Target};
use crate::source::{SourceFile, SourceId, Sources, Span, TextEncoding};
use crate::stdlib::Key;
use crate::syntax::{
    cpf::{self, CpfTree},
    dsc::{self, DscTree},
};

use super::suppression::suppress;
use super::{
    Configuration, check_encoding, check_profile, check_project, check_text, parallel, settle,
    text_context,
};

/// The two languages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// Encoding descriptions.
    Dsc,
    /// Card profiles.
    Cpf,
}

impl Language {
    /// The language of a file by the end of its name, in any letter case.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        [("dsc", Self::Dsc), ("cpf", Self::Cpf)]
            .into_iter()
            .find(|(known, _)| extension.trim_end_matches('>').eq_ignore_ascii_case(known))
            .map(|(_, language)| language)
    }
}

/// A tree of either language.
#[derive(Debug)]
pub enum Tree {
    /// An encoding description.
    Dsc(DscTree),
    /// A card profile.
    Cpf(CpfTree),
}

impl Tree {
    /// Parses a text.
    #[must_use]
    pub fn parse(language: Language, text: &str) -> Self {
        match language {
            Language::Dsc => Self::Dsc(dsc::parse(text)),
            Language::Cpf => Self::Cpf(cpf::parse(text)),
        }
    }

    /// The files that a description names, with the key that names them.
    #[must_use]
    pub fn companions(&self, text: &str) -> Vec<(CompanionKind, String)> {
        let Self::Dsc(tree) = self else {
            return Vec::new();
        };
        let encoding = Encoding::new(SourceId(0), text, tree);
        let named = |key: Key| {
            let name = encoding.entry(key)?.value_span.of(text);
            (!name.is_empty()).then(|| name.to_owned())
        };
        let profile = named(Key::ChipProfile).map(|name| (CompanionKind::Profile, name));
        let script = named(Key::ApduFile).map(|name| (CompanionKind::ApduScript, name));
        profile.into_iter().chain(script).collect()
    }
}

/// Parses files, on all cores where there are some.
#[must_use]
pub fn parse_all(sources: &Sources, files: &[(SourceId, Language)]) -> Vec<(SourceId, Tree)> {
    parallel::map(files, |(id, language)| {
        (*id, Tree::parse(*language, sources[*id].text()))
    })
}

/// What a check of files yields.
#[derive(Debug, Default)]
pub struct Checked {
    /// Findings, in the order of the files and of places in them.
    pub findings: Vec<Finding>,
    /// Literals of credentials: a report must not show them.
    pub secrets: Vec<(SourceId, Span)>,
}

/// Checks files together: each text, each description with the profile it binds, each profile with
/// the descriptions that bind it.
#[must_use]
pub fn check_all(
    sources: &Sources,
    trees: &[(SourceId, Tree)],
    companions: &ProjectFiles,
    target: &Target,
    configuration: &Configuration,
) -> Checked {
    let texts = parallel::map(trees, |(id, tree)| {
        check_text(*id, &sources[*id], tree, configuration)
    });
    let (mut findings, mut readable) = (Vec::new(), Vec::new());
    for (text, file) in texts.into_iter().zip(trees) {
        findings.extend(text.findings);
        if !text.is_binary {
            readable.push(file);
        }
    }
    let mut project = join(sources, &readable, companions, target);
    project.mapping = configuration.mapping.clone();
    let encodings = parallel::map(&project.encodings, |encoding| {
        check_encoding(&project, encoding, configuration)
    });
    let profiles = parallel::map(&project.profiles, |profile| {
        check_profile(&project, profile, configuration)
    });
    findings.extend(encodings.into_iter().chain(profiles).flatten());
    findings.extend(check_project(&project, configuration));
    settle(&mut findings);
    let texts: Vec<_> = readable
        .iter()
        .map(|(id, tree)| text_context(*id, &sources[*id], tree))
        .collect();
    suppress(&texts, &mut findings, configuration);
    withhold_fixes(&mut findings, sources);
    let described = project.encodings.iter().flat_map(|encoding| {
        encoding
            .secret_literals()
            .map(|span| (encoding.source, span))
    });
    let profiled = project
        .profiles
        .iter()
        .flat_map(|profile| profile.secret_literals().map(|span| (profile.source, span)));
    let broken = readable.iter().flat_map(|(id, tree)| {
        broken_credentials(sources[*id].text(), tree).map(|span| (*id, span))
    });
    Checked {
        secrets: described.chain(profiled).chain(broken).collect(),
        findings,
    }
}

/// What stands behind the key of a credential on lines without a `=`.
fn broken_credentials<'t>(text: &'t str, tree: &'t Tree) -> impl Iterator<Item = Span> {
    let lines = match tree {
        Tree::Dsc(tree) => &tree.lines[..],
        Tree::Cpf(_) => &[],
    };
    lines.iter().filter_map(move |line| {
        let (dsc::LineKind::Bare { text: span } | dsc::LineKind::Junk { text: span }) = line.kind
        else {
            return None;
        };
        let words = span.of(text);
        let end = words.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
        let key = Key::find(&words[..end])?;
        let end = u32::try_from(end).unwrap_or(u32::MAX);
        (key.keyword().credential).then(|| Span::new(span.start + end, span.end))
    })
}

/// On a file that is not UTF-8 the only fix is to make it so: any other would be written as UTF-8
/// too, unasked.
fn withhold_fixes(findings: &mut [Finding], sources: &Sources) {
    let is_utf8 = |edit: &Edit| {
        !matches!(
            sources[edit.source].encoding(),
            TextEncoding::Windows1252 { .. }
        )
    };
    for finding in findings {
        if finding.rule != NON_UTF8_TEXT {
            finding.fixes.retain(|fix| fix.edits.iter().all(is_utf8));
        }
    }
}

/// Name of the rule whose fix writes a file as UTF-8.
const NON_UTF8_TEXT: &str = "non-utf8-text";

/// Builds the models of files and joins them.
#[must_use]
pub fn join<'t>(
    sources: &'t Sources,
    trees: &[&'t (SourceId, Tree)],
    companions: &ProjectFiles,
    target: &Target,
) -> Project<'t> {
    enum Model<'t> {
        Encoding(Box<Encoding<'t>>),
        Profile(Box<Profile<'t>>),
    }
    let models = parallel::map(trees, |(id, tree)| {
        let text = SourceFile::text(&sources[*id]);
        match tree {
            Tree::Dsc(tree) => Model::Encoding(Box::new(Encoding::new(*id, text, tree))),
            Tree::Cpf(tree) => Model::Profile(Box::new(Profile::new(*id, text, tree))),
        }
    });
    let (mut encodings, mut profiles) = (Vec::new(), Vec::new());
    for model in models {
        match model {
            Model::Encoding(encoding) => encodings.push(*encoding),
            Model::Profile(profile) => profiles.push(*profile),
        }
    }
    Project::new(encodings, profiles, companions.clone(), target.clone())
}
