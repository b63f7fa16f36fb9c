//! Texts that would take forever, or all memory, if any step were not linear. Generous bounds, for
//! a slow build on a busy machine: what is quadratic misses them by orders of magnitude.

use std::time::{Duration, Instant};

use super::super::{DefectKind, parse};

const BOUND: Duration = Duration::from_secs(20);

fn lines_of(text: &str) -> usize {
    let start = Instant::now();
    let tree = parse(text);
    let taken = start.elapsed();
    assert!(taken < BOUND, "{taken:?}");
    tree.lines.len()
}

#[test]
fn two_megabytes_of_open_headers() {
    assert_eq!(lines_of(&"[Field\n".repeat(300_000)), 300_000);
    assert_eq!(lines_of(&"[\n".repeat(500_000)), 500_000);
}

#[test]
fn a_million_empty_lines() {
    assert_eq!(lines_of(&"\n".repeat(1_000_000)), 1_000_000);
    assert_eq!(lines_of(&"\r\n".repeat(200_000)), 200_000);
}

#[test]
fn one_endless_line() {
    for body in ["x", "[", "=", "\0", "é"] {
        assert_eq!(lines_of(&body.repeat(8 << 20)), 1, "{body:?}");
    }
}

#[test]
fn one_endless_line_of_blanks() {
    for start in ["", "x", "[", "[ ]", "#", "=", "x="] {
        for end in ["", "\r", "]", "x"] {
            let text = format!("{start}{}{end}", " ".repeat(1 << 18));
            assert_eq!(lines_of(&text), 1, "{start:?} {end:?}");
        }
    }
}

#[test]
fn every_line_of_a_long_bad_text_is_reported() {
    let tree = parse(&format!("[A]\n{}", "PIN\n".repeat(100_000)));
    assert_eq!(tree.defects.len(), 100_000);
    assert!(
        tree.defects
            .iter()
            .all(|defect| defect.kind == DefectKind::MissingEquals)
    );
}
