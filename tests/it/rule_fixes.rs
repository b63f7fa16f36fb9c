//! A fix of a card profile mends what it is offered for, and breaks nothing.

use perso::diagnostic::{Finding, Fix};
use perso::rules::{self, Example, Family, Page, Rule};
use perso::source::Sources;

use crate::example::{Checked, check};

/// The rule's own example, and the cases of `tests/data/rules`.
fn examples(rule: &Rule) -> Vec<Example> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = root.join(format!("tests/data/rules/{}.md", rule.name));
    let text = std::fs::read_to_string(cases).unwrap_or_default();
    let page = Page::new(&text);
    let mut examples = vec![rule.page().example("Example")];
    examples.extend(page.headings().map(|heading| page.example(heading)));
    examples
}

fn applied(example: &Example, sources: &Sources, fix: &Fix) -> Example {
    let mut mended = example.clone();
    let mut edits: Vec<_> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    for edit in edits {
        let name = sources[edit.source].name();
        let file = mended.files.iter_mut().find(|file| file.name == name);
        let range = edit.span.start as usize..edit.span.end as usize;
        file.expect("the file")
            .text
            .replace_range(range, &edit.text);
    }
    mended
}

fn count(findings: &[Finding], rule: &str) -> usize {
    findings
        .iter()
        .filter(|finding| finding.rule == rule)
        .count()
}

fn malformed(findings: &[Finding]) -> usize {
    let syntax = |finding: &&Finding| {
        rules::find(finding.rule).is_some_and(|rule| rule.family == Family::Syntax)
    };
    findings.iter().filter(syntax).count()
}

#[test]
fn fixes_of_card_files_mend_what_they_are_offered_for() {
    let mut fixes = 0;
    for rule in rules::all().filter(|rule| rule.family == Family::Pkcs15) {
        for example in examples(rule) {
            let Checked { sources, findings } = check(&example, &[rule.name]);
            let own = findings.iter().filter(|finding| finding.rule == rule.name);
            for fix in own.flat_map(|finding| &finding.fixes) {
                let mended = check(&applied(&example, &sources, fix), &[rule.name]).findings;
                assert!(
                    count(&mended, rule.name) < count(&findings, rule.name),
                    "{}: {mended:#?}",
                    rule.name
                );
                assert_eq!(malformed(&mended), malformed(&findings), "{}", rule.name);
                fixes += 1;
            }
        }
    }
    assert!(fixes >= 6, "{fixes}");
}
