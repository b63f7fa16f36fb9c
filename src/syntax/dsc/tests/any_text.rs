//! What holds for every text whatsoever.

use proptest::prelude::*;

use super::super::{DscTree, LineKind, parse};
use crate::source::{LineIndex, Span};

/// Names and values of a line, as far as it has any.
fn parts(kind: LineKind) -> Vec<Span> {
    match kind {
        LineKind::Header { name } => vec![name],
        LineKind::Property { key, value } => vec![key, value],
        LineKind::Bare { text } | LineKind::Junk { text } => vec![text],
        LineKind::Blank | LineKind::Comment | LineKind::Semicolon | LineKind::Protected => vec![],
    }
}

fn lies_on_characters(text: &str, span: Span) -> bool {
    text.get(span.start as usize..span.end as usize).is_some()
}

fn is_trimmed(text: &str) -> bool {
    text == text.trim_matches([' ', '\t', '\n', '\r'])
}

fn check_lines(text: &str, tree: &DscTree) {
    let index = LineIndex::new(text);
    let mut at = 0;
    for (number, line) in (0..).zip(&tree.lines) {
        assert_eq!(line.span.start, at, "lines tile the text");
        assert_eq!(
            index.start_of(number),
            at,
            "lines are those of the line index"
        );
        assert!(!line.span.is_empty());
        at = line.span.end;
        for part in parts(line.kind) {
            assert!(line.span.contains(part) && lies_on_characters(text, part));
            assert!(is_trimmed(part.of(text)), "{:?}", part.of(text));
        }
        if let LineKind::Property { key, value } = line.kind {
            let between = Span::new(key.end, value.start).of(text);
            assert_eq!(between.matches('=').count(), 1, "{between:?}");
            assert!(!key.is_empty() && !key.of(text).contains('='));
        }
    }
    assert_eq!(at as usize, text.len(), "lines tile the text");
}

fn check_sections(tree: &DscTree) {
    let mut at = 0;
    for (number, section) in tree.sections.iter().enumerate() {
        assert_eq!(section.lines.start, at, "sections tile the lines");
        assert!(!section.lines.is_empty());
        at = section.lines.end;
        let lines = &tree.lines[section.lines.start as usize..at as usize];
        let mut names = lines.iter().map(|line| match line.kind {
            LineKind::Header { name } => Some(name),
            _ => None,
        });
        assert_eq!(
            names.next(),
            Some(section.name),
            "a header opens its section"
        );
        assert!(
            names.all(|name| name.is_none()),
            "and no other header lies inside"
        );
        assert!(section.name.is_some() || number == 0);
    }
    assert_eq!(at as usize, tree.lines.len(), "sections tile the lines");
}

fn check_defects(text: &str, tree: &DscTree) {
    let index = LineIndex::new(text);
    let mut last = None;
    for defect in &tree.defects {
        let line = index.line_of(defect.span.start);
        assert!(last < Some(line), "ordered, at most one a line");
        assert!(tree.lines[line as usize].span.contains(defect.span));
        assert!(lies_on_characters(text, defect.span) && !defect.span.is_empty());
        assert!(is_trimmed(defect.span.of(text)));
        last = Some(line);
    }
}

fn check(text: &str) {
    let tree = parse(text);
    check_lines(text, &tree);
    check_sections(&tree);
    check_defects(text, &tree);
}

/// Pieces that descriptions are made of, and pieces that harm them.
const PIECES: &[&str] = &[
    "[",
    "]",
    "[Fields]",
    "[Description] ",
    "=",
    "PIN",
    "PIN=PIN_FIELD",
    "#",
    ";",
    "^",
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\0",
    "\u{c}",
    "\u{a0}",
    "\u{85}",
    "\u{feff}",
    "é",
    "𝄞",
    "Track 2=Field21",
    "#1234",
    "!FROM_USER_DIALOG_2_FIELD",
];

fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => proptest::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ]
}

/// Lines as an author writes them, none of which is a defect.
fn good_line() -> impl Strategy<Value = String> {
    let key = "[A-Za-z_^][A-Za-z0-9_ ]{0,12}";
    let value = "[ -~]{0,20}";
    prop_oneof![
        6 => (key, value).prop_map(|(key, value)| format!("x{key}={value}")),
        1 => value.prop_map(|text| format!("# {text}")),
        1 => value.prop_map(|text| format!("^{text}")),
        1 => key.prop_map(|name| format!("[{name}]")),
        1 => Just(" ".to_owned()),
    ]
}

fn joined(lines: &[String], ends: &[&str]) -> String {
    lines
        .iter()
        .zip(ends.iter().cycle())
        .flat_map(|(line, end)| [line.as_str(), *end])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_characters_make_a_tree(text in proptest::collection::vec(any::<char>(), 0..60)) {
        check(&text.into_iter().collect::<String>());
    }

    #[test]
    fn any_fragments_make_a_tree(pieces in proptest::collection::vec(fragment(), 0..60)) {
        check(&pieces.concat());
    }

    #[test]
    fn good_lines_have_no_defect(
        lines in proptest::collection::vec(good_line(), 0..40),
        ends in proptest::sample::subsequence(vec!["\n", "\r\n", "\r"], 1..=3),
    ) {
        let text = format!("[Encoding]\n{}", joined(&lines, &ends));
        check(&text);
        prop_assert_eq!(parse(&text).defects, []);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// Long enough to be cut into many portions.
    #[test]
    fn long_texts_make_a_tree(pieces in proptest::collection::vec(fragment(), 20..200)) {
        check(&pieces.concat().repeat(400));
    }
}
