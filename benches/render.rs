//! Rendering 2,000 findings in a file of 1 MB: the bar is 20 ms for the human report.

#![allow(
    clippy::unwrap_used,
    reason = "a measurement that cannot go on is none"
)]

use divan::Bencher;
use perso::diagnostic::{Finding, Label, Severity};
use perso::report::{Report, human, json};
use perso::source::{SourceFile, SourceId, Sources, Span};

const LINE: &str = "DecryptedCardPin_PUK=#12345678 # a line of fifty characters\n";
const FINDINGS: u32 = 2000;

fn main() {
    divan::main();
}

fn sources() -> Sources {
    let mut sources = Sources::default();
    sources.add(SourceFile::from_text(
        "card.dsc",
        LINE.repeat((1 << 20) / LINE.len()),
    ));
    sources
}

/// Findings over the whole file, each with two labels and a help.
fn findings() -> Vec<Finding> {
    let length = u32::try_from(LINE.len()).unwrap();
    let finding = |number: u32| {
        let start = number * 8 * length;
        let label = |from, to| Label::new(SourceId(0), Span::new(start + from, start + to), "here");
        let message = "`DecryptedCardPin_PUK` is wrong";
        Finding::new("some-rule", Severity::Warning, message, label(0, 20))
            .because(label(length + 21, length + 30))
            .help("write something else")
    };
    (0..FINDINGS).map(finding).collect()
}

#[divan::bench]
fn human_plain(bencher: Bencher<'_, '_>) {
    rendering(bencher, |report, out| human(report, false, true, out));
}

#[divan::bench]
fn human_coloured(bencher: Bencher<'_, '_>) {
    rendering(bencher, |report, out| human(report, true, true, out));
}

#[divan::bench]
fn machine(bencher: Bencher<'_, '_>) {
    rendering(bencher, |report, out| json(report, out));
}

fn rendering(
    bencher: Bencher<'_, '_>,
    render: impl Fn(&Report<'_>, &mut dyn std::io::Write) -> std::io::Result<()> + Sync,
) {
    let findings = findings();
    bencher.with_inputs(sources).bench_values(|sources| {
        let mut out = Vec::new();
        render(&Report::new(&sources, &findings, 1), &mut out).unwrap();
        (out, sources)
    });
}
