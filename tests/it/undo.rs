//! Taking back what a run has made: its own objects go, those of others stay.

use crate::issuers::{EXCHANGE, JOURNAL, RESUME, desk, tree};
use crate::resume::{card, objects};
use crate::run::{Bench, JOB, PIN};

const UNDO: [&str; 3] = ["--undo", "--resume", "journal.jsonl"];

/// What the summary says of an operation.
fn state<'o>(out: &'o str, operation: &str) -> &'o str {
    let line = out.lines().find(|line| line.trim().starts_with(operation));
    let line = line.unwrap_or_else(|| panic!("{operation}: {out}"));
    line.rsplit("  ").next().unwrap().trim()
}

#[test]
fn the_objects_of_the_job_go_and_those_of_others_stay() {
    let Some(bench) = Bench::new(&card(), JOB) else {
        return;
    };
    let (code, out, err) = bench.run("", PIN, &JOURNAL);
    assert_eq!(code, 0, "{out}{err}");
    let whole = objects(&bench);
    let login = ["--login", "--pin", "env:CARD_PIN"];
    let foreign = ["-k", "--key-type", "EC:prime256v1", "--label", "Foreign"];
    bench.pkcs11_tool(&[&login[..], &foreign].concat());

    let (code, out, err) = bench.run("", PIN, &UNDO);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(state(&out, "initialise"), "stays", "{out}");
    for operation in ["A.key", "A.certificate", "B.key", "B.certificate", "B.data"] {
        assert_eq!(state(&out, operation), "undone", "{out}");
    }
    assert_eq!(state(&out, "A.request"), "nothing to undo", "{out}");
    let left = objects(&bench);
    assert_eq!(left.len(), 2, "{left:#?}");
    assert!(left.iter().all(|one| one.contains("Foreign")), "{left:#?}");

    let (code, out, err) = bench.run("", PIN, &UNDO);
    assert_eq!(code, 0, "{out}{err}");
    assert!(!out.contains("undone"), "{out}");

    // It can be done once more.
    let (code, out, err) = bench.run("", PIN, &RESUME);
    assert_eq!(code, 0, "{out}{err}");
    let again = objects(&bench);
    let own = again.into_iter().filter(|one| !one.contains("Foreign"));
    assert_eq!(own.collect::<Vec<_>>(), whole);
}

#[test]
fn a_run_that_waits_is_taken_back_from_a_card() {
    let here = desk(EXCHANGE);
    let (code, out, err) = crate::issuers::run(&here, &JOURNAL);
    assert_eq!(code, 7, "{out}{err}");
    let (code, out, err) = crate::issuers::run(&here, &UNDO);
    assert_eq!(code, 0, "{out}{err}");
    for (operation, expected) in [
        ("initialise", "stays"),
        ("L.key", "undone"),
        ("L.certificate", "nothing to undo"),
        ("D.data", "undone"),
        ("S.key", "undone"),
    ] {
        assert_eq!(state(&out, operation), expected, "{out}");
    }
    let tree = tree(&here);
    for object in ["private key", "public key", "data \"Remark\""] {
        assert!(!tree.contains(object), "{tree}");
    }
}

/// Without the journal the identifiers tell; a data object has none.
#[test]
fn with_the_journal_lost_the_identifiers_tell() {
    let here = desk(EXCHANGE);
    let (code, out, err) = crate::issuers::run(&here, &JOURNAL);
    assert_eq!(code, 7, "{out}{err}");
    let (code, out, err) = crate::issuers::run(&here, &["--undo", "--resume-without-journal"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(state(&out, "L.key"), "undone", "{out}");
    assert_eq!(state(&out, "D.data"), "stays", "{out}");
    assert!(tree(&here).contains("data \"Remark\""));
    let (code, out, err) = crate::issuers::run(&here, &["--undo"]);
    assert_eq!(code, 2, "{out}{err}");
    assert!(err.contains("which run"), "{err}");
}
