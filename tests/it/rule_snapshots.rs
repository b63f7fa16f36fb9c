//! What each rule says: a snapshot per rule, over the cases of `tests/data/rules/<rule>.md`.
//!
//! A case is a heading and the files under it. The heading of a case in which the rule must be
//! silent begins with `Silent:`; the snapshot then shows nothing, and a finding fails the test.

use std::fmt::Write as _;
use std::path::Path;

use perso::diagnostic::{Applicability, Finding, Label};
use perso::rules::{self, Page};
use perso::source::Sources;

use crate::example::{Checked, check};

#[test]
fn rules_say_what_they_should() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/rules");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/rules");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for entry in std::fs::read_dir(folder)
        .expect("tests/data/rules")
        .flatten()
    {
        let path = entry.path();
        let stem = path.file_stem().expect("a name").to_string_lossy();
        let rule = rules::find(&stem).unwrap_or_else(|| panic!("{stem} is no rule"));
        let text = std::fs::read_to_string(&path).expect("a text");
        settings.bind(|| insta::assert_snapshot!(rule.name, cases(rule.name, &text)));
    }
}

fn cases(rule: &str, text: &str) -> String {
    let page = Page::new(text);
    let mut shown = String::new();
    for heading in page.headings() {
        let example = page.example(heading);
        let Checked { sources, findings } = check(&example, &[rule]);
        let stands = |found: &&Finding| found.rule == rule && found.suppression.is_none();
        let own: Vec<_> = findings.iter().filter(stands).collect();
        let silent = heading.starts_with("Silent:");
        assert_eq!(own.is_empty(), silent, "{rule}, {heading}: {findings:#?}");
        if silent {
            continue;
        }
        _ = writeln!(shown, "=== {heading}");
        for file in &example.files {
            _ = writeln!(shown, "--- {}", file.name);
            for (line, number) in file.text.lines().zip(1..) {
                _ = writeln!(shown, "{number:2} {line}");
            }
        }
        for finding in own {
            show(&sources, finding, &mut shown);
        }
        shown.push('\n');
    }
    shown
}

fn show(sources: &Sources, finding: &Finding, shown: &mut String) {
    _ = writeln!(
        shown,
        "\n{}: {}",
        place(sources, &finding.primary),
        finding.message
    );
    _ = writeln!(shown, "  here  {}", labelled(sources, &finding.primary));
    for label in &finding.secondary {
        let at = place(sources, label);
        _ = writeln!(shown, "  also  {at}: {}", labelled(sources, label));
    }
    if let Some(help) = &finding.help {
        _ = writeln!(shown, "  help  {help}");
    }
    if let Some(note) = &finding.note {
        _ = writeln!(shown, "  note  {note}");
    }
    for fix in &finding.fixes {
        let how = match fix.applicability {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
            Applicability::Display => "display",
        };
        _ = writeln!(shown, "  fix   {how}: {}", fix.message);
        for edit in &fix.edits {
            let at = place(sources, &Label::new(edit.source, edit.span, ""));
            let old = edit.span.of(sources[edit.source].text());
            _ = writeln!(shown, "        {at}: {old:?} -> {:?}", edit.text);
        }
    }
}

fn place(sources: &Sources, label: &Label) -> String {
    let file = &sources[label.source];
    let position = file.position(label.span.start);
    format!("{}:{}:{}", file.name(), position.line, position.column)
}

fn labelled(sources: &Sources, label: &Label) -> String {
    let text = label.span.of(sources[label.source].text());
    format!("{text:?} {}", label.message)
}
