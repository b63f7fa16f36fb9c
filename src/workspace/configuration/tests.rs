//! What is read, what is kept, what is refused and where.

use super::*;
use crate::source::SourceFile;

fn parsed(text: &str) -> Result<Configuration, ConfigurationError> {
    read(SourceId(0), &SourceFile::from_text("perso.toml", text))
}

/// The refused text and the message.
fn refused(text: &str) -> (String, String) {
    let error = parsed(text).unwrap_err();
    (error.span.of(text).to_owned(), error.message)
}

#[test]
fn everything_is_read_with_its_place() {
    let text = r#"
[target]
middleware = "personal-desktop-client 5.7.2"
card = "cosmo-8.2"
identity-manager = "23.10.3"
encoder = "jpki-encoder"
[mapping]
PUK_OUT = { to = "${Card_PukRef}", encrypted = true, read = true }
A = { to = "x" }
[rules]
unused-field = "off"
made-up = "error"
[paths]
profiles = ["profiles/", "../profiles"]
"#;
    let read = parsed(text).unwrap();
    let middleware = read.target.middleware.unwrap();
    assert_eq!(middleware.value.name, "personal-desktop-client");
    assert_eq!(middleware.value.version, Some("5.7.2".parse().unwrap()));
    let place = middleware.span.unwrap().of(text);
    assert_eq!(place, "\"personal-desktop-client 5.7.2\"");
    let manager = read.target.identity_manager.unwrap().value;
    assert!(manager > "23.4.9".parse().unwrap() && manager.to_string() == "23.10.3");
    let mapping = read.mapping.unwrap();
    assert_eq!(mapping[0].field.value, "PUK_OUT");
    assert_eq!(mapping[0].field.span.unwrap().of(text), "PUK_OUT");
    assert!(mapping[0].encrypted.as_ref().unwrap().value);
    assert!(mapping[1].read.is_none());
    assert_eq!(read.rules[0].level, Level::Off);
    assert_eq!(read.rules[1].rule.value, "made-up");
    assert_eq!(read.profiles[1].value, "../profiles");
    assert!(read.unknown.is_empty());
}

#[test]
fn versions_compare_by_number() {
    let version = |text: &str| text.parse::<Version>().unwrap();
    assert!(version("22.04") < version("22.10.0"));
    assert_eq!(version("22"), version("22.0.0"));
    for wrong in ["", "1.", "v1", "1.2-3", "99999999999", "+1"] {
        assert!(wrong.parse::<Version>().is_err(), "{wrong}");
    }
}

#[test]
fn unknown_names_are_kept() {
    let text = "colour = 1\n[target]\nos = 3\n[mapping]\nA = { form = 1 }\n[paths]\nx = 1\n";
    let unknown = parsed(text).unwrap().unknown;
    let names: Vec<_> = unknown
        .iter()
        .map(|key| (key.table, key.name.span.unwrap().of(text)))
        .collect();
    assert_eq!(
        names,
        [
            (None, "colour"),
            (Some("target"), "os"),
            (Some("mapping"), "form"),
            (Some("paths"), "x")
        ]
    );
}

#[test]
fn malformed_values_are_refused_at_their_place() {
    let refusals = [
        ("[rules]\na = \"warn\"", "\"warn\"", "`warn` is no level"),
        ("[rules]\na = 1", "1", "`a` must be text in quotes"),
        ("rules = 1", "1", "`rules` must be a table"),
        (
            "[target]\nidentity-manager = \"next\"",
            "\"next\"",
            "`next` is no version",
        ),
        (
            "[target]\nmiddleware = \"a b\"",
            "\"a b\"",
            "`b` is no version",
        ),
        (
            "[paths]\nprofiles = \"x\"",
            "\"x\"",
            "`profiles` must be a list",
        ),
        (
            "[mapping]\nA = { read = \"yes\" }",
            "\"yes\"",
            "`read` must be `true` or `false`",
        ),
        ("[mapping]\nA = \"x\"", "\"x\"", "`A` must be a table"),
    ];
    for (text, place, message) in refusals {
        assert_eq!(refused(text), (place.to_owned(), message.to_owned()));
    }
}

#[test]
fn what_is_no_toml_is_refused() {
    for text in [
        "[target",
        "a = ",
        "a = 1\na = 2\n",
        "\0",
        &"[".repeat(100_000),
    ] {
        let (_, message) = refused(text);
        assert!(message.starts_with("this is no TOML: "), "{message}");
    }
    let latin = SourceFile::from_bytes("perso.toml", b"# \xE4".to_vec());
    assert!(read(SourceId(0), &latin).is_err());
}
