//! `perso fmt`: what it writes, what it leaves alone, and how it ends.

use std::fs;
use std::process::Command as Process;
use std::time::{Duration, Instant};

use crate::sandbox::Sandbox;

const UNTIDY: &str = "[encoding]\nType = 1024,Chip\n\n\n\ndevices=8711 \n";
const TIDY: &str = "[Encoding]\nType=1024,Chip\n\nDevices=8711\n";

const UNTIDY_PROFILE: &str = "masterfile\ncreateef EFDIR id = 0x2F00 maxsize=AUTO\nendfile";
const TIDY_PROFILE: &str = "MasterFile\n   CreateEf EFDIR id=0x2F00 maxsize=auto\nEndfile\n";

fn text(here: &Sandbox, name: &str) -> String {
    fs::read_to_string(here.path(name)).unwrap()
}

fn fmt(here: &Sandbox, arguments: &[&str]) -> (i32, String, String) {
    here.run(&[&["fmt"], arguments].concat())
}

fn piped(input: &[u8], arguments: &[&str]) -> (i32, Vec<u8>, String) {
    let here = Sandbox::new();
    let mut command = here.perso(&[&["fmt", "-"], arguments].concat());
    let output = command.write_stdin(input).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), output.stdout, err)
}

#[test]
fn files_are_laid_out_where_they_lie() {
    let here = Sandbox::new()
        .file("a.dsc", UNTIDY)
        .file("below/b.CPF", UNTIDY_PROFILE)
        .file("tidy.dsc", TIDY)
        .file("other.txt", UNTIDY);
    let (code, out, err) = fmt(&here, &[]);
    assert_eq!(
        (code, out.as_str(), err.as_str()),
        (0, "", "2 files laid out\n")
    );
    assert_eq!(text(&here, "a.dsc"), TIDY);
    assert_eq!(text(&here, "below/b.CPF"), TIDY_PROFILE);
    assert_eq!(text(&here, "other.txt"), UNTIDY);
    assert_eq!(fmt(&here, &["a.dsc"]), (0, String::new(), String::new()));
}

#[test]
fn a_check_names_the_files_and_writes_nothing() {
    let here = Sandbox::new()
        .file("a.dsc", UNTIDY)
        .file("b.cpf", UNTIDY_PROFILE)
        .file("c.dsc", TIDY);
    let (code, out, err) = fmt(&here, &["--check"]);
    assert_eq!((code, out.as_str()), (1, "a.dsc\nb.cpf\n"));
    assert_eq!(err, "2 files would change\n");
    assert_eq!(text(&here, "a.dsc"), UNTIDY);
    assert_eq!(fmt(&here, &["--check", "c.dsc"]).0, 0);
    assert_eq!(fmt(&here, &["--check", "-q", "a.dsc"]).2, "");
}

#[test]
fn a_difference_can_be_applied_and_shows_no_credential() {
    let untidy = format!("{UNTIDY}[Description]\nPIN = #271828\n");
    let here = Sandbox::new().file("a.dsc", &untidy).file("tidy.dsc", TIDY);
    let (code, out, _) = fmt(&here, &["--diff", "."]);
    assert_eq!(code, 1);
    assert!(out.starts_with("--- a/a.dsc\n+++ b/a.dsc\n@@ -1,"), "{out}");
    assert!(out.contains("\n-[encoding]\n-Type = 1024,Chip\n"), "{out}");
    assert!(out.contains("\n+[Encoding]\n+Type=1024,Chip\n"), "{out}");
    assert!(out.contains("\n-PIN = *******\n+PIN=*******\n"), "{out}");
    assert_eq!(text(&here, "a.dsc"), untidy);
    assert_eq!(
        fmt(&here, &["--diff", "tidy.dsc"]),
        (0, String::new(), String::new())
    );
}

#[test]
fn the_standard_input_comes_out_laid_out() {
    let (code, out, _) = piped(UNTIDY.as_bytes(), &["--stdin-filename", "a.dsc"]);
    assert_eq!((code, String::from_utf8(out).unwrap().as_str()), (0, TIDY));
    let (code, out, _) = piped(UNTIDY_PROFILE.as_bytes(), &["--stdin-filename", "a.cpf"]);
    assert_eq!(
        (code, String::from_utf8(out).unwrap().as_str()),
        (0, TIDY_PROFILE)
    );
    let (code, out, _) = piped(TIDY.as_bytes(), &["--stdin-filename", "a.dsc"]);
    assert_eq!((code, String::from_utf8(out).unwrap().as_str()), (0, TIDY));
    let (code, out, _) = piped(UNTIDY.as_bytes(), &["--stdin-filename", "a.dsc", "--check"]);
    assert_eq!((code, out.as_slice()), (1, b"a.dsc\n".as_slice()));
    let (code, out, err) = piped(UNTIDY.as_bytes(), &[]);
    assert_eq!((code, out.len()), (2, 0));
    assert!(err.contains("--stdin-filename"), "{err}");
}

/// What an editor pipes through must never come back shorter.
#[test]
fn the_standard_input_goes_on_byte_for_byte_where_it_cannot_be_laid_out() {
    for input in [
        b"# B\xFCro \x1B[31m\n[x]".as_slice(),
        b"A=\0",
        b"a=1\rb=2\n",
    ] {
        let (code, out, err) = piped(input, &["--stdin-filename", "a.dsc"]);
        assert_eq!((code, out.as_slice()), (1, input), "{err}");
        assert!(err.contains("a.dsc is left as it is"), "{err}");
    }
}

#[test]
fn escape_sequences_of_a_comment_are_neither_lost_nor_named_on_the_terminal() {
    let input = b"# \x1B[31mred\x1B[0m  \n";
    let (code, out, _) = piped(input, &["--stdin-filename", "a.dsc"]);
    assert_eq!(
        (code, out.as_slice()),
        (0, b"# \x1B[31mred\x1B[0m\n".as_slice())
    );
    let here = Sandbox::new().file("\x1B[2J.dsc", UNTIDY);
    assert_eq!(fmt(&here, &["--check"]).1, "␛[2J.dsc\n");
}

#[test]
fn marks_and_line_ends_stay() {
    let here = Sandbox::new();
    for (mark, line_end) in [
        ("", "\r\n"),
        ("\u{FEFF}", "\n"),
        ("\u{FEFF}", "\r\n"),
        ("", "\r"),
    ] {
        let on_disk = |text: &str| format!("{mark}{}", text.replace('\n', line_end));
        for (name, untidy, tidy) in [
            ("a.dsc", UNTIDY, TIDY),
            ("a.cpf", UNTIDY_PROFILE, TIDY_PROFILE),
        ] {
            fs::write(here.path(name), on_disk(untidy)).unwrap();
            assert_eq!(fmt(&here, &[name]).0, 0);
            assert_eq!(text(&here, name), on_disk(tidy));
        }
    }
}

#[test]
fn one_file_that_fails_does_not_hold_up_the_others() {
    let here = Sandbox::new()
        .file("1.dsc", UNTIDY)
        .file("2.dsc", b"# \xE9\n[encoding]\n")
        .file("3.dsc", UNTIDY);
    let (code, _, err) = fmt(&here, &["1.dsc", "2.dsc", "gone.dsc", "3.dsc"]);
    assert_eq!(code, 1);
    assert!(
        err.contains("2.dsc is left as it is: it is not UTF-8"),
        "{err}"
    );
    assert!(err.contains("cannot read `gone.dsc`"), "{err}");
    assert!(err.contains("2 files laid out"), "{err}");
    assert_eq!(
        (text(&here, "1.dsc"), text(&here, "3.dsc")),
        (TIDY.into(), TIDY.into())
    );
    assert_eq!(
        fs::read(here.path("2.dsc")).unwrap(),
        b"# \xE9\n[encoding]\n"
    );
    assert_eq!(fmt(&Sandbox::new(), &[]).0, 3);
}

#[test]
fn a_line_with_a_syntax_error_keeps_its_bytes() {
    let here = Sandbox::new()
        .file(
            "a.dsc",
            "[encoding\n Type = 1\n[ fields ]\n  bare  \n A = \n",
        )
        .file(
            "a.cpf",
            "masterfile\n  createef  E  id==1\nendfile\ndata = 0x{ 41\n",
        );
    assert_eq!(fmt(&here, &[]).0, 0);
    assert_eq!(
        text(&here, "a.dsc"),
        "[encoding\nType=1\n\n[Fields]\n  bare  \nA=\n"
    );
    let profile = text(&here, "a.cpf");
    assert!(
        profile.starts_with("MasterFile\n  createef  E  id==1\nEndfile\n"),
        "{profile}"
    );
    assert!(profile.ends_with("data = 0x{ 41\n"), "{profile}");
}

/// Nobody but the vendor knows what encrypted lines say, so nothing around them moves.
#[test]
fn of_an_encrypted_description_only_the_fields_are_laid_out() {
    let before = "[ encoding ]\r\n Type = 1024,Chip\n\n\n[fields]\n PIN = \n\n\nPUK =\r\n\
                  [ description ]\n^3fA7== \nsetpin = true\n^\n[ fields ]\n X = \n";
    let after = before
        .replace(" PIN = \n", "PIN=\n")
        .replace("PUK =\r\n", "PUK=\r\n")
        .replace(" X = \n", "X=\n");
    let here = Sandbox::new().file("a.dsc", before);
    assert_eq!(fmt(&here, &[]).0, 0);
    assert_eq!(text(&here, "a.dsc"), after);
}

/// Texts for which anything but linear work would take minutes.
#[test]
fn texts_that_nobody_wishes_for_are_laid_out_in_time() {
    let repeated =
        |opening: &str, piece: &str, end: &str| format!("{opening}{}{end}", piece.repeat(40_000));
    let patience = Duration::from_secs(30);
    for (name, text) in [
        (
            "a.cpf",
            repeated("MasterFile\n", "CreateDf D id=0x4401\n", ""),
        ),
        (
            "a.cpf",
            repeated("MasterFile\n", "CreateDf D id=1\n EndDF\n", "Endfile\n"),
        ),
        ("a.cpf", repeated("", "A = 0x{ 41 42\n  43 ; more\n", "")),
        ("a.cpf", repeated("A = 0x{\n", "  01 02 ; note\n", "}")),
        (
            "a.cpf",
            repeated("", "CreateEf E id=1  maxsize=1 ; note\n", ""),
        ),
        ("a.cpf", repeated("CreateEf E", " id = 1", "")),
        ("a.cpf", repeated("A = ", "F(", "")),
        ("a.cpf", repeated("", "word and more words ", "")),
        ("a.cpf", repeated("A = 'x'", " + \\ ; note\n 'x'", "")),
        (
            "a.dsc",
            repeated("[Description]\n PIN = ", "y y y y y ", ""),
        ),
        ("a.dsc", repeated("", "[encoding\n", "")),
        ("a.dsc", repeated("[fields]\n", " a = \n\n\n# note\n", "")),
    ] {
        let start = Instant::now();
        let (code, out, err) = piped(text.as_bytes(), &["--stdin-filename", name]);
        assert_eq!((code, out.is_empty()), (0, false), "{text:.40}: {err}");
        let ink = |text: &[u8]| {
            text.iter()
                .filter(|byte| !byte.is_ascii_whitespace())
                .count()
        };
        assert_eq!(ink(&out), ink(text.as_bytes()), "{text:.40}");
        assert!(
            start.elapsed() < patience,
            "{text:.40}: {:?}",
            start.elapsed()
        );
    }
}

#[cfg(unix)]
mod on_unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn mode(here: &Sandbox, name: &str) -> u32 {
        fs::metadata(here.path(name)).unwrap().mode() & 0o7777
    }

    fn set_mode(here: &Sandbox, name: &str, mode: u32) {
        fs::set_permissions(here.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn permissions_stay() {
        let here = Sandbox::new();
        for mode_before in [0o600, 0o640, 0o664, 0o755] {
            fs::write(here.path("a.dsc"), UNTIDY).unwrap();
            set_mode(&here, "a.dsc", mode_before);
            assert_eq!(fmt(&here, &[]).0, 0);
            assert_eq!(
                (text(&here, "a.dsc").as_str(), mode(&here, "a.dsc")),
                (TIDY, mode_before)
            );
        }
    }

    #[test]
    fn a_file_that_does_not_change_is_not_touched() {
        let here = Sandbox::new().file("a.dsc", TIDY);
        let inode = || fs::metadata(here.path("a.dsc")).unwrap().ino();
        let before = inode();
        assert_eq!(fmt(&here, &[]).0, 0);
        assert_eq!(inode(), before);
    }

    #[test]
    fn links_keep_leading_to_their_file() {
        let here = Sandbox::new().file("far/a.dsc", UNTIDY);
        symlink("far/a.dsc", here.path("link.dsc")).unwrap();
        symlink("nowhere.dsc", here.path("dead.dsc")).unwrap();
        let (code, _, err) = fmt(&here, &["link.dsc", "far/a.dsc", "dead.dsc"]);
        assert_eq!(code, 1);
        assert!(err.contains("the link leads nowhere"), "{err}");
        assert!(!err.contains("meanwhile"), "{err}");
        assert_eq!(text(&here, "far/a.dsc"), TIDY);
        assert_eq!(
            fs::read_link(here.path("link.dsc")).unwrap().as_os_str(),
            "far/a.dsc"
        );
    }

    #[test]
    fn protected_files_are_told_and_stay() {
        let here = Sandbox::new()
            .file("1-secret.dsc", UNTIDY)
            .file("2-protected.dsc", UNTIDY)
            .file("3-open.dsc", UNTIDY);
        set_mode(&here, "1-secret.dsc", 0o000);
        set_mode(&here, "2-protected.dsc", 0o444);
        let output = here.perso_bound_by_permissions(&["fmt"]).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{err}");
        assert!(err.contains("cannot read `1-secret.dsc`"), "{err}");
        assert!(err.contains("2-protected.dsc`: Permission denied"), "{err}");
        assert_eq!(text(&here, "2-protected.dsc"), UNTIDY);
        assert_eq!(text(&here, "3-open.dsc"), TIDY);
    }

    #[test]
    fn a_folder_that_takes_no_file_is_told() {
        let here = Sandbox::new().file("closed/a.dsc", UNTIDY);
        set_mode(&here, "closed", 0o555);
        let output = here.perso_bound_by_permissions(&["fmt"]).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        set_mode(&here, "closed", 0o755);
        assert_eq!(output.status.code(), Some(1), "{err}");
        assert!(err.contains("cannot write"), "{err}");
        assert_eq!(text(&here, "closed/a.dsc"), UNTIDY);
    }

    /// The system kills perso in the middle of writing, at the limit for the size of a file.
    #[test]
    fn killed_while_writing_it_leaves_the_file_whole() {
        let untidy = UNTIDY.to_owned() + &"[description]\nsetpin = true\n".repeat(2000);
        let here = Sandbox::new().file("a.dsc", &untidy);
        let program = assert_cmd::cargo::cargo_bin("perso");
        let status = Process::new("sh")
            .args(["-c", "ulimit -f 16 && exec \"$0\" fmt a.dsc"])
            .arg(program)
            .current_dir(here.path(""))
            .status()
            .unwrap();
        assert!(
            status.code() == Some(1) || status.signal().is_some(),
            "{status}"
        );
        assert_eq!(text(&here, "a.dsc"), untidy);
        assert_eq!(fmt(&here, &["--check"]).1, "a.dsc\n");
    }
}
