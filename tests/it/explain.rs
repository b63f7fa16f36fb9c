//! `perso explain`.

use crate::sandbox::Sandbox;

#[test]
fn a_rule_has_a_page() {
    let (code, out, _) = Sandbox::new().run(&["explain", "unreadable-input"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("# unreadable-input\n"));
}

#[test]
fn an_unknown_rule_is_wrong_usage_and_the_nearest_is_proposed() {
    let (code, out, err) = Sandbox::new().run(&["explain", "unreadable-inptu"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("did you mean `unreadable-input`?"), "{err}");
}

#[test]
fn all_rules_are_listed() {
    let (code, out, _) = Sandbox::new().run(&["explain", "--list"]);
    assert_eq!(code, 0);
    assert!(
        out.lines()
            .any(|line| line.starts_with("unreadable-input  "))
    );
}
