//! The whole check, from text to findings: bytes a second for long texts, one small file as a
//! process, and a folder with 10,000 files. Bars: 40 MB/s, 5 ms, 1.5 s on two cores.
//!
//! `cargo bench --bench check`

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on is none"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use divan::Bencher;
use divan::counter::BytesCount;
use perso::check::{Configuration, Language, Tree, check_all};
use perso::diagnostic::Severity;
use perso::model::{ProjectFiles, Target};
use perso::source::{SourceFile, Sources};

const MEGABYTE: usize = 1 << 20;

fn main() {
    divan::main();
    small_file();
    folder();
}

/// A description of about `bytes` in which nothing is wrong: applications that write certificates.
fn description(bytes: usize) -> String {
    let count = bytes / 130;
    let mut text =
        String::from("[Encoding]\nType=1024,Chip\nDevices=8711\n\n[Fields]\nPin=\nList=\n");
    for number in 0..count {
        let _ = writeln!(text, "CERTIFICATE_{number}=");
    }
    text.push_str("\n[Description]\nPKCS11Library=cvP11.dll\nPIN=Pin\nClearFields=Pin\n");
    text.push_str("ApplicationListField=List\n\n");
    for number in 0..count {
        let _ = write!(
            text,
            "# the certificate of application {number}\n[Application_{number}]\n\
             WriteCertificate=true\nCertificate=CERTIFICATE_{number}\n\n"
        );
    }
    text
}

/// A profile of about `bytes` in which nothing is wrong.
fn profile(bytes: usize) -> String {
    let mut text = String::from("MakeCardEraseable()\nCardModel 'SIEMENS50'\nMasterFile\n");
    let count = (bytes / 430).min(12_000);
    for number in 0..count {
        let _ = writeln!(
            text,
            "CreateEf EF{number} id=0x{:04X} maxsize=auto read=always update=never",
            0x4000 + number
        );
    }
    text.push_str("Endfile\n");
    let hex = "   0C 11 44 69 67 69 74 61 6C 20 53    ; label\n   03 02 06 40          ; flags\n";
    let lines = (bytes / count.max(1)).saturating_sub(110) / hex.len();
    for number in 0..count {
        let _ = write!(
            text,
            "File Static EF{number}\ndata = 0x{{\n{}}}\nEndfile\n",
            hex.repeat(lines)
        );
    }
    text.push_str("CreateFiles()\n");
    text
}

/// From the bytes of a file to its findings, of which none may be an error.
fn check(language: Language, name: &str, text: &str) -> usize {
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::from_bytes(name, text.as_bytes().to_vec()));
    let trees = [(id, Tree::parse(language, sources[id].text()))];
    let nothing = (
        ProjectFiles::new(),
        Target::default(),
        Configuration::default(),
    );
    let checked = check_all(&sources, &trees, &nothing.0, &nothing.1, &nothing.2);
    let mut findings = checked.findings.iter();
    let error = findings.find(|finding| finding.severity == Severity::Error);
    assert!(error.is_none(), "{error:?}");
    checked.findings.len()
}

#[divan::bench(args = [MEGABYTE, 10 * MEGABYTE], sample_count = 10)]
fn descriptions(bencher: Bencher<'_, '_>, bytes: usize) {
    let text = description(bytes);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| check(Language::Dsc, "a.dsc", &text));
}

#[divan::bench(args = [MEGABYTE, 10 * MEGABYTE], sample_count = 10)]
fn profiles(bencher: Bencher<'_, '_>, bytes: usize) {
    let text = profile(bytes);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| check(Language::Cpf, "a.cpf", &text));
}

fn perso(folder: &Path, arguments: &[&str]) -> Duration {
    let start = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_perso"))
        .current_dir(folder)
        .args(arguments)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn small_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.dsc"), description(2_000)).unwrap();
    let times = (0..51)
        .map(|_| perso(folder.path(), &["check", "a.dsc"]))
        .collect();
    println!(
        "one small file as a process: {:?} (median of 51; bar 5 ms)",
        median(times)
    );
}

fn folder() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..10_000 {
        std::fs::write(
            folder.path().join(format!("{number:05}.dsc")),
            description(1_000),
        )
        .unwrap();
    }
    let times = (0..5).map(|_| perso(folder.path(), &["check"])).collect();
    println!(
        "10,000 files: {:?} (median of 5; bar 1.5 s on two cores)",
        median(times)
    );
}
