//! The examples do what their pages say: each compiles to its expected plan and runs on the
//! simulated card.
//!
//! Descriptions without `InitToken` run on a card that another example made.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::sandbox::Sandbox;

/// What the jobs take from the environment.
const SECRETS: [(&str, &str); 7] = [
    ("USER_PIN", "246810"),
    ("USER_PUK", "13579135"),
    ("NEW_PIN", "864209"),
    ("SIGNATURE_PIN", "112358"),
    ("OPERATOR_PIN", "97531975"),
    ("ENCRYPTION_PASSWORD", "archive-4711"),
    ("LETTER_PASSWORD", "letters-0815"),
];

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name)
}

/// Runs `perso` with the secrets of the jobs; no secret is in what it prints.
fn perso(here: &Sandbox, arguments: &[&str]) -> (i32, String, String) {
    let output = here.perso(arguments).envs(SECRETS).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    for (name, secret) in SECRETS {
        assert!(
            !out.contains(secret) && !err.contains(secret),
            "{name} is shown:\n{out}{err}"
        );
    }
    (output.status.code().unwrap(), out, err)
}

/// Runs an example on the card in `card.img`, which is made where it is not there.
fn run(here: &Sandbox, description: &str) -> (i32, String, String) {
    let description = example(description);
    let job = description.with_extension("job.toml");
    let arguments = [
        "run",
        description.to_str().unwrap(),
        "--job",
        job.to_str().unwrap(),
        "--token",
        "sim:card.img",
        "--report",
        "report.json",
        "--journal",
        "journal.jsonl",
        "--secret-outputs",
        "secret.json",
    ];
    perso(here, &arguments)
}

fn done(here: &Sandbox, description: &str) -> Value {
    let (code, out, err) = run(here, description);
    assert_eq!(code, 0, "{description}: {out}{err}");
    let report = std::fs::read_to_string(here.path("report.json")).unwrap();
    let journal = std::fs::read_to_string(here.path("journal.jsonl")).unwrap();
    for (name, secret) in SECRETS {
        assert!(!report.contains(secret), "{name} is in the report");
        assert!(!journal.contains(secret), "{name} is in the journal");
    }
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["failure"], Value::Null);
    report
}

fn tree(here: &Sandbox) -> String {
    let (code, out, err) = perso(here, &["card", "tree", "card.img"]);
    assert_eq!(code, 0, "{err}");
    out
}

/// A tree without the lengths that differ from run to run: certificates have a random serial number
/// and signature, and encrypted PINs may end with a zero, which counts as unused.
pub(crate) fn without_chance(tree: &str) -> String {
    let varies = [
        " card ",
        "certificate \"",
        "\"Encrypted PINs\" 4501",
        "EF 4501",
    ];
    let masked = |line: &str| -> String {
        match line.contains("bytes") && varies.iter().any(|what| line.contains(what)) {
            true => line.replace(|digit: char| digit.is_ascii_digit(), "9"),
            false => line.to_owned(),
        }
    };
    let tree: Vec<String> = tree.lines().map(masked).collect();
    tree.join("\n")
}

fn snapshot(name: &str, tree: &str) {
    let tree = without_chance(tree);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/examples");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, tree));
}

#[test]
fn every_description_compiles_to_its_expected_plan() {
    let here = Sandbox::new();
    let mut compared = 0;
    for entry in std::fs::read_dir(example("")).unwrap().flatten() {
        let Ok(files) = std::fs::read_dir(entry.path()) else {
            continue;
        };
        for file in files.flatten().map(|file| file.path()) {
            if file.extension().is_none_or(|extension| extension != "dsc") {
                continue;
            }
            let expected = file.with_extension("plan.json");
            let (code, plan, err) = perso(&here, &["compile", file.to_str().unwrap()]);
            assert_eq!(code, 0, "{err}");
            let known = std::fs::read_to_string(&expected).unwrap_or_default();
            assert!(
                plan == known,
                "{} is not what `perso compile {} -o {}` writes",
                expected.display(),
                file.display(),
                expected.display()
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 8);
}

#[test]
fn an_employee_gets_a_card_with_two_keys() {
    let here = Sandbox::new();
    let report = done(&here, "employee-card/employee.dsc");
    assert_eq!(report["outputs"]["CardNumber"], "B-004711");
    assert_eq!(report["token"]["label"], "Employee card");
    snapshot("employee-card", &tree(&here));
}

#[test]
fn values_from_outside_reach_the_files() {
    let here = Sandbox::new();
    done(&here, "profile-variables/badge.dsc");
    snapshot("profile-variables", &tree(&here));
    let (_, dump, _) = perso(&here, &["card", "dump", "card.img"]);
    assert!(
        dump.contains("|4711|") && dump.contains("|Hall 7|"),
        "{dump}"
    );
}

#[test]
fn a_signature_slot_has_a_pin_of_its_own() {
    let here = Sandbox::new();
    done(&here, "signature-slot/qualified.dsc");
    snapshot("signature-slot", &tree(&here));
}

#[test]
fn a_pin_is_changed_unblocked_and_the_card_returned() {
    let here = Sandbox::new();
    done(&here, "employee-card/employee.dsc");
    done(&here, "pin-change/pin-change.dsc");
    // The old PIN is another one now: it is tried once.
    let (code, _, err) = run(&here, "pin-change/pin-change.dsc");
    assert_eq!(code, 5, "{err}");
    // The card does not tell; it is asked.
    assert!(err.contains("6300, wrong PIN, 2 tries left"), "{err}");
    assert!(
        err.contains("pin-change.dsc") && err.contains("PIN="),
        "{err}"
    );
    assert!(tree(&here).contains("2 of 3 tries left"));
    done(&here, "unblock/unblock.dsc");
    assert!(!tree(&here).contains("2 of 3 tries left"));
    done(&here, "delete-profile/return.dsc");
    let (code, _, err) = run(&here, "delete-profile/return.dsc");
    assert_eq!(code, 6, "{err}");
}

#[test]
fn encrypted_pins_are_stored_and_read() {
    let here = Sandbox::new();
    done(&here, "encrypted-pins/prepare.dsc");
    let report = done(&here, "encrypted-pins/read-pins.dsc");
    assert_eq!(report["outputs"]["LetterPin"], Value::Null);
    let secret = std::fs::read(here.path("secret.json")).unwrap();
    let secret: Value = serde_json::from_slice(&secret).unwrap();
    assert_eq!(secret["outputs"]["LetterPuk"], "13579135");
    let pin = secret["outputs"]["LetterPin"].as_str().unwrap();
    assert!(pin.len() == 6 && pin.bytes().all(|digit| digit.is_ascii_digit()));
    assert!(!report.to_string().contains(pin));
}
