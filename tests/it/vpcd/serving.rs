//! `perso card serve` and its reader: what goes wrong is said, several do not meet.

use super::new_card;
use super::reader::{Reader, is_installed};
use crate::sandbox::Sandbox;

const PERSO: &str = env!("CARGO_BIN_EXE_perso");

#[test]
fn nothing_listens_and_another_card_are_told() {
    if !is_installed() {
        return;
    }
    let here = Sandbox::new();
    new_card(&here, "one.img");
    new_card(&here, "two.img");
    let reader = Reader::new(&here);
    let nobody = ["card", "serve", "one.img", "--vpcd", "127.0.0.1:1"];
    let said = reader.fail(PERSO, &nobody);
    assert!(
        said.contains("no virtual reader answers at 127.0.0.1:1"),
        "{said}"
    );
    let _one = reader.serve("one.img");
    let said = reader.fail(PERSO, &["card", "serve", "two.img"]);
    assert!(said.contains("another card lies in this slot"), "{said}");
    assert!(said.contains("35964"), "{said}");
    let said = reader.fail(PERSO, &["card", "serve", "no.img"]);
    assert!(said.contains("cannot read the card image"), "{said}");
    let said = reader.fail(PERSO, &["card", "serve", "one.img", "--vpcd", "here"]);
    assert!(said.contains("no address of a virtual reader"), "{said}");
}

/// A run on the image would be undone by the next command that the served card is given.
#[test]
fn a_card_in_the_reader_is_in_no_other_place() {
    if !is_installed() {
        return;
    }
    let here = Sandbox::new();
    new_card(&here, "card.img");
    let reader = Reader::new(&here);
    let card = reader.serve("card.img");
    let next = ["card", "serve", "card.img", "--vpcd", "127.0.0.1:35964"];
    let said = reader.fail(PERSO, &next);
    let in_use = "the card image card.img is in use: perso card serve, process ";
    assert!(said.contains(in_use), "{said}");
    let arguments = super::run_example("profile-variables/badge.dsc", "sim:card.img");
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let output = here
        .perso(&arguments)
        .envs(super::SECRETS)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{said}");
    assert!(said.contains(in_use), "{said}");
    card.kill();
    super::make_card(&here, "profile-variables/badge.dsc", "card.img");
}

#[test]
fn several_readers_run_side_by_side() {
    if !is_installed() {
        return;
    }
    let one = || {
        let here = Sandbox::new();
        new_card(&here, "card.img");
        let reader = Reader::new(&here);
        let card = reader.serve("card.img");
        let name = reader.run("opensc-tool", &["--name"]);
        assert!(name.contains("Atos CardOS"), "{name}");
        card.interrupt();
    };
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
        for each in all {
            each.join().unwrap();
        }
    });
}
