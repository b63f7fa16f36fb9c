//! One plan, three ways onto a card: in the process, through PC/SC, and as a script of `scriptor`.

use super::reader::{Reader, is_installed};
use super::{SECRETS, example, make_card, new_card, path};
use crate::sandbox::Sandbox;

/// Nothing in this card is random.
const BADGE: &str = "profile-variables/badge.dsc";

#[test]
fn a_plan_as_a_script_makes_the_same_card() {
    if !is_installed() {
        return;
    }
    let here = Sandbox::new();
    make_card(&here, BADGE, "run.img");
    let description = example(BADGE);
    let job = description.with_extension("job.toml");
    let arguments = [
        "plan",
        "show",
        "--apdu",
        path(&description),
        "--job",
        path(&job),
        "--with-secrets",
        "-o",
        "script.txt",
    ];
    let output = here.perso(&arguments).envs(SECRETS).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    new_card(&here, "script.img");
    let reader = Reader::new(&here);
    let card = reader.serve("script.img");
    let told = reader.run("scriptor", &["script.txt"]);
    let answers: Vec<_> = told.lines().filter(|line| line.starts_with("< ")).collect();
    assert!(answers.len() > 5, "{told}");
    for answer in answers {
        assert!(answer.starts_with("< 90 00"), "{told}");
    }
    card.interrupt();
    let image = |name| std::fs::read(here.path(name)).unwrap();
    assert!(image("run.img") == image("script.img"), "{told}");
}

/// The tree of a card without what depends on random lengths.
#[cfg(feature = "pcsc")]
pub(super) fn without_sizes(mut tree: serde_json::Value) -> serde_json::Value {
    match &mut tree {
        serde_json::Value::Object(members) => {
            members.retain(|name, _| !["size", "used", "memory"].contains(&name.as_str()));
            for member in members.values_mut() {
                *member = without_sizes(member.take());
            }
        }
        serde_json::Value::Array(items) => {
            for item in items {
                *item = without_sizes(item.take());
            }
        }
        _ => {}
    }
    tree
}

#[cfg(feature = "pcsc")]
mod through_pcsc {
    use super::super::run_example;
    use super::*;

    const PERSO: &str = env!("CARGO_BIN_EXE_perso");

    fn run(reader: &Reader, description: &str, token: &str) -> (bool, String) {
        let arguments = run_example(description, token);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let mut command = reader.command(PERSO, &arguments);
        let output = command.envs(SECRETS).output().unwrap();
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        (output.status.success(), text)
    }

    #[test]
    fn the_card_in_the_reader_is_the_card_in_the_process() {
        if !is_installed() {
            return;
        }
        let here = Sandbox::new();
        make_card(&here, BADGE, "process.img");
        new_card(&here, "reader.img");
        let reader = Reader::new(&here);
        let card = reader.serve("reader.img");
        let (done, text) = run(&reader, BADGE, "pcsc:Virtual PCD 00 00");
        assert!(done, "{text}");
        card.interrupt();
        let image = |name| std::fs::read(here.path(name)).unwrap();
        assert!(image("process.img") == image("reader.img"), "{text}");
    }

    /// Keys and certificates are made anew each time: all but their sizes is equal.
    #[test]
    fn the_employee_card_is_made_through_a_reader() {
        if !is_installed() {
            return;
        }
        let description = "employee-card/employee.dsc";
        let here = Sandbox::new();
        make_card(&here, description, "process.img");
        new_card(&here, "reader.img");
        let reader = Reader::new(&here);
        let card = reader.serve("reader.img");
        let (done, text) = run(&reader, description, "pcsc:Virtual PCD 00 00");
        assert!(done, "{text}");
        card.interrupt();
        let trees = ["process.img", "reader.img"].map(|image| {
            let (_, tree, _) = here.run(&["card", "tree", image, "--json"]);
            without_sizes(serde_json::from_str(&tree).unwrap())
        });
        assert_eq!(trees[0], trees[1]);
    }

    #[test]
    fn a_reader_that_does_not_serve_is_told() {
        if !is_installed() {
            return;
        }
        let here = Sandbox::new();
        new_card(&here, "card.img");
        let reader = Reader::new(&here);
        let _card = reader.serve("card.img");
        let expected = [
            (
                "pcsc:Virtual PCD 00 01",
                "no card in the reader `Virtual PCD 00 01`",
            ),
            (
                "pcsc:Virtual",
                "several readers begin with `Virtual`: `Virtual PCD 00 00`",
            ),
            ("pcsc:Omnikey", "there is no reader `Omnikey`"),
        ];
        for (token, message) in expected {
            let (done, text) = run(&reader, BADGE, token);
            assert!(!done && text.contains(message), "{token}: {text}");
        }
        let (done, text) = run(&reader, BADGE, "pcsc:Virtual PCD 00 00?shared");
        assert!(done, "{text}");
    }
}
