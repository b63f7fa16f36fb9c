//! Runs the examples in the comments of the grammar file against the rules they stand above.

use pest::Parser;

use super::super::grammar::{DscGrammar, Rule};

const GRAMMAR: &str = include_str!("../../../../grammar/dsc.pest");

/// An example of the grammar file.
#[derive(Debug)]
struct Example {
    rule: Rule,
    text: String,
    accepted: bool,
}

fn examples() -> Vec<Example> {
    let mut examples = Vec::new();
    let mut pending = Vec::new();
    for line in GRAMMAR.lines() {
        if let Some(text) = line.strip_prefix("// ok:") {
            pending.push((unescaped(text), true));
        } else if let Some(text) = line.strip_prefix("// no:") {
            pending.push((unescaped(text), false));
        } else if let Some(rule) = rule_defined_by(line) {
            examples.extend(pending.drain(..).map(|(text, accepted)| Example {
                rule,
                text,
                accepted,
            }));
        }
    }
    assert!(pending.is_empty(), "examples without a rule: {pending:?}");
    examples
}

fn rule_defined_by(line: &str) -> Option<Rule> {
    let (name, _) = line.split_once(" = ")?;
    let mut rules = Rule::all_rules().iter().copied();
    rules.find(|rule| format!("{rule:?}") == name)
}

fn unescaped(example: &str) -> String {
    let escapes = [
        ("\\s", " "),
        ("\\t", "\t"),
        ("\\r", "\r"),
        ("\\n", "\n"),
        ("\\f", "\u{c}"),
        ("\\0", "\0"),
    ];
    let text = example.strip_prefix(' ').unwrap_or(example).to_owned();
    escapes.iter().fold(text, |text, (escape, character)| {
        text.replace(escape, character)
    })
}

/// Whether `rule` accepts `text` and its tokens cover it. Blanks and ends leave no tokens: of them it
/// can only be said that they accept the start.
fn accepts_whole(rule: Rule, text: &str) -> bool {
    let leaves_no_token = matches!(
        rule,
        Rule::blanks | Rule::key_start | Rule::new_line | Rule::line_end | Rule::end_of_text
    );
    DscGrammar::parse(rule, text).is_ok_and(|pairs| leaves_no_token || pairs.as_str() == text)
}

#[test]
fn every_example_is_judged_as_written() {
    for example in examples() {
        let accepted = accepts_whole(example.rule, &example.text);
        assert_eq!(accepted, example.accepted, "{example:?}");
    }
}

#[test]
fn every_rule_has_examples_and_counter_examples() {
    let examples = examples();
    let has = |rule: Rule, accepted| {
        examples
            .iter()
            .any(|example| example.rule == rule && example.accepted == accepted)
    };
    for rule in Rule::all_rules().iter().copied() {
        let total = matches!(rule, Rule::portion | Rule::blanks);
        assert!(has(rule, true), "{rule:?} has no example");
        assert!(total || has(rule, false), "{rule:?} has no counter-example");
    }
}
