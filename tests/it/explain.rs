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

#[test]
fn what_cannot_be_compiled_is_explained_like_a_rule() {
    let sandbox = Sandbox::new();
    let (code, out, _) = sandbox.run(&["explain", "cannot-compile"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("# cannot-compile\n"), "{out}");
    for heading in perso::rules::Page::HEADINGS {
        assert!(out.contains(&format!("\n## {heading}\n")), "{heading}");
    }
    let (_, list, _) = sandbox.run(&["explain", "--list"]);
    assert!(
        list.lines()
            .any(|line| line.starts_with("cannot-compile  "))
    );
    let (code, _, err) = sandbox.run(&["explain", "canot-compile"]);
    assert_eq!(code, 2);
    assert!(err.contains("did you mean `cannot-compile`?"), "{err}");
    let (code, _, err) = sandbox.run(&["check", "--allow", "cannot-compile"]);
    assert_eq!(code, 2);
    assert!(err.contains("it has no level"), "{err}");
}

/// The page keeps what it says.
#[test]
fn the_example_of_what_cannot_be_compiled_is_one() {
    let page = perso::rules::Page::new(perso::lower::PAGE);
    for (heading, expected) in [("Example", 1), ("Instead", 0)] {
        let files = page.example(heading).files;
        let sandbox = Sandbox::new().file(&files[0].name, &files[0].text);
        let (code, _, err) = sandbox.run(&["compile", &files[0].name]);
        assert_eq!(code, expected, "{heading}: {err}");
        assert_eq!(err.contains("cannot-compile"), expected == 1, "{err}");
    }
}
