//! `perso check`: what is looked at, what cannot be read, and how the command ends.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::sandbox::Sandbox;

/// Rule, file and label of every finding that a file cannot be read.
fn unreadable(report: &Value) -> Vec<(&str, &str)> {
    let findings = report["diagnostics"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["rule"] == "unreadable-input")
        .map(|finding| {
            let label = finding["labels"][0]["message"].as_str().unwrap();
            (finding["file"].as_str().unwrap(), label)
        })
        .collect()
}

fn is_root() -> bool {
    let here = Sandbox::new().file("x", "");
    make_unreadable(&here.path("x"));
    File::open(here.path("x")).is_ok()
}

#[cfg(unix)]
fn make_unreadable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
}

#[cfg(unix)]
fn link(target: &str, path: &Path) {
    std::os::unix::fs::symlink(target, path).unwrap();
}

#[test]
fn nothing_to_look_at_is_3() {
    let here = Sandbox::new().file("readme.txt", "");
    let (code, out, err) = here.run(&["check"]);
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(err.contains("no description and no profile found"), "{err}");
}

#[test]
fn wrong_usage_is_2() {
    let here = Sandbox::new().file("a.txt", "").file("a.cpf", "");
    let calls: &[&[&str]] = &[
        &["check", "--nonsense"],
        &["check", "a.txt"],
        &["check", "-"],
        &["check", "--allow", "no-such-rule"],
        &[
            "check",
            "--allow",
            "unreadable-input",
            "--error",
            "unreadable-input",
        ],
        &["check", "a.cpf", "--target", "middleware"],
        &["check", "a.cpf", "--target", "colour=red"],
        &["check", "a.cpf", "--target", "identity-manager=soon"],
        &["check", "a.cpf", "--target", "encoder=smart-id-app"],
        &["check", "a.cpf", "--config", "missing.toml"],
        &["check", "a.cpf", "--output", "no/such/folder/out.json"],
        &["nonsense"],
        &["explain"],
    ];
    for call in calls {
        let (code, out, err) = here.run(call);
        assert_eq!((code, out.as_str()), (2, ""), "{call:?}");
        assert!(!err.is_empty() && !err.contains("os error 7"), "{err}");
    }
}

#[test]
fn help_and_version_are_0() {
    let here = Sandbox::new();
    for call in [&["--help"][..], &["--version"], &["check", "--help"]] {
        assert_eq!(here.run(call).0, 0);
    }
}

#[test]
fn a_wrong_configuration_is_2_and_shows_the_place() {
    let here = Sandbox::new()
        .file("perso.toml", "[rules]\nunused-field = \"warn\"\n")
        .file("a.cpf", "");
    let (code, out, err) = here.run(&["check", "a.cpf"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("perso.toml:2:16: `warn` is no level"), "{err}");
    assert!(err.contains("unused-field = \"warn\""), "{err}");
    let mut long = Sandbox::new().file("a.cpf", "");
    long = long.file("perso.toml", format!("x = [\x1B\"{}", "y".repeat(100_000)));
    let (code, _, err) = long.run(&["check", "a.cpf"]);
    assert_eq!(code, 2);
    assert!(err.len() < 1000 && !err.contains('\x1B'), "{err}");
}

#[test]
fn what_is_missing_does_not_stop_the_rest() {
    let here = Sandbox::new().file("b.cpf", "");
    let (code, report) = here.report(&["a.dsc", "b.cpf"]);
    assert_eq!(code, 1);
    assert_eq!(unreadable(&report), [("a.dsc", "no such file or folder")]);
    assert_eq!(report["summary"]["files"], 2);
    assert_eq!(report["diagnostics"][0]["start"]["line"], 1);
}

#[test]
#[cfg(unix)]
fn links_that_lead_nowhere_are_found() {
    let here = Sandbox::new().file("c.cpf", "");
    link("b.dsc", &here.path("a.dsc"));
    link("a.dsc", &here.path("b.dsc"));
    link("gone", &here.path("d.dsc"));
    link(".", &here.path("loop"));
    let (code, report) = here.report(&["."]);
    assert_eq!(code, 1);
    assert_eq!(
        unreadable(&report),
        [
            ("a.dsc", "the link leads in a circle"),
            ("b.dsc", "the link leads in a circle"),
            ("d.dsc", "the link leads nowhere"),
        ]
    );
    assert_eq!(report["summary"]["files"], 4);
}

#[test]
#[cfg(unix)]
fn what_must_not_be_read_is_found() {
    let here = Sandbox::new()
        .file("a.dsc", "")
        .file("sub/b.dsc", "")
        .file("c.cpf", "");
    make_unreadable(&here.path("a.dsc"));
    make_unreadable(&here.path("sub"));
    let arguments = ["check", "--format", "json", "."];
    let output = match is_root() {
        true => here.perso_bound_by_permissions(&arguments).output(),
        false => here.perso(&arguments).output(),
    };
    let output = output.unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    let denied = "permission denied";
    assert_eq!(unreadable(&report), [("a.dsc", denied), ("sub", denied)]);
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(here.path("sub"), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_folder_with_the_name_of_a_file_is_found() {
    let here = Sandbox::new().file("a.dsc/b.cpf", "");
    for path in [".", "a.dsc"] {
        let (code, report) = here.report(&[path]);
        assert_eq!(code, 1);
        assert_eq!(
            unreadable(&report),
            [("a.dsc", "this is a folder, not a file")]
        );
    }
}

#[test]
fn more_than_64_mib_are_refused() {
    let here = Sandbox::new().file("b.cpf", "");
    let file = File::create(here.path("a.dsc")).unwrap();
    file.set_len((64 << 20) + 1).unwrap();
    let (code, report) = here.report(&["."]);
    assert_eq!(code, 1);
    let label = "the file is larger than 64 MiB";
    assert_eq!(unreadable(&report), [("a.dsc", label)]);
}

#[test]
fn an_endless_standard_input_is_refused() {
    let here = Sandbox::new();
    let endless = vec![b'x'; (64 << 20) + 10];
    let arguments = [
        "check",
        "-",
        "--stdin-filename",
        "a.cpf",
        "--format",
        "json",
    ];
    let output = here
        .perso(&arguments)
        .write_stdin(endless)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(unreadable(&report).len(), 1);
}

#[test]
fn the_standard_input_goes_by_its_name() {
    let here = Sandbox::new();
    let arguments = ["check", "-", "--stdin-filename", "sub/a.cpf"];
    let profile = "CardModel 'SIEMENS50'\n";
    let output = here
        .perso(&arguments)
        .write_stdin(profile)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.ends_with(b" in 1 file\n"));
}

#[test]
fn ten_thousand_files_stay_in_order() {
    let here = Sandbox::new();
    for folder in 0..10 {
        fs::create_dir(here.path(format!("f{folder}"))).unwrap();
        for file in 0..1000 {
            // Every file is a folder: the finding shows the order.
            let name = format!("f{folder}/{file:03}.dsc");
            if file % 10 == 0 {
                fs::create_dir(here.path(name)).unwrap();
            } else {
                fs::write(here.path(name), "").unwrap();
            }
        }
    }
    let (_, report) = here.report(&[".", "f3"]);
    let names: Vec<_> = unreadable(&report).iter().map(|(name, _)| *name).collect();
    assert_eq!(report["summary"]["files"], 10_000);
    assert_eq!(names.len(), 1000);
    assert!(names.is_sorted());
}

#[test]
fn options_decide_what_findings_mean() {
    let here = Sandbox::new();
    let code = |options: &[&str]| here.run(&[&["check", "gone.dsc"], options].concat()).0;
    assert_eq!(code(&[]), 1);
    assert_eq!(code(&["--exit-zero"]), 0);
    assert_eq!(code(&["--warn", "unreadable-input"]), 0);
    assert_eq!(code(&["--warn", "unreadable-input", "--deny-warnings"]), 1);
    assert_eq!(code(&["--allow", "unreadable-input"]), 0);
}

#[test]
fn the_report_goes_to_a_file_whole() {
    let here = Sandbox::new().file("report.json", "old");
    let arguments = [
        "check",
        "gone.dsc",
        "--format",
        "json",
        "--output",
        "report.json",
    ];
    let (code, out, _) = here.run(&arguments);
    assert_eq!((code, out.as_str()), (1, ""));
    let report: Value =
        serde_json::from_slice(&fs::read(here.path("report.json")).unwrap()).unwrap();
    assert_eq!(report["format_version"], 1);
    assert_eq!(fs::read_dir(here.path(".")).unwrap().count(), 1);
}

#[test]
fn colour_is_for_those_who_want_it() {
    let here = Sandbox::new();
    let plain = here.run(&["check", "gone.dsc"]).1;
    assert!(!plain.contains('\x1B') && plain.ends_with("1 error in 1 file\n"));
    let coloured = here.run(&["check", "gone.dsc", "--color", "always"]).1;
    assert!(coloured.contains("\x1B["));
    let quiet = here.run(&["check", "gone.dsc", "-q"]).1;
    assert!(!quiet.contains("1 error in") && quiet.contains("unreadable-input"));
}

#[test]
fn a_reader_who_goes_away_is_no_error() {
    let here = Sandbox::new();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_perso"));
    command
        .current_dir(here.path("."))
        .args(["check", "gone.dsc", "--exit-zero"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stderr, b"");
}

#[test]
#[cfg(target_os = "linux")]
fn names_that_are_no_unicode_break_nothing() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let here = Sandbox::new();
    let name = OsStr::from_bytes(b"\xFF\x1B.dsc");
    link("gone", &here.path(name));
    let (code, report) = here.report(&["."]);
    assert_eq!(code, 1);
    assert_eq!(unreadable(&report)[0].0, "\u{FFFD}\u{1B}.dsc");
    assert!(!here.run(&["check"]).1.contains('\x1B'));
}
