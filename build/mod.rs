//! From `stdlib/**/*.toml` to one generated Rust file. Owns the order of the steps and the
//! collection of problems; each submodule knows one kind of record.

mod card;
mod cpf;
mod dsc;
mod middleware;
mod profile;
mod read;
mod rust;
mod source;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use read::Problems;

/// Reads the data, checks it, writes `stdlib.rs` into the build folder.
/// Returns every problem of the data, in words; none means that the file was written.
pub(crate) fn generate() -> Vec<String> {
    let mut problems = Problems::default();
    let root = folder("CARGO_MANIFEST_DIR").join("stdlib");
    let code = tables(&root, &mut problems);
    if problems.is_empty() {
        let target = folder("OUT_DIR").join("stdlib.rs");
        if let Err(error) = fs::write(&target, code) {
            problems.add(&target, "file", error);
        }
    }
    problems.into_lines()
}

fn tables(root: &Path, problems: &mut Problems) -> String {
    let sources = source::read(root, problems);
    let middlewares = middleware::read(root, problems);
    let cards = card::read(root, problems);
    let dsc = dsc::read(root, problems);
    let mut cpf = cpf::read(root, problems);
    let profiles = profile::read(root, problems);

    dsc.check(&middlewares, problems);
    middlewares.check(&cards.ids(), problems);
    cpf.check(&dsc, problems);
    sources.check(problems);
    [
        sources.rust(),
        dsc.rust(),
        cpf.rust(),
        middlewares.rust(),
        cards.rust(),
        profiles.rust(),
    ]
    .concat()
}

fn folder(variable: &str) -> PathBuf {
    env::var_os(variable).map(PathBuf::from).unwrap_or_default()
}
