//! Turns the data of `stdlib/` into Rust tables, so that nothing is parsed at start-up.
//! A mistake in the data fails the build and names the file and the record.

#[path = "build/mod.rs"]
mod build;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=stdlib");
    println!("cargo::rerun-if-changed=grammar");
    for problem in build::generate() {
        println!("cargo::error={problem}");
    }
}
