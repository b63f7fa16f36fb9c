//! The last phase: which findings the author has silenced, and which comments silence nothing.

use std::collections::HashMap;

use crate::diagnostic::{Edit, Finding, Fix, Label, Level, Suppression};
use crate::rules::{self, Findings, TextContext};
use crate::source::{SourceFile, SourceId, Span};
use crate::syntax::suppression::{Directive, Reach};

use super::Configuration;

const UNUSED_SUPPRESSION: &str = "unused-suppression";

/// A name in a comment, and whether it silenced anything.
struct Permit {
    file: SourceId,
    rule: Span,
    directive: Directive,
    used: bool,
}

/// Marks the findings that comments in `texts` silence, and adds those on comments that silence
/// nothing.
pub(super) fn suppress(
    texts: &[TextContext<'_>],
    findings: &mut Vec<Finding>,
    configuration: &Configuration,
) {
    let mut permits = permits(texts);
    if permits.is_empty() {
        return;
    }
    let files: HashMap<SourceId, &SourceFile> =
        texts.iter().map(|text| (text.id, text.file)).collect();
    mark(findings, &files, &mut permits);
    let mut unused = unused(&permits, &files, configuration);
    mark(&mut unused, &files, &mut permits);
    findings.append(&mut unused);
}

fn permits(texts: &[TextContext<'_>]) -> Vec<Permit> {
    let mut permits = Vec::new();
    for text in texts {
        for directive in text.directives() {
            let rules = directive.allowed.iter().flat_map(|allowed| &allowed.rules);
            permits.extend(rules.map(|rule| Permit {
                file: text.id,
                rule: *rule,
                directive: directive.clone(),
                used: false,
            }));
        }
    }
    permits
}

/// What a finding is looked up by: its file, its rule, and what a comment is about.
type Key = (SourceId, &'static str, Option<u32>);

fn mark(findings: &mut [Finding], files: &HashMap<SourceId, &SourceFile>, permits: &mut [Permit]) {
    let mut by_key: HashMap<Key, Vec<usize>> = HashMap::new();
    for (index, permit) in permits.iter().enumerate() {
        let Some(rule) = rules::find(permit.rule.of(files[&permit.file].text())) else {
            continue;
        };
        let line = match permit.directive.reach {
            Reach::Line(line) => Some(line),
            Reach::File => None,
        };
        let key = (permit.file, rule.name, line);
        by_key.entry(key).or_default().push(index);
    }
    for finding in findings {
        let place = &finding.primary;
        let Some(file) = files.get(&place.source) else {
            continue;
        };
        let line = file.lines().line_of(place.span.start);
        let keys = [(Some(line), Suppression::Inline), (None, Suppression::File)];
        for (reach, suppression) in keys {
            if let Some(found) = by_key.get(&(place.source, finding.rule, reach)) {
                finding.suppression.get_or_insert(suppression);
                for index in found {
                    permits[*index].used = true;
                }
            }
        }
    }
}

/// Findings on the names that silenced nothing. Rules that are off have not been asked, and a
/// comment about this very rule has not been asked yet.
fn unused(
    permits: &[Permit],
    files: &HashMap<SourceId, &SourceFile>,
    configuration: &Configuration,
) -> Vec<Finding> {
    let Some(own) = rules::find(UNUSED_SUPPRESSION) else {
        return Vec::new();
    };
    let Level::On(severity) = configuration.level(own) else {
        return Vec::new();
    };
    let mut findings = Findings::new(own, severity);
    for permit in permits.iter().filter(|permit| !permit.used) {
        let file = files[&permit.file];
        let Some(rule) = rules::find(permit.rule.of(file.text())) else {
            continue;
        };
        if rule.name == UNUSED_SUPPRESSION || configuration.level(rule) == Level::Off {
            continue;
        }
        let label = Label::new(permit.file, permit.rule, "nothing to silence");
        findings
            .report(format!("unused suppression of `{}`", rule.name), label)
            .help("delete it")
            .fix(deletion(permit, file.text()));
    }
    findings.into_list()
}

/// Deletes a name, and with the last name the comment, and with a comment that is alone its line.
fn deletion(permit: &Permit, text: &str) -> Fix {
    let directive = &permit.directive;
    let names = directive
        .allowed
        .as_ref()
        .map_or(&[][..], |allowed| &allowed.rules);
    let span = if names.len() > 1 {
        with_comma(permit.rule, names)
    } else {
        whole(directive.span, text)
    };
    let edit = Edit {
        source: permit.file,
        span,
        text: String::new(),
    };
    Fix::safe("delete the suppression", [edit])
}

/// A name and the comma that parts it from the next, or from the one before.
fn with_comma(name: Span, names: &[Span]) -> Span {
    let next = names.iter().find(|other| other.start > name.start);
    let before = names.iter().rev().find(|other| other.start < name.start);
    match (next, before) {
        (Some(next), _) => Span::new(name.start, next.start),
        (None, Some(before)) => Span::new(before.end, name.end),
        (None, None) => name,
    }
}

/// A comment with the blanks before it, and with its line end where it is alone.
fn whole(comment: Span, text: &str) -> Span {
    let before = &text[..comment.start as usize];
    let words = before.trim_end_matches([' ', '\t']);
    let start = u32::try_from(words.len()).unwrap_or(comment.start);
    let is_alone = words.is_empty() || words.ends_with(['\n', '\r']);
    if !is_alone {
        return Span::new(start, comment.end);
    }
    let behind = &text[comment.end as usize..];
    let blanks = behind.len() - behind.trim_start_matches([' ', '\t']).len();
    let line_end = match &behind[blanks..] {
        rest if rest.starts_with("\r\n") => 2,
        rest if rest.starts_with(['\n', '\r']) => 1,
        _ => 0,
    };
    let length = u32::try_from(blanks + line_end).unwrap_or(0);
    Span::new(start, comment.end + length)
}
