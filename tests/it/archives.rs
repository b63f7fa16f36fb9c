//! Archives on the command line: what is in them is checked where it stands, and never changed.

use std::io::{Cursor, Write};
use std::time::{Duration, Instant};

use zip::write::SimpleFileOptions;

use crate::sandbox::Sandbox;

/// A description with a finding that has a safe fix, and the profile it names.
const DESCRIPTION: &str = "[Encoding]\nType=1024,Chip\nDevices=8711\n[Fields]\nSerial=\nUnused=\n\
                           [Description]\nPKCS11Library=personal64.dll\nInitToken=#true\n\
                           InitialLabel=#Card\nInitialPUK=#12345678\nChipProfile=card.cpf\n\
                           iccsnfield=Serial\n";
const PROFILE: &str = "CardModel ISO7816\n";

fn packed(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn card() -> Vec<u8> {
    packed(&[("card.dsc", DESCRIPTION), ("card.cpf", PROFILE)])
}

/// The findings as `file: rule`.
fn found(sandbox: &Sandbox, arguments: &[&str]) -> Vec<String> {
    let (_, report) = sandbox.report(arguments);
    let found = report["diagnostics"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    found
        .map(|one| format!("{}: {}", text(&one["file"]), text(&one["rule"])))
        .collect()
}

#[test]
fn members_are_checked_as_files_are() {
    let packed = Sandbox::new().file("cards/card.dsz", card());
    let lying = Sandbox::new()
        .file("card.dsc", DESCRIPTION)
        .file("card.cpf", PROFILE);
    let inside = found(&packed, &["."]);
    let beside: Vec<_> = found(&lying, &["."])
        .into_iter()
        .map(|one| format!("cards/card.dsz!/{one}"))
        .collect();
    assert_eq!(inside, beside);
    assert!(
        inside
            .iter()
            .any(|one| one.ends_with("card.dsc: unused-field"))
    );
    assert_eq!(inside, found(&packed, &["cards/card.dsz"]));
    let (_, report) = packed.report(&["cards/card.dsz"]);
    assert_eq!(report["summary"]["files"], 2);
}

/// What lies beside the archive is not deployed with it.
#[test]
fn companions_are_looked_for_in_the_archive_alone() {
    let alone = packed(&[("card.dsc", DESCRIPTION), ("profiles/card.cpf", PROFILE)]);
    let sandbox = Sandbox::new()
        .file("card.dsz", alone)
        .file("card.cpf", PROFILE)
        .file("profiles/card.cpf", PROFILE)
        .file("perso.toml", "[paths]\nprofiles = ['profiles']\n");
    let (_, out, _) = sandbox.run(&["check", "card.dsz"]);
    assert!(
        out.contains("no such file beside the description in the archive"),
        "{out}"
    );
}

#[test]
fn the_configuration_above_the_archive_holds() {
    let inner = packed(&[
        ("card.dsc", DESCRIPTION),
        ("card.cpf", PROFILE),
        ("perso.toml", "[rules]\nhard-coded-credential = 'off'\n"),
    ]);
    let sandbox = Sandbox::new()
        .file("cards/card.dsz", inner)
        .file("perso.toml", "[rules]\nunused-field = 'off'\n");
    let found = found(&sandbox, &["cards"]);
    assert!(
        !found.iter().any(|one| one.ends_with("unused-field")),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .any(|one| one.ends_with("hard-coded-credential")),
        "{found:?}"
    );
}

#[test]
fn every_format_names_the_member() {
    let sandbox = Sandbox::new().file("a b/card.dsz", card());
    for format in [
        "human", "concise", "json", "jsonl", "github", "gitlab", "junit",
    ] {
        let (_, out, _) = sandbox.run(&["check", "--format", format, "."]);
        assert!(out.contains("a b/card.dsz!/card.dsc"), "{format}: {out}");
    }
    let (_, out, _) = sandbox.run(&["check", "--format", "sarif", "."]);
    assert!(
        out.contains("\"uri\": \"a%20b/card.dsz!/card.dsc\""),
        "{out}"
    );
}

#[test]
fn nothing_is_written_into_an_archive() {
    let fixable = DESCRIPTION.replace("iccsnfield=Serial", "iccsnfield=serial");
    let bytes = packed(&[("card.dsc", &fixable), ("card.cpf", PROFILE)]);
    let sandbox = Sandbox::new()
        .file("card.dsz", &bytes)
        .file("card.dsc", &fixable)
        .file("card.cpf", PROFILE);
    let (_, _, err) = sandbox.run(&["check", "--fix", "."]);
    assert!(
        err.contains(
            "card.dsz!/card.dsc: archives are not written to; unpack it to have this file fixed"
        ),
        "{err}"
    );
    assert_eq!(std::fs::read(sandbox.path("card.dsz")).unwrap(), bytes);
    let fixed = std::fs::read_to_string(sandbox.path("card.dsc")).unwrap();
    assert!(fixed.contains("iccsnfield=Serial"), "{fixed}");
    let (_, out, err) = sandbox.run(&["check", "--diff", "card.dsz"]);
    assert_eq!(out, "");
    assert!(err.contains("archives are not written to"), "{err}");
}

#[test]
fn archives_are_not_laid_out() {
    let sandbox = Sandbox::new()
        .file("card.dsz", card())
        .file("lone.cpf", PROFILE);
    let (code, _, err) = sandbox.run(&["fmt", "card.dsz"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("`card.dsz` is an archive"), "{err}");
    assert!(
        err.contains("archives are not written to: unpack it"),
        "{err}"
    );
    let (code, out, _) = sandbox.run(&["fmt", "--check", "."]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert_eq!(std::fs::read(sandbox.path("card.dsz")).unwrap(), card());
}

/// The plan is that of the same files outside of the archive, byte for byte.
#[test]
fn an_archive_is_compiled() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/profile-variables");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let (description, profile) = (read("badge.dsc"), read("badge.cpf"));
    let bytes = packed(&[("badge.dsc", &description), ("badge.cpf", &profile)]);
    let sandbox = Sandbox::new().file("badge.dsz", bytes);
    let (code, plan, err) = sandbox.run(&["compile", "badge.dsz"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(plan, read("badge.plan.json"));
    let (code, shown, err) = sandbox.run(&["plan", "show", "badge.dsz"]);
    assert_eq!(code, 0, "{err}");
    assert!(shown.contains("badge.dsc"), "{shown}");
}

#[test]
fn an_archive_of_two_descriptions_is_not_compiled() {
    let sandbox = Sandbox::new().file("two.dsz", packed(&[("a.dsc", ""), ("b.dsc", "")]));
    let (code, _, _) = sandbox.run(&["compile", "two.dsz"]);
    assert_ne!(code, 0);
}

#[test]
fn what_cannot_be_read_is_told_once_and_the_rest_is_checked() {
    let hostile = packed(&[
        ("card.dsc", DESCRIPTION),
        ("card.cpf", PROFILE),
        ("xx/evil.dsc", ""),
    ]);
    let name = memchr::memmem::find_iter(&hostile, b"xx/evil").collect::<Vec<_>>();
    let mut bytes = hostile.clone();
    for at in name {
        bytes[at..at + 2].copy_from_slice(b"..");
    }
    let sandbox = Sandbox::new()
        .file("evil.dsz", bytes)
        .file("cut.dsz", &hostile[..hostile.len() / 2])
        .file("empty.dsz", "")
        .file("pictures.dsz", packed(&[("a.png", "")]));
    let found = found(&sandbox, &["."]);
    for unreadable in [
        "evil.dsz!/../evil.dsc",
        "cut.dsz",
        "empty.dsz",
        "pictures.dsz",
    ] {
        let wanted = format!("{unreadable}: unreadable-input");
        assert_eq!(
            found.iter().filter(|one| **one == wanted).count(),
            1,
            "{found:?}"
        );
    }
    assert!(
        found
            .iter()
            .any(|one| one.starts_with("evil.dsz!/card.dsc: ")),
        "{found:?}"
    );
    let (code, out, _) = sandbox.run(&["check", "--format", "concise", "evil.dsz"]);
    assert_eq!(code, 1);
    insta::with_settings!({
        snapshot_path => "../../snapshots/archives",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("evil", out);
        let (_, out, _) = sandbox.run(&["check", "cut.dsz", "pictures.dsz", "empty.dsz", "gone.dsz"]);
        insta::assert_snapshot!("unreadable", out);
    });
}

/// None of these may take long or much memory.
#[test]
fn what_is_made_to_hurt_does_not() {
    let zeros = "\0".repeat(40 << 20);
    let endings = b"PK\x05\x06".repeat(30_000);
    let endings64 = b"PK\x06\x06PK\x06\x07PK\x05\x06".repeat(1_000_000);
    let headers = b"PK\x03\x04".repeat(5_000_000);
    let sandbox = Sandbox::new()
        .file("bomb.dsz", packed(&[("card.dsc", &zeros)]))
        .file("endings.dsz", endings)
        .file("endings64.dsz", endings64)
        .file("headers.dsz", headers)
        .file("large.dsz", vec![0; (64 << 20) + 1]);
    let start = Instant::now();
    let found = found(&sandbox, &["."]);
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(
        found.iter().all(|one| one.ends_with(": unreadable-input")),
        "{found:?}"
    );
}
