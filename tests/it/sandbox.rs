//! A folder of its own for every test, and `perso` run in it without the caller's environment.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// A folder that vanishes with the test.
pub(crate) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    /// Adds a file; folders on the way are made.
    pub(crate) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// The path of `name` in the folder.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `perso` with `arguments`, started in the folder.
    pub(crate) fn perso(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("perso").unwrap();
        command
            .current_dir(self.folder.path())
            .env_clear()
            .args(arguments);
        command
    }

    /// As [`perso`](Self::perso), for a test that root runs: without the privilege to read whatever
    /// the permissions of a file say.
    #[cfg(unix)]
    pub(crate) fn perso_bound_by_permissions(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("setpriv");
        command
            .current_dir(self.folder.path())
            .args(["--bounding-set", "-dac_override,-dac_read_search", "--"])
            .arg(assert_cmd::cargo::cargo_bin("perso"))
            .args(arguments);
        command
    }

    /// Runs `perso` and returns its exit code, standard output and error output.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.perso(arguments).output().unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    }

    /// Runs `perso check --format json` with `arguments` and returns exit code and report.
    pub(crate) fn report(&self, arguments: &[&str]) -> (i32, serde_json::Value) {
        let all = [&["check", "--format", "json"], arguments].concat();
        let (code, out, err) = self.run(&all);
        let report = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
        (code, report)
    }
}
