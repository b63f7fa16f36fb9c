//! `perso check --fix`: what it writes, what it leaves alone, and how it ends.

use std::fs;

use crate::sandbox::Sandbox;

const CARD: &str = "[Encoding]\nType=1024,Chip\nDevices=8711\n[Fields]\nUserPuk=\ncostCentre=\n\
                    [Description]\nPKCS11LibraryWindows32=personal.dll\nInitToken=true\n\
                    InitialLabel=#Badge\nInitialPUK=UserPuk\nChipProfile=badge.cpf\nProfileParameters=costCentre\n\
                    ClearFields=UserPuk\n";

const BADGE: &str = "CardModel 'SIEMENS50'\nMasterFile\n\
                     CreateEf EFBADGE id=0x4401 maxsize=64 read=always update=never\nEndfile\n\
                     File Dynamic EFBADGE\ndata = costCentre\nEndfile\nCreateFiles()\n";

fn badge() -> Sandbox {
    Sandbox::new()
        .file("card.dsc", CARD)
        .file("badge.cpf", BADGE)
}

fn text(here: &Sandbox, name: &str) -> String {
    fs::read_to_string(here.path(name)).unwrap()
}

/// The rules with a finding.
fn rules(here: &Sandbox) -> Vec<String> {
    let (_, report) = here.report(&[]);
    let findings = report["diagnostics"].as_array().unwrap().iter();
    findings
        .map(|it| it["rule"].as_str().unwrap().to_owned())
        .collect()
}

/// Runs `perso check` with a fixing argument over a changed badge, which is sound afterwards.
fn mends(argument: &str, rule: &str, dsc: (&str, &str), cpf: (&str, &str)) {
    let changed = |text: &str, (right, wrong): (&str, &str)| {
        let changed = text.replace(right, wrong);
        assert!(right.is_empty() || changed != text, "{right}");
        if right.is_empty() {
            text.to_owned()
        } else {
            changed
        }
    };
    let here = Sandbox::new()
        .file("card.dsc", changed(CARD, dsc))
        .file("badge.cpf", changed(BADGE, cpf));
    assert!(rules(&here).iter().any(|found| found == rule), "{rule}");
    let (_, _, err) = here.run(&["check", argument]);
    assert!(err.contains("files changed: "), "{err}");
    assert_eq!(text(&here, "card.dsc"), CARD, "{rule}");
    assert_eq!(text(&here, "badge.cpf"), BADGE, "{rule}");
}

const SAME: (&str, &str) = ("", "");

#[test]
fn profiles_are_mended() {
    assert!(rules(&badge()).is_empty(), "{:?}", rules(&badge()));
    let attribute = ("maxsize=64", "maxsise=64");
    mends("--unsafe-fixes", "unknown-attribute", SAME, attribute);
    let model = ("'SIEMENS50'", "'SIEMENS55'");
    mends("--unsafe-fixes", "unknown-card-model", SAME, model);
    let file = ("File Dynamic EFBADGE", "File Dynamic EFBadge");
    mends("--fix", "inconsistent-name-case", SAME, file);
}

/// Which of the two the author means, nobody knows: the name of a field is one for other programs too.
#[test]
fn what_two_files_disagree_about_is_left_to_the_author() {
    let card = CARD.replace("costCentre", "CostCentre");
    let here = badge().file("card.dsc", &card);
    assert_eq!(rules(&here), ["inconsistent-name-case"]);
    let (_, _, err) = here.run(&["check", "--unsafe-fixes"]);
    assert_eq!(err, "fixes applied: 0, files changed: 0\n");
    assert_eq!(
        (text(&here, "card.dsc"), text(&here, "badge.cpf")),
        (card, BADGE.into())
    );
}

#[test]
fn both_files_are_mended_in_one_run_and_safe_fixes_leave_the_rest() {
    let here = Sandbox::new()
        .file("card.dsc", CARD.replace("[Fields]", "[Fields"))
        .file(
            "badge.cpf",
            BADGE
                .replace("Dynamic EFBADGE", "Dynamic EFbadge")
                .replace("'SIEMENS50'", "'SIEMENS55'"),
        );
    let (_, _, err) = here.run(&["check", "--fix"]);
    assert_eq!(err, "fixes applied: 2, files changed: 2\n");
    assert_eq!(text(&here, "card.dsc"), CARD);
    assert_eq!(
        text(&here, "badge.cpf"),
        BADGE.replace("'SIEMENS50'", "'SIEMENS55'")
    );
    let (code, _, err) = here.run(&["check", "--unsafe-fixes", "--deny-warnings"]);
    assert_eq!(
        (code, err.as_str()),
        (0, "fixes applied: 1, files changed: 1\n")
    );
    assert_eq!(text(&here, "badge.cpf"), BADGE);
}

/// Twenty fields that are declared twice, each with its line, and all lines beside each other.
#[test]
fn fixes_that_touch_each_other_are_all_applied() {
    let twice: String = (0..20).map(|_| "UserPuk=\n").collect();
    let here = badge().file(
        "card.dsc",
        CARD.replace("UserPuk=\n", &format!("UserPuk=\n{twice}")),
    );
    here.run(&["check", "--fix"]);
    assert_eq!(text(&here, "card.dsc"), CARD);
}

#[test]
fn a_file_that_a_fix_cannot_mend_keeps_its_bytes() {
    let broken = CARD.replace("[Fields]", "=\n[Fields] x") + "setpin=maybe\n";
    let here = badge().file("card.dsc", &broken);
    let (code, _, err) = here.run(&["check", "--fix"]);
    assert_eq!((code, text(&here, "card.dsc")), (1, broken), "{err}");
}

#[test]
fn a_byte_order_mark_and_other_encodings_survive() {
    let marked = format!("\u{FEFF}{}", CARD.replace('\n', "\r\n"));
    let here = badge().file("card.dsc", marked.replace("[Fields]", "[Fields"));
    here.run(&["check", "--fix"]);
    assert_eq!(text(&here, "card.dsc"), marked);

    let latin = [
        CARD.replace("[Fields]", "[Fields").as_bytes(),
        b"# B\xFCro\n",
    ]
    .concat();
    let here = badge().file("card.dsc", &latin);
    here.run(&["check", "--fix"]);
    assert_eq!(fs::read(here.path("card.dsc")).unwrap(), latin);
    here.run(&["check", "--unsafe-fixes"]);
    assert_eq!(text(&here, "card.dsc"), format!("{CARD}# Büro\n"));
}

#[test]
fn the_standard_input_is_not_fixed_in_place() {
    let here = badge();
    let (code, _, err) = here.run(&["check", "--fix", "-", "--stdin-filename", "card.dsc"]);
    assert_eq!(code, 2);
    assert!(err.contains("--diff"), "{err}");
}

#[cfg(unix)]
mod on_unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    fn set_mode(here: &Sandbox, name: &str, mode: u32) {
        fs::set_permissions(here.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn permissions_and_links_stay() {
        let here = badge().file("far/card.dsc", CARD.replace("[Fields]", "[Fields"));
        fs::remove_file(here.path("card.dsc")).unwrap();
        symlink("far/card.dsc", here.path("card.dsc")).unwrap();
        set_mode(&here, "far/card.dsc", 0o640);
        here.run(&["check", "--fix", "card.dsc"]);
        assert_eq!(text(&here, "far/card.dsc"), CARD);
        let data = fs::metadata(here.path("far/card.dsc")).unwrap();
        assert_eq!(data.mode() & 0o7777, 0o640);
        assert!(
            fs::symlink_metadata(here.path("card.dsc"))
                .unwrap()
                .is_symlink()
        );
    }

    /// Fixes of one run belong together.
    #[test]
    fn when_one_file_cannot_be_written_none_is() {
        let (dsc, cpf) = (
            CARD.replace("[Fields]", "[Fields"),
            BADGE.replace("Dynamic EFBADGE", "Dynamic EFbadge"),
        );
        let here = Sandbox::new()
            .file("card.dsc", &dsc)
            .file("badge.cpf", &cpf);
        set_mode(&here, "card.dsc", 0o444);
        let mut command = here.perso_bound_by_permissions(&["check", "--fix"]);
        let output = command.output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{err}");
        assert!(err.contains("card.dsc`: Permission denied"), "{err}");
        assert_eq!(
            (text(&here, "card.dsc"), text(&here, "badge.cpf")),
            (dsc, cpf)
        );
        let left = fs::read_dir(here.path("")).unwrap().count();
        assert_eq!(left, 2, "nothing is left behind");
    }
}
