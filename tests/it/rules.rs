//! Every rule has a page with fixed headings, and its examples do what they say.

use perso::diagnostic::Finding;
use perso::rules::{self, Check, Example, Page, Rule};

use crate::example::check;

/// What is found in an example with one rule raised to an error.
fn findings_of(example: &Example, rule: &Rule) -> Vec<Finding> {
    check(example, &[rule.name]).findings
}

#[test]
fn pages_have_their_headings() {
    for rule in rules::all() {
        let page = rule.page();
        let headings: Vec<_> = page.headings().collect();
        assert_eq!(headings, Page::HEADINGS, "{}", rule.name);
        for heading in headings {
            assert!(
                !page.section(heading).is_empty(),
                "{}: {heading} is empty",
                rule.name
            );
        }
    }
}

#[test]
fn examples_do_what_they_say() {
    for rule in rules::all() {
        if matches!(rule.check, Check::WhileReading) {
            continue;
        }
        let bad = rule.page().example("Example");
        assert!(!bad.files.is_empty(), "{} has no example", rule.name);
        let found = findings_of(&bad, rule);
        assert!(
            found.iter().any(|finding| finding.rule == rule.name),
            "{}: {found:#?}",
            rule.name
        );

        let good = rule.page().example("Instead");
        assert!(
            !good.files.is_empty(),
            "{} has no counter-example",
            rule.name
        );
        let found = findings_of(&good, rule);
        let same: Vec<_> = found
            .iter()
            .filter(|finding| finding.rule == rule.name)
            .collect();
        assert!(same.is_empty(), "{}: {same:#?}", rule.name);
    }
}

#[test]
fn names_are_kebab_case_and_unique() {
    let mut seen = std::collections::HashSet::new();
    for rule in rules::all() {
        assert!(seen.insert(rule.name), "{} is declared twice", rule.name);
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(rule.name.chars().all(kebab), "{}", rule.name);
    }
}

#[test]
fn every_rule_file_is_in_the_list() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let mut files = 0;
    for family in std::fs::read_dir(root).expect("src/rules").flatten() {
        let Ok(folder) = std::fs::read_dir(family.path()) else {
            continue;
        };
        for file in folder.flatten() {
            let name = file.file_name().to_string_lossy().replace('_', "-");
            let Some(name) = name.strip_suffix(".rs").filter(|name| *name != "mod") else {
                continue;
            };
            let rule = rules::find(name).unwrap_or_else(|| panic!("{name} is not listed"));
            assert_eq!(
                rule.family.name(),
                family.file_name().to_string_lossy(),
                "{name}"
            );
            files += 1;
        }
    }
    assert_eq!(files, rules::all().count());
}
