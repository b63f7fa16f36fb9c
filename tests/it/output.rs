//! What `perso check` writes for programs, what it silences, and what it mends.

use serde_json::Value;

use crate::sandbox::Sandbox;

/// A description with the documented misprint (a safe fix) and two fields that nothing uses.
const CARD: &str = "[Encoding]\r\nType=1024,Chip\r\nDevices=8711\r\n[Fields]\r\nSpare=\r\n# perso: allow(unused-field) for the next release\r\nOther=\r\nIccsn=\r\n[Description]\r\nPKCS11Library=module.dll\r\nuseChipSerialAslccsn=true\r\nICCSN=Iccsn\r\n";

fn card() -> Sandbox {
    Sandbox::new().file("card.dsc", CARD)
}

fn json(here: &Sandbox, arguments: &[&str]) -> Value {
    let call = [&["check", "--format", "json"], arguments].concat();
    let (_, out, err) = here.run(&call);
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"))
}

/// Rules with how each finding is silenced.
fn told(report: &Value) -> Vec<(String, Value)> {
    let findings = report["diagnostics"].as_array().unwrap().iter();
    findings
        .map(|found| {
            (
                found["rule"].as_str().unwrap().to_owned(),
                found["suppression"].clone(),
            )
        })
        .collect()
}

#[test]
fn a_comment_silences_the_next_line_and_is_told_when_it_does_not() {
    let here = card();
    let report = json(&here, &[]);
    let unused: Vec<_> = told(&report)
        .into_iter()
        .filter(|(rule, _)| rule == "unused-field")
        .collect();
    assert_eq!(
        unused,
        [
            ("unused-field".to_owned(), Value::Null),
            ("unused-field".to_owned(), "inline".into())
        ],
        "{report:#}"
    );
    assert_eq!(report["summary"]["suppressed"], 1);
    let here = here.file("card.dsc", CARD.replace("Other=\r\n", "# nothing\r\n"));
    let report = json(&here, &[]);
    assert!(
        told(&report)
            .iter()
            .any(|(rule, _)| rule == "unused-suppression"),
        "{report:#}"
    );
}

#[test]
fn a_baseline_accepts_what_was_there_also_when_lines_move() {
    let here = card();
    let (code, _, err) = here.run(&[
        "check",
        "--baseline",
        "base.json",
        "--write-baseline",
        "--deny-warnings",
    ]);
    assert_eq!(code, 0, "{err}");
    let here = here.file(
        "card.dsc",
        CARD.replace("[Fields]\r\n", "\r\n\r\n[Fields]\r\nNew=\r\n"),
    );
    let report = json(&here, &["--baseline", "base.json"]);
    let standing: Vec<_> = told(&report)
        .into_iter()
        .filter(|(_, by)| by.is_null())
        .collect();
    assert_eq!(
        standing,
        [("unused-field".to_owned(), Value::Null)],
        "{report:#}"
    );
    let (code, _, _) = here.run(&["check", "--baseline", "none.json"]);
    assert_eq!(code, 2);
}

#[test]
fn fixes_keep_line_ends_and_a_difference_changes_nothing() {
    let here = card();
    let (code, out, _) = here.run(&["check", "--diff"]);
    assert_eq!(code, 1);
    assert!(out.contains("+UseChipSerialAsIccsn=true"), "{out}");
    assert_eq!(
        std::fs::read_to_string(here.path("card.dsc")).unwrap(),
        CARD
    );
    let (_, _, err) = here.run(&["check", "--fix"]);
    assert!(err.contains("applied"), "{err}");
    let text = std::fs::read_to_string(here.path("card.dsc")).unwrap();
    assert_eq!(
        text.to_lowercase(),
        CARD.replace("Aslccsn", "AsIccsn").to_lowercase()
    );
    let (code, out, _) = here.run(&["check", "--diff"]);
    assert_eq!((code, out.as_str()), (0, ""));
}

#[test]
fn the_rules_stand_in_the_documentation() {
    let (code, printed, err) = Sandbox::new().run(&["explain", "--markdown"]);
    assert_eq!(code, 0, "{err}");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::read_to_string(root.join("docs/rules.md")).unwrap_or_default();
    assert!(
        file == printed,
        "write it anew: perso explain --markdown > docs/rules.md"
    );
    for rule in perso::rules::all() {
        assert!(
            printed.contains(&format!("\n## {}\n", rule.name)),
            "{}",
            rule.name
        );
    }
}
