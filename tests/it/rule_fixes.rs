//! A fix mends what it is offered for, and breaks nothing.

use perso::diagnostic::{Applicability, Finding, Fix, Severity};
use perso::rules::{self, Example, Level, Page, Rule, SavedAs};
use perso::source::Sources;

use crate::example::{Checked, check};
use crate::layout_meaning::Pair;

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
        let file = file.expect("the file");
        let range = edit.span.start as usize..edit.span.end as usize;
        file.text.replace_range(range, &edit.text);
        // What is changed is saved as UTF-8.
        file.saved_as = SavedAs::Utf8;
    }
    mended
}

/// How often the rule says the same.
fn count(findings: &[Finding], as_said: &Finding) -> usize {
    findings
        .iter()
        .filter(|finding| finding.rule == as_said.rule && finding.message == as_said.message)
        .count()
}

fn errors(findings: &[Finding]) -> usize {
    let is_error = |finding: &&Finding| finding.severity == Severity::Error;
    findings.iter().filter(is_error).count()
}

#[test]
fn fixes_mend_what_they_are_offered_for() {
    let (mut fixes, mut faults) = (0, Vec::new());
    for rule in rules::all() {
        for example in examples(rule) {
            let Checked { sources, findings } = check(&example, &[rule.name]);
            let own = findings.iter().filter(|finding| finding.rule == rule.name);
            for (own, fix) in own.flat_map(|own| own.fixes.iter().map(move |fix| (own, fix))) {
                let after = applied(&example, &sources, fix);
                let mended = check(&after, &[rule.name]).findings;
                let fewer = count(&mended, own) < count(&findings, own);
                if !fewer || errors(&mended) > errors(&findings) {
                    let files = after.files.iter().map(|file| file.text.as_str());
                    let files: Vec<_> = files.collect();
                    let said = mended
                        .iter()
                        .filter(|found| found.severity == Severity::Error);
                    let said: Vec<_> = said.map(|found| found.message.as_str()).collect();
                    faults.push(format!("{}: {said:?}\n{}", rule.name, files.join("----\n")));
                }
                fixes += 1;
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(fixes >= 100, "{fixes}");
}

/// A description and the first profile beside it.
fn pair(example: &Example) -> Option<Pair> {
    let text = |ending: &str| {
        let file = example
            .files
            .iter()
            .find(|file| file.name.ends_with(ending));
        file.map(|file| file.text.clone())
    };
    Some(Pair {
        name: String::new(),
        description: text(".dsc")?,
        profile: text(".cpf"),
    })
}

/// What an error stands against has no plan yet; there the intent must be beyond doubt.
#[test]
fn safe_fixes_change_no_plan() {
    let mut compared = 0;
    for rule in rules::all().filter(|rule| rule.level != Level::ERROR) {
        for example in examples(rule) {
            let Checked { sources, findings } = check(&example, &[rule.name]);
            let safe = findings
                .iter()
                .filter(|found| found.rule == rule.name)
                .flat_map(|found| &found.fixes)
                .filter(|fix| fix.applicability == Applicability::Safe);
            for fix in safe {
                let plan = |example: &Example| pair(example)?.plan().ok();
                if let Some(before) = plan(&example) {
                    let after = applied(&example, &sources, fix);
                    assert_eq!(
                        plan(&after).as_ref(),
                        Some(&before),
                        "{}: {after:#?}",
                        rule.name
                    );
                    compared += 1;
                }
            }
        }
    }
    assert!(compared >= 2, "{compared}");
}
