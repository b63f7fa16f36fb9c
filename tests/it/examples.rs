//! The projects of `examples/` check clean and are laid out, and so are the profiles that ship with perso.

use std::path::Path;

use crate::sandbox::Sandbox;

#[test]
fn every_example_checks_clean() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let sandbox = Sandbox::new();
    let mut folders = 0;
    for entry in std::fs::read_dir(examples).unwrap().flatten() {
        if !entry.path().is_dir() {
            continue;
        }
        assert!(
            entry.path().join("README.md").is_file(),
            "{} has no page",
            entry.path().display()
        );
        let path = entry.path().to_string_lossy().into_owned();
        let (code, out, err) = sandbox.run(&["check", "--deny-warnings", &path]);
        assert_eq!(code, 0, "{out}{err}");
        assert!(out.starts_with("no findings in "), "{out}");
        folders += 1;
    }
    assert_eq!(folders, 7);
}

/// What we show is laid out as we say.
#[test]
fn our_own_files_are_laid_out() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sandbox = Sandbox::new();
    for folder in ["examples", "stdlib/profiles", "src/cli/new"] {
        let folder = root.join(folder).to_string_lossy().into_owned();
        let (code, out, err) = sandbox.run(&["fmt", "--check", &folder]);
        assert_eq!((code, out.as_str()), (0, ""), "{err}");
    }
}
