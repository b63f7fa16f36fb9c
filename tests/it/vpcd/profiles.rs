//! The profiles that ship with perso, and the published example with its gaps filled: laid out in the
//! process and through PC/SC they are the same card.

use super::reader::{Reader, is_installed};
use super::{PIN, PUK};
use crate::sandbox::Sandbox;
use crate::synthesis;

const PERSO: &str = env!("CARGO_BIN_EXE_perso");

/// What the jobs of starters take from the environment.
const SECRETS: [(&str, &str); 4] = [
    ("CARD_PIN", PIN),
    ("CARD_PUK", PUK),
    ("USER_PUK", PUK),
    ("CARD_SIGNATURE_PIN", "112358"),
];

const READER: &str = "pcsc:Virtual PCD 00 00";

/// A starter project in `card`, with the certificate that its page asks for.
fn starter(profile: &str) -> Sandbox {
    let here = Sandbox::new();
    let (code, _, err) = here.run(&["new", "--profile", profile, "card"]);
    assert_eq!(code, 0, "{err}");
    here.file(
        "card/pin-encryption.pem",
        include_bytes!("../../../examples/encrypted-pins/pin-encryption.pem"),
    )
}

fn arguments<'a>(token: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let run = [
        "run",
        "card/card.dsc",
        "--job",
        "card/job.toml",
        "--job-id",
        "one",
    ];
    [&run[..], &["--token", token], more].concat()
}

/// Makes the card in the process and in the reader; both trees without sizes must be equal.
fn both_ways(here: &Sandbox, more: &[&str]) {
    let in_process = arguments("sim:process.img", more);
    succeeds(&here.perso(&in_process).envs(SECRETS).output().unwrap());
    super::new_card(here, "reader.img");
    let reader = Reader::new(here);
    let card = reader.serve("reader.img");
    let mut in_reader = reader.command(PERSO, &arguments(READER, more));
    succeeds(&in_reader.envs(SECRETS).output().unwrap());
    card.interrupt();
    let trees = ["process.img", "reader.img"].map(|image| {
        let (code, tree, err) = here.run(&["card", "tree", image, "--json"]);
        assert_eq!(code, 0, "{err}");
        super::plans::without_sizes(serde_json::from_str(&tree).unwrap())
    });
    assert_eq!(trees[0], trees[1]);
}

fn succeeds(output: &std::process::Output) {
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
}

#[test]
fn each_ready_profile() {
    if !is_installed() {
        return;
    }
    for profile in perso::stdlib::profiles() {
        both_ways(&starter(profile.name.trim_end_matches(".cpf")), &[]);
    }
}

#[test]
fn the_published_profile() {
    if !is_installed() {
        return;
    }
    let here = synthesis::published();
    both_ways(&here, &["--synthesize-pkcs15"]);
    let image = |name| std::fs::read(here.path(name)).unwrap();
    assert!(image("process.img") == image("reader.img"));
}
