//! A profile with everything the published example uses, under names of its own.

use perso::syntax::cpf::{Statement, StatementKind, TermKind, parse};

/// Laid out as the published example is, under names of its own.
const PROFILE: &str = include_str!("badge.cpf");

#[test]
fn a_profile_like_the_published_example_is_read_whole() {
    let tree = parse(PROFILE);
    assert_eq!(tree.defects, []);
    let placeholders = tree
        .terms
        .iter()
        .filter(|term| term.kind == TermKind::Placeholder);
    assert_eq!(placeholders.count(), 8);
    // A block counts as one statement, with what lies in it and its end word.
    let top = |statement: &&Statement| {
        statement.block.is_none() && !matches!(statement.kind, StatementKind::End { .. })
    };
    assert_eq!(tree.statements.iter().filter(top).count(), 26);
}
