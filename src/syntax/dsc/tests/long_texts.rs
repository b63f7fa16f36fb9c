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
fn a_million_open_headers() {
    let text = "[\n".repeat(1 << 20);
    assert_eq!(lines_of(&text), 1 << 20);
}

#[test]
fn a_million_empty_lines() {
    for end in ["\n", "\r", "\r\n"] {
        assert_eq!(lines_of(&end.repeat(1_000_000)), 1_000_000);
    }
}

#[test]
fn one_endless_line() {
    for start in ["", "x", "[", "[ ]", "#", "=", "x=", " ", "\0"] {
        for body in ["x", " ", "[", "=", "\0", "é"] {
            let text = format!("{start}{}", body.repeat((8 << 20) / body.len() / 8));
            assert_eq!(lines_of(&text), 1);
        }
    }
    assert_eq!(lines_of(&"x".repeat(8 << 20)), 1);
    assert_eq!(lines_of(&" ".repeat(8 << 20)), 1);
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
