//! `perso new`: a starter project that checks clean, compiles, and runs on the simulated card.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Display, Exit, Fatal};
use crate::diagnostic::nearest;
use crate::stdlib::{self, Profile};

/// Start a project: a description, a card profile, a job.
#[derive(Args)]
pub(super) struct New {
    /// The card profile to start with, one of those that ship with perso.
    #[arg(long, value_name = "NAME", default_value = "pkcs15")]
    profile: String,
    /// The folder of the project, which is made; if it is there, it must be empty.
    folder: PathBuf,
}

/// Runs the command.
pub(super) fn run(new: &New, display: &Display) -> Result<Exit, Fatal> {
    let profile = profile(&new.profile)?;
    let mut site = Site::prepare(&new.folder)?;
    for (name, text) in files(profile) {
        site.write(name, &text)?;
    }
    site.finished = true;
    if !display.quiet {
        let folder = new.folder.to_string_lossy();
        let folder = crate::report::visible_line(&folder);
        let _ = writeln!(
            io::stderr(),
            "made {folder}: `perso check {folder}` looks at it, its README.md says how to go on"
        );
    }
    Ok(Exit::Done)
}

fn profile(name: &str) -> Result<&'static Profile, Fatal> {
    let stem = |profile: &Profile| profile.name.trim_end_matches(".cpf");
    let wanted = name.trim_matches(['<', '>']).trim_end_matches(".cpf");
    let found = stdlib::profiles()
        .iter()
        .find(|profile| stem(profile).eq_ignore_ascii_case(wanted));
    found.ok_or_else(|| {
        let names: Vec<_> = stdlib::profiles().iter().map(stem).collect();
        let help = match nearest(wanted, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("these do: {}", names.join(", ")),
        };
        Fatal::usage(format!("no profile `{name}` ships with perso")).help(help)
    })
}

/// What stands around a profile.
struct Starter {
    description: &'static str,
    job: &'static str,
    page: &'static str,
}

/// One PIN and one key.
const PLAIN: Starter = Starter {
    description: include_str!("new/card.dsc"),
    job: include_str!("new/job.toml"),
    page: include_str!("new/README.md"),
};

/// Two PINs, each with a key; the PUK of the second is encrypted.
const SIGNATURE_SLOT: Starter = Starter {
    description: include_str!("new/signature-slot/card.dsc"),
    job: include_str!("new/signature-slot/job.toml"),
    page: include_str!("new/signature-slot/README.md"),
};

/// A PIN that the profile draws and encrypts.
const ENCRYPTED_PINS: Starter = Starter {
    description: include_str!("new/encrypted-pins/card.dsc"),
    job: include_str!("new/encrypted-pins/job.toml"),
    page: include_str!("new/encrypted-pins/README.md"),
};

/// The starter that fits what a profile expects of its description.
fn starter(profile: &Profile) -> &'static Starter {
    match profile.name {
        "pkcs15-signature-slot.cpf" => &SIGNATURE_SLOT,
        "encrypted-pins.cpf" => &ENCRYPTED_PINS,
        _ => &PLAIN,
    }
}

/// The files of the project.
fn files(profile: &'static Profile) -> [(&'static str, String); 5] {
    let starter = starter(profile);
    let filled = |text: &str| text.replace("{profile}", profile.name);
    [
        ("card.dsc", filled(starter.description)),
        (profile.name, profile.text.to_owned()),
        ("job.toml", filled(starter.job)),
        ("perso.toml", filled(include_str!("new/perso.toml"))),
        ("README.md", filled(starter.page)),
    ]
}

/// The folder while it is filled. What was made is removed again unless it was finished.
struct Site<'a> {
    folder: &'a Path,
    made_folder: bool,
    written: Vec<PathBuf>,
    finished: bool,
}

impl<'a> Site<'a> {
    fn prepare(folder: &'a Path) -> Result<Self, Fatal> {
        let shown = folder.to_string_lossy();
        let failed = |error: io::Error| Fatal::usage(format!("cannot make `{shown}`: {error}"));
        let made_folder = match fs::read_dir(folder) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    let message = format!("the folder `{shown}` is not empty");
                    let help = "name a new folder: nothing that is there is overwritten";
                    return Err(Fatal::usage(message).help(help));
                }
                false
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(folder).map_err(failed)?;
                true
            }
            Err(error) => return Err(failed(error)),
        };
        Ok(Self {
            folder,
            made_folder,
            written: Vec::new(),
            finished: false,
        })
    }

    fn write(&mut self, name: &str, text: &str) -> Result<(), Fatal> {
        let path = self.folder.join(name);
        let failed = |error: io::Error| {
            let shown = path.to_string_lossy();
            Fatal::usage(format!("cannot write `{shown}`: {error}"))
        };
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(failed)?;
        self.written.push(path.clone());
        file.write_all(text.as_bytes()).map_err(failed)
    }
}

impl Drop for Site<'_> {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        for path in &self.written {
            let _ = fs::remove_file(path);
        }
        if self.made_folder {
            let _ = fs::remove_dir(self.folder);
        }
    }
}
