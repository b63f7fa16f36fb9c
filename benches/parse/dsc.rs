//! Encoding descriptions, beside two INI readers on the same text.
//!
//! The peers build owned maps of trimmed strings and forget the layout; perso keeps every line with
//! its place. None of the three does the work of another, all three read the same language.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};

use crate::dsc_text::description;
use crate::heap::peak_of;

const MEGABYTE: usize = 1_000_000;
const SIZES: [usize; 2] = [MEGABYTE, 10 * MEGABYTE];

fn perso(text: &str) -> perso::syntax::dsc::DscTree {
    perso::syntax::dsc::parse(text)
}

fn rust_ini(text: &str) -> Option<ini::Ini> {
    ini::Ini::load_from_str(text).ok()
}

fn configparser(text: &str) -> configparser::ini::Ini {
    let mut reader = configparser::ini::Ini::new();
    let _ = reader.read(text.to_owned());
    reader
}

fn bench<T>(bencher: Bencher<'_, '_>, bytes: usize, read: fn(&str) -> T) {
    let text = description(bytes);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| read(black_box(&text)));
}

#[divan::bench(name = "dsc/perso", args = SIZES, sample_count = 20, sample_size = 1)]
fn dsc_perso(bencher: Bencher<'_, '_>, bytes: usize) {
    bench(bencher, bytes, perso);
}

#[divan::bench(name = "dsc/rust-ini", args = SIZES, sample_count = 20, sample_size = 1)]
fn dsc_rust_ini(bencher: Bencher<'_, '_>, bytes: usize) {
    bench(bencher, bytes, rust_ini);
}

#[divan::bench(name = "dsc/configparser", args = SIZES, sample_count = 20, sample_size = 1)]
fn dsc_configparser(bencher: Bencher<'_, '_>, bytes: usize) {
    bench(bencher, bytes, configparser);
}

/// Prints the most heap that each reader needs beyond the text, as a multiple of the text.
#[allow(clippy::print_stdout)] // divan prints its table the same way
pub(crate) fn print_memory() {
    for bytes in SIZES {
        let text = description(bytes);
        let times = |peak: usize| peak as f64 / text.len() as f64;
        println!(
            "heap beyond the text, dsc {} MB: perso {:.2}x, rust-ini {:.2}x, configparser {:.2}x",
            bytes / MEGABYTE,
            times(peak_of(|| perso(&text))),
            times(peak_of(|| rust_ini(&text))),
            times(peak_of(|| configparser(&text))),
        );
    }
}
