//! Whole files with their trees.

use std::fmt::Write as _;

use super::super::{DscTree, LineKind, Section, parse};

/// The source line by line, each with what it was read as, under its section.
fn side_by_side(text: &str) -> String {
    let tree = parse(text);
    let mut page = String::new();
    for section in &tree.sections {
        page.push_str(&section_title(text, section));
        for number in section.lines.clone() {
            page.push_str(&line(text, &tree, number as usize));
        }
    }
    page
}

fn section_title(text: &str, section: &Section) -> String {
    match section.name {
        Some(name) => format!("section <{}>\n", name.of(text)),
        None => "before the first section\n".to_owned(),
    }
}

fn line(text: &str, tree: &DscTree, number: usize) -> String {
    let line = tree.lines[number];
    let source = line.span.of(text).escape_debug().to_string();
    let mut shown = format!(
        "{:>3} | {source:<48} {}\n",
        number + 1,
        kind(text, line.kind)
    );
    for defect in tree
        .defects
        .iter()
        .filter(|defect| line.span.contains(defect.span))
    {
        let place = defect.span.of(text).escape_debug();
        let _ = writeln!(shown, "    ! {:?} <{place}>", defect.kind);
    }
    shown
}

fn kind(text: &str, kind: LineKind) -> String {
    let shown = |span: crate::source::Span| format!("<{}>", span.of(text).escape_debug());
    match kind {
        LineKind::Header { name } => format!("header {}", shown(name)),
        LineKind::Property { key, value } => format!("property {} {}", shown(key), shown(value)),
        LineKind::Bare { text } => format!("bare {}", shown(text)),
        LineKind::Junk { text } => format!("junk {}", shown(text)),
        LineKind::Blank => "blank".to_owned(),
        LineKind::Comment => "comment".to_owned(),
        LineKind::Semicolon => "semicolon".to_owned(),
        LineKind::Protected => "protected".to_owned(),
    }
}

fn assert_tree(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../../snapshots/syntax/dsc");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, side_by_side(text)));
}

#[test]
fn a_card_with_one_certificate() {
    assert_tree(
        "a_card_with_one_certificate",
        r#"[Encoding]
Type=1024,Chip
Devices=8711

[Fields]
HOLDER_PIN=
HOLDER_PUK=
SERIAL=

[Description] 
# one library for both word sizes
PKCS11LibraryWindows64=C:/Program Files/Personal/bin64/personal.dll 
iccsnfield=SERIAL
InitToken=true
InitialLabel=#Card of the staff, no. 7
InitialPUK=HOLDER_PUK
PIN=HOLDER_PIN
ApplicationList=A

[Application_A]
CertTempl=StaffLogin
KeySize=3072
ObjectCriteria=CKO_PRIVATE_KEY,CKA_LABEL,string,"a = b, c"
"#,
    );
}

#[test]
fn mixed_line_ends() {
    assert_tree(
        "mixed_line_ends",
        "[Fields]\r\nONE=\rTWO=\n\r\r\n\n\r [ Description\t] \r\n\tPIN =\u{a0}ONE \t\r# last\rPUK=TWO",
    );
}

#[test]
fn unclosed_headers() {
    assert_tree(
        "unclosed_headers",
        "[Encoding\nType=1024,Chip\n\n [ Fields \r\nPIN=\n[Description\n[\n[Application_A] # first\n\
         CertTempl=T\n[]\n[ ] x\n[Application_B]]\n",
    );
}

#[test]
fn a_protected_part() {
    assert_tree(
        "a_protected_part",
        "[Fields]\nPIN=\n^5A0F=[Description]\n^\n ^5A0F\n^9C # 11\t\n",
    );
}

#[test]
fn a_magnetic_stripe() {
    assert_tree(
        "a_magnetic_stripe",
        "[Encoding]\nType=2,Magstripe\nSubType=1\n\n[Fields]\nTrack 2=Field21\n\
         Track 3=\";\" + Format(Number,\"0000\") + \"=\"\n\n[Application_2]\nADR_00000=Track 2,Track 2,X,,,S\n",
    );
}

#[test]
fn everything_malformed() {
    assert_tree(
        "everything_malformed",
        "; written by hand\n\nPIN=1\nPIN\n=1\n^x\n[Fields\nCARD PIN\n=\n == a\n\u{c}\n[Description]PIN=a\n\
         \0\u{1}=\u{7f}\n[]\n;PIN=\n\u{feff}[Fields]\nlast",
    );
}
