//! Texts made to hurt. Each must be read in one pass; what is quadratic does not end here.

use perso::syntax::cpf::{CpfTree, DefectKind, MAX_DEPTH, StatementKind, parse};

fn count(tree: &CpfTree, is: impl Fn(&DefectKind) -> bool) -> usize {
    tree.defects
        .iter()
        .filter(|defect| is(&defect.kind))
        .count()
}

#[test]
fn hex_data_left_open_on_every_third_line() {
    let mut text = String::new();
    while text.len() < 700_000 {
        text.push_str("SEC_OP = 0x{ 41 42 43\n  44 45 46 ; more\n ; nothing\n");
    }
    let tree = parse(&text);
    let statements = text.lines().count() / 3;
    assert_eq!(tree.statements.len(), statements);
    assert_eq!(
        count(&tree, |kind| *kind == DefectKind::UnterminatedBytes),
        statements
    );
    assert_eq!(tree.defects.len(), statements);
}

#[test]
fn hex_data_left_open_where_nothing_starts_a_statement() {
    let tree = parse(&"0x{ 41 ; 0x{\n".repeat(50_000));
    assert_eq!(tree.statements.len(), 1);
}

#[test]
fn a_hundred_thousand_blocks() {
    let text = format!("MasterFile\n{}", "CreateDf D id=1\n".repeat(100_000));
    let tree = parse(&text);
    assert_eq!(tree.statements.len(), 100_001);
    assert_eq!(count(&tree, |kind| *kind == DefectKind::TooDeep), 1);
    assert_eq!(tree.defects.len(), 1 + 64);

    let closed = format!("{text}{}Endfile\n", "EndDF\n".repeat(100_000));
    let tree = parse(&closed);
    assert_eq!(tree.defects.len(), 1);

    let stray = format!("{text}{}", "Endfile\n".repeat(100_000));
    let tree = parse(&stray);
    assert_eq!(count(&tree, |kind| *kind == DefectKind::StrayEnd), 99_999);
}

#[test]
fn a_hundred_thousand_parentheses() {
    let one_line = parse(&"A(".repeat(100_000));
    assert_eq!(one_line.statements.len(), 1);
    assert_eq!(count(&one_line, |kind| *kind == DefectKind::TooDeep), 1);
    assert_eq!(one_line.defects.len(), 1);

    let bare = parse(&format!("A{}\nB = 1", "(".repeat(100_000)));
    assert_eq!(bare.statements.len(), 2);
    assert_eq!(bare.defects.len(), 1);

    let lines = parse(&"A(\n".repeat(100_000));
    assert_eq!(count(&lines, |kind| *kind == DefectKind::TooDeep), 1);

    let left_open = parse(&"A(1\n".repeat(100_000));
    assert_eq!(left_open.defects.len(), 100_000);

    let between = parse(&format!(
        "{}{}",
        "A(1,\n".repeat(60),
        "G(),\n".repeat(50_000)
    ));
    assert!(between.defects.len() > 60);
}

#[test]
fn one_endless_line() {
    const LENGTH: usize = 8 << 20;
    let name = parse(&"a".repeat(LENGTH));
    assert_eq!(name.statements.len(), 1);
    let string = parse(&format!("P = '{}", "x".repeat(LENGTH)));
    assert_eq!(string.defects.len(), 1);
    let junk = parse(&format!("P = 1 {}", "41 ".repeat(LENGTH / 3)));
    assert_eq!(junk.statements.len(), 1);
    let comment = parse(&format!(";{}", "\0".repeat(LENGTH)));
    assert_eq!(comment.comments.len(), 1);
}

#[test]
fn calls_up_to_the_limit_are_no_defect() {
    let nested = |depth: usize| format!("X = {}1{}\n", "A(".repeat(depth), ")".repeat(depth));
    assert_eq!(parse(&nested(64)).defects, []);
    let deeper = parse(&nested(65));
    assert_eq!(count(&deeper, |kind| *kind == DefectKind::TooDeep), 1);
    assert!(matches!(
        deeper.statements[0].kind,
        StatementKind::Assignment { .. }
    ));
}

/// Nothing looks for the end of the stack, so the deepest calls have to fit a small one.
#[test]
fn the_deepest_calls_fit_a_small_stack() {
    let deep = |open: &str| format!("{}1{}", open.repeat(MAX_DEPTH), ")".repeat(MAX_DEPTH));
    let text = format!(
        "{}\nX = {}\nCreateEf E id={}\nCreatEf E id={}\nY = {}\n",
        deep("A("),
        deep("A(2 + \\\n"),
        deep("A ( 1,\n"),
        deep("A("),
        "A(".repeat(100_000),
    );
    let small = std::thread::Builder::new().stack_size(512 << 10);
    let reader = small.spawn(move || parse(&text).statements.len()).unwrap();
    assert_eq!(reader.join().unwrap(), 5);
}
