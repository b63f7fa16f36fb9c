//! `perso card tree`: the names of a profile, and the drawing.

use std::path::{Path, PathBuf};

use crate::sandbox::Sandbox;

fn example(name: &str) -> PathBuf {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    examples.join(name)
}

/// A card made by the example whose files carry values from outside.
fn badge(here: &Sandbox) -> String {
    let description = example("profile-variables/badge.dsc");
    let job = description.with_extension("job.toml");
    let description = description.to_str().unwrap().to_owned();
    let arguments = ["run", &description, "--job", job.to_str().unwrap()];
    let mut command = here.perso(&[arguments.as_slice(), &["--token", "sim:card.img"]].concat());
    let secrets = [("USER_PIN", "246810"), ("USER_PUK", "13579135")];
    let output = command.envs(secrets).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
    description
}

#[test]
fn files_are_called_as_in_the_profile() {
    let here = Sandbox::new();
    let description = badge(&here);
    let (code, tree, err) = here.run(&["card", "tree", "card.img", "--from", &description]);
    assert_eq!(code, 0, "{err}");
    let profile = std::fs::read_to_string(example("profile-variables/badge.cpf")).unwrap();
    let declared = profile.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let keyword = words.next()?;
        let is_file = keyword.starts_with("CreateEf") || keyword.starts_with("CreateDf");
        is_file.then(|| words.next()).flatten()
    });
    let declared: Vec<_> = declared.collect();
    assert!(!declared.is_empty());
    for name in declared {
        assert!(tree.contains(&format!("[{name}]")), "{name}: {tree}");
    }
    here.run(&["compile", &description, "-o", "plan.json"]);
    let (_, by_plan, _) = here.run(&["card", "tree", "card.img", "--from", "plan.json"]);
    assert_eq!(tree, by_plan);
}

#[test]
fn a_description_without_a_layout_names_nothing() {
    let here = Sandbox::new();
    badge(&here);
    let other = example("pin-change/pin-change.dsc");
    let arguments = [
        "card",
        "tree",
        "card.img",
        "--from",
        other.to_str().unwrap(),
    ];
    let (code, _, err) = here.run(&arguments);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("lays out no card"), "{err}");
}

#[test]
fn the_drawing_is_the_same_every_time() {
    let here = Sandbox::new();
    badge(&here);
    let draw = || here.run(&["card", "tree", "card.img", "--svg"]).1;
    let svg = draw();
    assert!(
        svg.starts_with("<svg ") && svg.ends_with("</svg>\n"),
        "{svg}"
    );
    assert_eq!(svg, draw());
    let (code, _, _) = here.run(&["card", "tree", "card.img", "--svg", "--json"]);
    assert_eq!(code, 2);
}
