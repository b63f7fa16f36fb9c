//! Reading of both languages: time beside peers, and memory.
//!
//! `cargo bench --bench parse`

mod cpf;
mod cpf_text;
mod dsc;
mod dsc_text;
mod heap;

#[global_allocator]
static HEAP: heap::Counting = heap::Counting;

fn main() {
    dsc::print_memory();
    cpf::print_memory();
    divan::main();
}
