//! Cards in a reader: OpenSC as the judge of what perso writes, and perso through PC/SC.

mod cardos44;
mod every_profile;
#[cfg(feature = "pcsc")]
mod foreign;
mod opensc;
mod plans;
#[cfg(feature = "pcsc")]
mod profiles;
mod reader;
mod serving;
mod tools;

use std::path::{Path, PathBuf};

use crate::sandbox::Sandbox;

const PIN: &str = "246810";
const PUK: &str = "13579135";

/// What the jobs of the examples take from the environment.
const SECRETS: [(&str, &str); 5] = [
    ("USER_PIN", PIN),
    ("USER_PUK", PUK),
    ("SIGNATURE_PIN", "112358"),
    ("OPERATOR_PIN", "97531975"),
    ("ENCRYPTION_PASSWORD", "archive-4711"),
];

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name)
}

/// The arguments that run an example with its job on a token.
fn run_example(description: &str, token: &str) -> Vec<String> {
    let description = example(description);
    let job = description.with_extension("job.toml");
    [
        "run",
        path(&description),
        "--job",
        path(&job),
        "--token",
        token,
        "--secret-outputs",
        "secret.json",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs an example on the simulated card in an image.
fn make_card(here: &Sandbox, description: &str, image: &str) {
    let arguments = run_example(description, &format!("sim:{image}"));
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let output = here.perso(&arguments).envs(SECRETS).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{description}: {err}");
}

fn new_card(here: &Sandbox, image: &str) {
    let (code, _, err) = here.run(&["card", "new", image]);
    assert_eq!(code, 0, "{err}");
}
