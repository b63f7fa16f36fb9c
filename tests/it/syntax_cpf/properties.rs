//! What holds for every text.

use perso::source::Span;
use perso::syntax::cpf::{CpfTree, TermKind, parse};
use proptest::prelude::*;

const FRAGMENTS: &[&str] = &[
    "CreateDf",
    "CreateEf",
    "createpin",
    "CreatEf",
    "MasterFile",
    "File",
    "Static",
    "Dynamic",
    "Endfile",
    "EndDF",
    "Endfil",
    "data",
    "CardModel",
    "CreateFiles()",
    "X",
    "SEC_PIN1",
    "id",
    "=",
    "=",
    "0x5031",
    "12ab",
    "22000",
    "0x{",
    "}",
    "A4 0A",
    "A",
    "3F00",
    "'",
    "'it''s'",
    "\"",
    "\"a;b\"",
    "...",
    "..",
    "(",
    ")",
    ",",
    "+",
    "|",
    "&",
    "\\",
    "\\\n",
    "\\ ; c\n",
    ";",
    "; comment",
    "\n",
    "\n",
    "\n",
    "\r\n",
    "\r",
    " ",
    " ",
    "\t",
    "\x0C",
    "\0",
    "é",
    "日",
    "F(",
    "G(1,\n",
];

fn profile() -> impl Strategy<Value = String> {
    let fragment = proptest::sample::select(FRAGMENTS);
    proptest::collection::vec(fragment, 0..60).prop_map(|fragments| fragments.concat())
}

fn lines() -> impl Strategy<Value = String> {
    let line = proptest::sample::select(
        &[
            "MasterFile",
            "CreateDf D id=1",
            "CreateEf E id=2 \\",
            "  maxsize=auto",
            "EndDF",
            "Endfile",
            "File Static E",
            "data = 0x{",
            "30 08 ; c",
            "}",
            "F(1,",
            "G(2),",
            ")",
            "; note (a)",
            "X = F( ; c",
            "P = 'x",
            "",
            "junk",
            "Q = 0x{41} + 0x{4}",
            "F(0x{ ; }",
            "P = 'x' ; y \\",
            "CreateFiles()",
        ][..],
    );
    proptest::collection::vec(line, 0..24).prop_map(|lines| lines.join("\n"))
}

fn check(text: &str) {
    let tree = parse(text);
    check_order(text, &tree);
    check_tiles(text, &tree);
    check_parts(text, &tree);
}

fn lies_in(text: &str, span: Span) {
    assert!(span.start <= span.end, "{span:?} in {text:?}");
    assert!(
        text.get(span.start as usize..span.end as usize).is_some(),
        "{span:?} in {text:?}"
    );
}

fn check_order(text: &str, tree: &CpfTree) {
    for spans in [
        tree.statements
            .iter()
            .map(|statement| statement.span)
            .collect(),
        tree.comments.clone(),
    ] as [Vec<Span>; 2]
    {
        spans.iter().for_each(|span| lies_in(text, *span));
        assert!(
            spans.windows(2).all(|pair| pair[0].end <= pair[1].start),
            "{spans:?} in {text:?}"
        );
    }
    for comment in &tree.comments {
        assert!(comment.of(text).starts_with(';'));
        assert!(!comment.of(text).contains(['\n', '\r']));
    }
    assert!(tree.defects.is_sorted_by_key(|defect| defect.span.start));
}

/// Statements, comments, blanks and line ends are all there is.
fn check_tiles(text: &str, tree: &CpfTree) {
    let mut covered = vec![false; text.len()];
    let statements = tree.statements.iter().map(|statement| statement.span);
    for span in statements.chain(tree.comments.iter().copied()) {
        covered[span.start as usize..span.end as usize].fill(true);
    }
    for (at, byte) in text.bytes().enumerate() {
        let between = matches!(byte, b' ' | b'\t' | b'\x0C' | b'\n' | b'\r' | b'\\');
        assert!(
            covered[at] || between,
            "byte {at} of {text:?} is nowhere: {tree:?}"
        );
    }
}

fn check_parts(text: &str, tree: &CpfTree) {
    for statement in &tree.statements {
        assert!(
            statement.span.contains(statement.word()),
            "{statement:?} in {text:?}"
        );
        assert!(!statement.word().is_empty(), "{statement:?} in {text:?}");
    }
    for defect in &tree.defects {
        lies_in(text, defect.span);
    }
    for term in &tree.terms {
        lies_in(text, term.span);
        match term.kind {
            TermKind::Bytes => check_hex_bytes(text, tree, *term),
            TermKind::String => _ = term.string_value(text),
            _ => {}
        }
    }
}

fn check_hex_bytes(text: &str, tree: &CpfTree, term: perso::syntax::cpf::Term) {
    let values = term.bytes_value(text);
    assert_eq!(values.len(), term.hex_bytes(text).count());
    for (byte, span) in term.hex_bytes(text) {
        assert_eq!(u8::from_str_radix(span.of(text), 16), Ok(byte));
        assert!(term.span.contains(span));
        assert!(!tree.comments.iter().any(|comment| comment.contains(span)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn holds_for_any_text(text in "\\PC*|[ -~\n\r\t]{0,60}|(?s:.){0,60}") {
        check(&text);
    }

    #[test]
    fn holds_for_fragments(text in profile()) {
        check(&text);
    }

    #[test]
    fn holds_for_lines(text in lines()) {
        check(&text);
        check(&text.replace('\n', "\r\n"));
    }

    /// What stands before a line that starts a statement has no influence behind it.
    #[test]
    fn a_statement_word_is_a_safe_cut(before in lines(), after in lines()) {
        let before = format!("{before}\n; cut\n");
        let joined = format!("{before}MasterFile\n{after}");
        let tail = parse(&joined[before.len()..]);
        let whole = parse(&joined);
        let behind = &whole.statements[whole.statements.len() - tail.statements.len()..];
        for (one, other) in behind.iter().zip(&tail.statements) {
            let by = u32::try_from(before.len()).unwrap();
            prop_assert_eq!(one.span, other.span.shifted(by));
        }
    }
}
