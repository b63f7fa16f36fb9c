//! Laying out: untidy files of both languages, tidy ones, and texts that nobody wishes for, for which
//! the time must grow as the length does.

#![allow(
    clippy::unwrap_used,
    reason = "a measurement that cannot go on is none"
)]

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use perso::format::{description, profile};
use perso::source::SourceFile;
use perso::syntax::{cpf, dsc};

#[path = "parse/cpf_text.rs"]
mod cpf_text;
#[path = "parse/dsc_text.rs"]
mod dsc_text;

const MEGABYTE: usize = 1_000_000;

/// Megabytes of hostile text.
const SIZES: [usize; 3] = [1, 4, 16];

fn main() {
    divan::main();
}

fn descriptions(bencher: Bencher<'_, '_>, text: &str) {
    let file = SourceFile::from_text("card.dsc", text);
    bencher
        .counter(BytesCount::of_str(text))
        .bench_local(|| description(black_box(&file), &dsc::parse(file.text())));
}

fn profiles(bencher: Bencher<'_, '_>, text: &str) {
    let file = SourceFile::from_text("card.cpf", text);
    bencher
        .counter(BytesCount::of_str(text))
        .bench_local(|| profile(black_box(&file), &cpf::parse(file.text())));
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn untidy_description(bencher: Bencher<'_, '_>) {
    let untidy = dsc_text::description(10 * MEGABYTE).replace('=', " = ");
    descriptions(bencher, &untidy);
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn tidy_description(bencher: Bencher<'_, '_>) {
    let untidy = SourceFile::from_text("x", dsc_text::description(10 * MEGABYTE));
    let tidy = description(&untidy, &dsc::parse(untidy.text())).unwrap();
    descriptions(bencher, &tidy);
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn untidy_profile(bencher: Bencher<'_, '_>) {
    profiles(bencher, &cpf_text::profile(10 * MEGABYTE));
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn tidy_profile(bencher: Bencher<'_, '_>) {
    let untidy = SourceFile::from_text("x", cpf_text::profile(10 * MEGABYTE));
    let tidy = profile(&untidy, &cpf::parse(untidy.text())).unwrap();
    profiles(bencher, &tidy);
}

#[divan::bench(args = SIZES, sample_count = 3, sample_size = 1)]
fn one_line_of_a_description(bencher: Bencher<'_, '_>, megabytes: usize) {
    let value = "y ".repeat(megabytes * MEGABYTE / 2);
    descriptions(bencher, &format!("[Description]\n PIN = {value}\n"));
}

/// What is repeated in a profile between an opening and an end.
struct Hostile {
    name: &'static str,
    opening: &'static str,
    piece: &'static str,
    end: &'static str,
}

const fn hostile(name: &'static str, [opening, piece, end]: [&'static str; 3]) -> Hostile {
    Hostile {
        name,
        opening,
        piece,
        end,
    }
}

const HOSTILE: [Hostile; 8] = [
    hostile(
        "open blocks",
        ["MasterFile\n", "CreateDf D id=0x4401\n", ""],
    ),
    hostile(
        "blocks",
        ["MasterFile\n", "CreateDf D id=1\nEndDF\n", "Endfile\n"],
    ),
    hostile("rows of hex", ["A = 0x{\n", "  01 02 ; note\n", "}\n"]),
    hostile("a line of hex", ["A = 0x{", "01 02 ", "}\n"]),
    hostile("a line of words", ["", "x ", "\n"]),
    hostile("attributes", ["CreateEf E", " id=1", "\n"]),
    hostile(
        "neighbours",
        ["", "CreateEf E id=1  maxsize=auto ; note\n", ""],
    ),
    hostile(
        "continued lines",
        ["A = 0x{01}", " + \\ ; note\n 'x'", "\n"],
    ),
];

fn cases() -> impl Iterator<Item = String> {
    let names = HOSTILE.iter().map(|hostile| hostile.name);
    names.flat_map(|name| SIZES.map(|size| format!("{name}, {size} MB")))
}

#[divan::bench(args = cases(), sample_count = 3, sample_size = 1)]
fn hostile_profile(bencher: Bencher<'_, '_>, case: &str) {
    let (name, size) = case.rsplit_once(", ").unwrap();
    let size: usize = size.trim_end_matches(" MB").parse().unwrap();
    let hostile = HOSTILE.iter().find(|hostile| hostile.name == name).unwrap();
    let Hostile {
        opening,
        piece,
        end,
        ..
    } = hostile;
    let pieces = piece.repeat(size * MEGABYTE / piece.len());
    profiles(bencher, &format!("{opening}{pieces}{end}"));
}

#[divan::bench(args = SIZES, sample_count = 3, sample_size = 1)]
fn hex_left_open(bencher: Bencher<'_, '_>, megabytes: usize) {
    profiles(bencher, &cpf_text::left_open(megabytes * MEGABYTE));
}
