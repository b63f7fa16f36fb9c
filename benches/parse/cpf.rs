//! Card profiles: realistic ones, and hex data that is never closed, for which the time must grow as
//! the length does.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use perso::syntax::cpf::parse;

use crate::cpf_text::{left_open, profile};
use crate::heap::peak_of;

const MEGABYTE: usize = 1_000_000;
const SIZES: [usize; 2] = [MEGABYTE, 10 * MEGABYTE];

fn bench(bencher: Bencher<'_, '_>, text: &str) {
    bencher
        .counter(BytesCount::of_str(text))
        .bench_local(|| parse(black_box(text)));
}

#[divan::bench(name = "cpf/perso", args = SIZES, sample_count = 20, sample_size = 1)]
fn realistic(bencher: Bencher<'_, '_>, bytes: usize) {
    bench(bencher, &profile(bytes));
}

#[divan::bench(name = "cpf/left open", args = [1, 2, 4, 8], sample_count = 10, sample_size = 1)]
fn hex_left_open(bencher: Bencher<'_, '_>, megabytes: usize) {
    bench(bencher, &left_open(megabytes * MEGABYTE));
}

/// Prints the most heap that reading needs beyond the text, as a multiple of the text.
#[allow(clippy::print_stdout)] // divan prints its table the same way
pub(crate) fn print_memory() {
    for bytes in SIZES {
        for (kind, text) in [
            ("realistic", profile(bytes)),
            ("left open", left_open(bytes)),
        ] {
            let times = peak_of(|| parse(&text)) as f64 / text.len() as f64;
            println!(
                "heap beyond the text, cpf {} MB {kind}: {times:.2}x",
                bytes / MEGABYTE
            );
        }
    }
}
