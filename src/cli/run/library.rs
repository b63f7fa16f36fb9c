//! The library that a description names for this system and word size, and where it lies (perso).
//!
//! A name with a folder in it is relative to the description. A bare name is searched in the folders
//! of [`SEARCH_PATH`], then where packages put modules, then by the loader of the operating system.
//! Neither the working directory nor the folder of the description is searched for a bare name: a
//! module gets the PINs, and must not be there by chance.

use std::path::{Path, PathBuf};

use crate::cli::{Exit, Fatal};
use crate::plan::{Libraries, Plan};
use crate::token::TokenError;
use crate::token::pkcs11::Header;

/// The variable with folders that are searched first, separated as in `PATH`.
const SEARCH_PATH: &str = "PERSO_PKCS11_PATH";

/// Where packages of Linux, BSD and macOS put modules that the loader does not search.
const FOLDERS: &[&str] = &[
    #[cfg(target_arch = "x86_64")]
    "/usr/lib/x86_64-linux-gnu/pkcs11",
    #[cfg(target_arch = "x86_64")]
    "/usr/lib/x86_64-linux-gnu/softhsm",
    #[cfg(target_arch = "aarch64")]
    "/usr/lib/aarch64-linux-gnu/pkcs11",
    #[cfg(target_arch = "aarch64")]
    "/usr/lib/aarch64-linux-gnu/softhsm",
    "/usr/lib64/pkcs11",
    "/usr/lib/pkcs11",
    "/usr/lib/softhsm",
    "/usr/local/lib/pkcs11",
    "/usr/local/lib/softhsm",
    "/opt/homebrew/lib/pkcs11",
    "/opt/homebrew/lib/softhsm",
    "/Library/OpenSC/lib",
];

/// A library that a description names.
pub(super) struct Library {
    /// Where it lies; a bare name that the loader has to find.
    pub(super) path: PathBuf,
    /// The key that names it.
    key: String,
    /// It, as the description writes it.
    written: String,
}

impl Library {
    /// The library for this process; `folder` is that of the description.
    pub(super) fn of(plan: &Plan, folder: Option<&Path>) -> Result<Self, Fatal> {
        let (system, bits) = (std::env::consts::OS, usize::BITS);
        let Some((key, written)) = plan.libraries.pkcs11(system, bits) else {
            return Err(names_none(plan, system, bits));
        };
        let found = match is_bare(written) {
            true => search(written),
            false => Some(folder.unwrap_or(Path::new("")).join(written)),
        };
        let left_to_the_loader = found.is_none();
        let library = Self {
            path: found.unwrap_or_else(|| PathBuf::from(written)),
            key,
            written: written.to_owned(),
        };
        match left_to_the_loader && library.path.exists() {
            true => Err(library.lies_by_chance()),
            false => Ok(library),
        }
    }

    /// The loader would not look there, and a file there is not what was looked for.
    fn lies_by_chance(&self) -> Fatal {
        let written = &self.written;
        let message = format!(
            "the library `{written}` ({}) is not found; one of that name lies in the working \
             directory, where libraries are not looked for",
            self.key
        );
        Fatal::of(Exit::Refused, &message).help(format!(
            "name its folder in {SEARCH_PATH}, or write a path into the description"
        ))
    }

    /// A failure to open it, with where its name comes from.
    pub(super) fn explain(&self, error: TokenError) -> TokenError {
        let problem = format!(
            "{}; the module is that of `{}` in the description",
            error.problem, self.key
        );
        let error = TokenError { problem, ..error };
        match is_bare(&self.path.to_string_lossy()) {
            true => error.cause(format!(
                "`{}` is in no folder of {SEARCH_PATH}, and nowhere where this system keeps modules",
                self.written
            )),
            false => error,
        }
    }
}

fn names_none(plan: &Plan, system: &str, bits: u32) -> Fatal {
    let message = format!("the description names no PKCS#11 library for {system}, {bits} bits");
    let named: Vec<String> = plan
        .libraries
        .named()
        .map(|(key, library)| format!("{key}={library}"))
        .collect();
    let there = match named.as_slice() {
        [] => String::new(),
        named => format!("it has {}; ", named.join(", ")),
    };
    let key = Libraries::key_for(system, bits);
    Fatal::of(Exit::Refused, &message).help(format!(
        "{there}add `{key}=` to it, or name the module: --token pkcs11:token=…?module-path=…"
    ))
}

/// Whether the name holds no folder.
fn is_bare(name: &str) -> bool {
    !name.contains(std::path::is_separator)
}

/// The first file of that name that fits into this process, else the first at all, whose header
/// tells what is wrong with it.
fn search(name: &str) -> Option<PathBuf> {
    let named = std::env::var_os(SEARCH_PATH).unwrap_or_default();
    let named: Vec<PathBuf> = std::env::split_paths(&named)
        .filter(|folder| folder.is_absolute())
        .collect();
    let folders = named.into_iter().chain(FOLDERS.iter().map(PathBuf::from));
    let found: Vec<PathBuf> = folders
        .map(|folder| folder.join(name))
        .filter(|path| path.is_file())
        .collect();
    let fits = |path: &&PathBuf| Header::read(path).and_then(Header::fits_here).is_ok();
    found.iter().find(fits).or(found.first()).cloned()
}
