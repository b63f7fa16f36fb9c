//! One test per kind of line and per defect.

use super::super::{DefectKind, DscTree, LineKind, parse};

/// The only line of `text` behind a header, as words, and its defect.
fn in_section(text: &str) -> (String, Option<(DefectKind, String)>) {
    described(&format!("[Fields]\n{text}"), 1)
}

/// Line `number` as words, and the only defect of the text.
fn described(text: &str, number: usize) -> (String, Option<(DefectKind, String)>) {
    let tree = parse(text);
    assert!(tree.defects.len() <= 1, "{tree:?}");
    let defect = tree.defects.first();
    let defect = defect.map(|defect| (defect.kind, defect.span.of(text).to_owned()));
    (words(text, tree.lines[number].kind), defect)
}

fn words(text: &str, kind: LineKind) -> String {
    match kind {
        LineKind::Blank => "blank".to_owned(),
        LineKind::Comment => "comment".to_owned(),
        LineKind::Semicolon => "semicolon".to_owned(),
        LineKind::Protected => "protected".to_owned(),
        LineKind::Header { name } => format!("header <{}>", name.of(text)),
        LineKind::Property { key, value } => {
            format!("property <{}> <{}>", key.of(text), value.of(text))
        }
        LineKind::Bare { text: bare } => format!("bare <{}>", bare.of(text)),
        LineKind::Junk { text: junk } => format!("junk <{}>", junk.of(text)),
    }
}

fn fits(line: &str, expected: &str) {
    assert_eq!(in_section(line), (expected.to_owned(), None), "{line:?}");
}

fn does_not_fit(line: &str, expected: &str, kind: DefectKind, place: &str) {
    let defect = Some((kind, place.to_owned()));
    assert_eq!(in_section(line), (expected.to_owned(), defect), "{line:?}");
}

fn section_names(text: &str, tree: &DscTree) -> Vec<Option<String>> {
    let names = tree.sections.iter().map(|section| section.name);
    names
        .map(|name| name.map(|span| span.of(text).to_owned()))
        .collect()
}

#[test]
fn properties_split_at_the_first_equals_sign() {
    fits("PIN=PIN_FIELD", "property <PIN> <PIN_FIELD>");
    fits("PIN=", "property <PIN> <>");
    fits("A=B=C==", "property <A> <B=C==>");
    fits("Track 2=Field21", "property <Track 2> <Field21>");
    fits("Label=#a # b; c [d]", "property <Label> <#a # b; c [d]>");
}

#[test]
fn blanks_around_keys_and_values_are_not_theirs() {
    fits(
        " \tPIN \t=\t PIN_FIELD \t\r\n",
        "property <PIN> <PIN_FIELD>",
    );
    fits("PIN= \t \n", "property <PIN> <>");
    fits("Label=# two  blanks", "property <Label> <# two  blanks>");
}

#[test]
fn control_characters_and_wide_blanks_are_text() {
    fits("\0=\u{7f}\u{b}", "property <\0> <\u{7f}\u{b}>");
    fits("\u{c}A=\u{a0}B\u{a0}", "property <\u{c}A> <\u{a0}B\u{a0}>");
    fits(
        "\u{85}\u{2028}=\u{feff}",
        "property <\u{85}\u{2028}> <\u{feff}>",
    );
}

#[test]
fn comments_may_be_indented_and_protected_lines_may_not() {
    fits("# PIN=1", "comment");
    fits(" \t#", "comment");
    fits("; PIN=1", "semicolon");
    fits("\t;", "semicolon");
    fits("^A=1", "protected");
    fits("^", "protected");
    fits(" ^A=1", "property <^A> <1>");
    does_not_fit(" ^A\n", "bare <^A>", DefectKind::MissingEquals, "^A");
}

#[test]
fn blank_lines_hold_blanks_only() {
    fits("\n", "blank");
    fits(" \t\r", "blank");
    fits("  ", "blank");
    does_not_fit(
        "\u{c}\n",
        "bare <\u{c}>",
        DefectKind::MissingEquals,
        "\u{c}",
    );
}

#[test]
fn headers_are_trimmed() {
    fits("[Description] \t\n", "header <Description>");
    fits("\t [ Application A\t]", "header <Application A>");
    fits("[a[b=c]", "header <a[b=c>");
}

#[test]
fn headers_that_do_not_fit_still_open_their_section() {
    does_not_fit(
        " [ Fields \r\n",
        "header <Fields>",
        DefectKind::UnclosedHeader,
        "[ Fields",
    );
    does_not_fit("[", "header <>", DefectKind::UnclosedHeader, "[");
    does_not_fit(" [ ] \n", "header <>", DefectKind::EmptyHeader, "[ ]");
    does_not_fit("[] text", "header <>", DefectKind::EmptyHeader, "[]");
    does_not_fit(
        "[A]  # b \n",
        "header <A>",
        DefectKind::TextBehindHeader,
        "# b",
    );
    does_not_fit("[A]]", "header <A>", DefectKind::TextBehindHeader, "]");
    let text = "[A\nX=1\n[]\n[B] b\n";
    let names = ["A", "", "B"].map(|name| Some(name.to_owned()));
    assert_eq!(section_names(text, &parse(text)), names);
}

#[test]
fn lines_without_key_or_equals_sign_are_kept() {
    does_not_fit(
        " CARD PIN \n",
        "bare <CARD PIN>",
        DefectKind::MissingEquals,
        "CARD PIN",
    );
    does_not_fit(
        "\t= a=b \n",
        "junk <= a=b>",
        DefectKind::MissingKey,
        "= a=b",
    );
    does_not_fit("=", "junk <=>", DefectKind::MissingKey, "=");
}

#[test]
fn before_the_first_header_only_the_place_is_wrong() {
    for (line, expected) in [
        (" PIN = 1 ", "property <PIN> <1>"),
        ("PIN", "bare <PIN>"),
        ("=1", "junk <=1>"),
    ] {
        let place = line.trim().to_owned();
        let defect = Some((DefectKind::OutsideSection, place));
        assert_eq!(
            described(&format!("{line}\n[A]"), 0),
            (expected.to_owned(), defect)
        );
    }
    for line in ["", " ", "# a", "; a", "^a"] {
        assert_eq!(described(&format!("{line}\n[A]"), 0).1, None, "{line:?}");
    }
}

#[test]
fn sections_reach_from_header_to_header() {
    let text = "# top\n\n[A]\nX=1\n[B]";
    let tree = parse(text);
    let ranges: Vec<_> = tree
        .sections
        .iter()
        .map(|section| section.lines.clone())
        .collect();
    assert_eq!(ranges, [0..2, 2..4, 4..5]);
    assert_eq!(
        section_names(text, &tree),
        [None, Some("A".to_owned()), Some("B".to_owned())]
    );
}

#[test]
fn an_empty_text_has_no_lines_and_no_sections() {
    let tree = parse("");
    assert!(tree.lines.is_empty() && tree.sections.is_empty() && tree.defects.is_empty());
}

#[test]
fn every_line_end_ends_one_line() {
    let text = "a=1\rb=2\r\nc=3\n\n\r\r\nd=4";
    let tree = parse(text);
    let lines: Vec<_> = tree.lines.iter().map(|line| line.span.of(text)).collect();
    assert_eq!(
        lines,
        ["a=1\r", "b=2\r\n", "c=3\n", "\n", "\r", "\r\n", "d=4"]
    );
}
