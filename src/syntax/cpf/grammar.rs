//! The grammar of `grammar/cpf.pest`, compiled.
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the derive writes public, bare items"
)]

/// Reads text by a rule of the grammar.
#[derive(pest_derive::Parser)]
#[grammar = "../grammar/cpf.pest"]
pub(super) struct Grammar;

#[cfg(test)]
mod tests {
    use pest::Parser;

    use super::*;

    const SOURCE: &str = include_str!("../../../grammar/cpf.pest");

    fn rule(name: &str) -> Rule {
        let found = Rule::all_rules()
            .iter()
            .find(|rule| format!("{rule:?}") == name);
        *found.unwrap_or_else(|| panic!("no rule {name}"))
    }

    fn matches_whole(rule: Rule, text: &str) -> bool {
        Grammar::parse(rule, text).is_ok_and(|pairs| {
            let end = pairs.map(|pair| pair.as_span().end()).max();
            end == Some(text.len())
        })
    }

    fn text_of(example: &str) -> String {
        let held = example.replace("\\\\", "\0");
        held.replace("\\n", "\n").replace('\0', "\\")
    }

    #[test]
    fn the_examples_of_the_grammar_hold() {
        let mut examples = Vec::new();
        let mut tried = 0;
        for line in SOURCE.lines() {
            if let Some(example) = line.strip_prefix("// ok: ") {
                examples.push((true, text_of(example)));
            } else if let Some(example) = line.strip_prefix("// no: ") {
                examples.push((false, text_of(example)));
            } else if let Some((name, _)) =
                line.split_once(" = ").filter(|_| !line.starts_with("//"))
            {
                for (expected, text) in examples.drain(..) {
                    let matched = matches_whole(rule(name.trim()), &text);
                    assert_eq!(matched, expected, "{name}: {text:?}");
                    tried += 1;
                }
            }
        }
        assert_eq!(
            tried,
            SOURCE.matches("\n// ok: ").count() + SOURCE.matches("\n// no: ").count()
        );
    }
}
