//! For code scanning: SARIF 2.1.0 (OASIS), one run.
//!
//! The structures name the properties of the standard that perso fills; the numbers are its clauses.

use std::io::{self, Write};

use serde::Serialize;

use super::{Report, RulePage};
use crate::diagnostic::{Edit, Finding, Fix, Label, Level, Severity, Suppression, fingerprints};
use crate::source::SourceId;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// The name under which the folder that perso was called in goes (§3.14.14).
const ROOT: &str = "%SRCROOT%";

/// §3.13
#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

/// §3.14
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    column_kind: &'static str,
    results: Vec<Outcome<'a>>,
}

/// §3.18
#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

/// §3.19
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor<'a>>,
}

/// §3.49
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'a> {
    id: &'a str,
    name: &'a str,
    short_description: Words<'a>,
    full_description: Words<'a>,
    help: Help<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<String>,
    default_configuration: Weight,
}

/// §3.11, §3.12
#[derive(Serialize)]
struct Words<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Help<'a> {
    text: &'a str,
    markdown: &'a str,
}

/// §3.50
#[derive(Serialize)]
struct Weight {
    enabled: bool,
    level: &'static str,
}

/// §3.27
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message,
    locations: [Location<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
    partial_fingerprints: Fingerprint,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Remedy<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Silence>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

/// §3.27.17; the number is the version of how perso makes it.
#[derive(Serialize)]
struct Fingerprint {
    #[serde(rename = "perso/v1")]
    first: String,
}

/// §3.28
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Place,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Words<'a>>,
}

/// §3.29
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    artifact_location: Artifact,
    region: Region,
}

/// §3.4
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

/// §3.30; without an end it reaches to the end of the line.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
}

/// §3.55
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Remedy<'a> {
    description: Words<'a>,
    artifact_changes: Vec<Change<'a>>,
}

/// §3.56
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    artifact_location: Artifact,
    replacements: Vec<Replacement<'a>>,
}

/// §3.57
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'a> {
    deleted_region: Region,
    inserted_content: Words<'a>,
}

/// §3.35
#[derive(Serialize)]
struct Silence {
    kind: &'static str,
}

/// Writes the report as one SARIF log.
///
/// # Errors
///
/// What `out` answers.
pub fn sarif(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let spoken: Vec<&RulePage> = report
        .rules
        .iter()
        .filter(|rule| report.findings.iter().any(|found| found.rule == rule.name))
        .collect();
    let marks = fingerprints(report.sources, report.findings);
    let results = report.findings.iter().zip(marks);
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: env!("CARGO_PKG_NAME"),
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: spoken.iter().map(|rule| descriptor(report, rule)).collect(),
                },
            },
            column_kind: "unicodeCodePoints",
            results: results
                .map(|(finding, mark)| outcome(report, finding, mark, &spoken))
                .collect(),
        }],
    };
    serde_json::to_writer_pretty(&mut *out, &log)?;
    out.write_all(b"\n")
}

fn descriptor<'a>(report: &Report<'_>, rule: &'a RulePage) -> Descriptor<'a> {
    Descriptor {
        id: rule.name,
        name: rule.name,
        short_description: Words {
            text: &rule.summary,
        },
        full_description: Words {
            text: &rule.summary,
        },
        help: Help {
            text: &rule.page,
            markdown: &rule.page,
        },
        help_uri: report.url(rule.name),
        default_configuration: match rule.level {
            Level::Off => Weight {
                enabled: false,
                level: "warning",
            },
            Level::On(severity) => Weight {
                enabled: true,
                level: level(severity),
            },
        },
    }
}

/// §3.27.10
const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn outcome<'a>(
    report: &'a Report<'_>,
    finding: &'a Finding,
    mark: String,
    spoken: &[&RulePage],
) -> Outcome<'a> {
    let related = finding.secondary.iter().enumerate();
    Outcome {
        rule_id: finding.rule,
        rule_index: spoken.iter().position(|rule| rule.name == finding.rule),
        level: level(finding.severity),
        message: Message {
            text: words(finding),
        },
        locations: [location(report, &finding.primary, None)],
        related_locations: related
            .map(|(index, label)| location(report, label, Some(index + 1)))
            .collect(),
        partial_fingerprints: Fingerprint { first: mark },
        fixes: finding
            .fixes
            .iter()
            .filter(|fix| !fix.edits.is_empty())
            .map(|fix| remedy(report, fix))
            .collect(),
        suppressions: finding.suppression.iter().map(silence).collect(),
    }
}

/// The headline, then what to do and why: a viewer shows nothing else beside the place.
fn words(finding: &Finding) -> String {
    let help = finding.help.iter().map(|help| format!("\nhelp: {help}"));
    let note = finding.note.iter().map(|note| format!("\nnote: {note}"));
    std::iter::once(finding.message.clone())
        .chain(help)
        .chain(note)
        .collect()
}

/// §3.35.2: comments are in the source, the baseline is not.
fn silence(suppression: &Suppression) -> Silence {
    Silence {
        kind: match suppression {
            Suppression::Inline | Suppression::File => "inSource",
            Suppression::Baseline => "external",
        },
    }
}

fn location<'a>(report: &Report<'_>, label: &'a Label, id: Option<usize>) -> Location<'a> {
    let (start, end) = report.extent(label);
    // Viewers refuse a region without characters: an empty one reaches to the end of its line.
    let has_characters = start < end;
    Location {
        id,
        physical_location: Place {
            artifact_location: artifact(report, label.source),
            region: Region {
                start_line: start.line,
                start_column: start.column,
                end_line: has_characters.then_some(end.line),
                end_column: has_characters.then_some(end.column),
            },
        },
        message: (!label.message.is_empty()).then_some(Words {
            text: &label.message,
        }),
    }
}

fn remedy<'a>(report: &Report<'_>, fix: &'a Fix) -> Remedy<'a> {
    let changes = fix.edits.chunk_by(|a, b| a.source == b.source);
    Remedy {
        description: Words { text: &fix.message },
        artifact_changes: changes.map(|edits| change(report, edits)).collect(),
    }
}

fn change<'a>(report: &Report<'_>, edits: &'a [Edit]) -> Change<'a> {
    let replacement = |edit: &'a Edit| {
        let file = &report.sources[edit.source];
        let (start, end) = (file.position(edit.span.start), file.position(edit.span.end));
        Replacement {
            deleted_region: Region {
                start_line: start.line,
                start_column: start.column,
                end_line: Some(end.line),
                end_column: Some(end.column),
            },
            inserted_content: Words { text: &edit.text },
        }
    };
    Change {
        artifact_location: artifact(report, edits[0].source),
        replacements: edits.iter().map(replacement).collect(),
    }
}

fn artifact(report: &Report<'_>, source: SourceId) -> Artifact {
    let name = report.sources[source].name();
    let is_absolute = name.starts_with('/') || name.get(1..3) == Some(":/");
    if is_absolute {
        let uri = format!("file:///{}", encoded(name.trim_start_matches('/')));
        return Artifact {
            uri,
            uri_base_id: None,
        };
    }
    Artifact {
        uri: encoded(name),
        uri_base_id: Some(ROOT),
    }
}

/// Percent-encodes what the path of a URI cannot hold (RFC 3986, section 3.3).
fn encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' | b'/' | b'!' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
