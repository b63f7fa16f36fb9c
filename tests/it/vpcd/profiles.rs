//! The profiles that ship with perso, and the published example with its gaps filled: laid out in the
//! process and through PC/SC they are the same card, and OpenSC reads it.

use super::PIN;
use super::reader::{Reader, is_installed};
use crate::sandbox::Sandbox;
use crate::synthesis;

const PERSO: &str = env!("CARGO_BIN_EXE_perso");

/// What the jobs of starters take from the environment.
const SECRETS: [(&str, &str); 3] = [
    ("CARD_PIN", PIN),
    ("CARD_PUK", "13579135"),
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

/// Makes the card in the process and in the reader; both trees without sizes must be equal. Gives the
/// reader with the card in it.
fn both_ways(here: &Sandbox, more: &[&str], judge: impl FnOnce(&Reader)) {
    let output = here
        .perso(&arguments("sim:process.img", more))
        .envs(SECRETS)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    super::new_card(here, "reader.img");
    let reader = Reader::new(here);
    let card = reader.serve("reader.img");
    let output = reader
        .command(PERSO, &arguments(READER, more))
        .envs(SECRETS)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    judge(&reader);
    card.interrupt();
    let trees = ["process.img", "reader.img"].map(|image| {
        let (code, tree, err) = here.run(&["card", "tree", image, "--json"]);
        assert_eq!(code, 0, "{err}");
        super::plans::without_sizes(serde_json::from_str(&tree).unwrap())
    });
    assert_eq!(trees[0], trees[1]);
}

fn listed(reader: &Reader, expected: &[&str]) {
    let dump = reader.run("pkcs15-tool", &["--dump"]);
    for line in expected {
        assert!(dump.contains(line), "{line} is not in:\n{dump}");
    }
}

#[test]
fn a_generic_card() {
    if !is_installed() {
        return;
    }
    both_ways(&starter("pkcs15"), &[], |reader| {
        listed(
            reader,
            &[
                "PKCS#15 Card [My card]",
                "PIN [PIN]",
                "PIN [PUK]",
                "Private RSA Key",
                "X.509 Certificate",
            ],
        );
        reader.run("pkcs15-tool", &["--verify-pin", "--pin", PIN]);
    });
}

#[test]
fn a_card_with_a_signature_slot() {
    if !is_installed() {
        return;
    }
    both_ways(&starter("pkcs15-signature-slot"), &[], |reader| {
        listed(
            reader,
            &["Signature PIN", "Private RSA Key", "X.509 Certificate"],
        );
    });
}

#[test]
fn a_card_with_encrypted_pins() {
    if !is_installed() {
        return;
    }
    both_ways(&starter("encrypted-pins"), &[], |reader| {
        listed(reader, &["Data object 'Encrypted PINs'"]);
        let read = ["--read-data-object", "Encrypted PINs", "--output", "blob"];
        reader.run("pkcs15-tool", &read);
    });
}

/// The only file that keeps OpenSC from reading the published example is EF.TokenInfo.
#[test]
fn the_published_profile() {
    if !is_installed() {
        return;
    }
    let certificate = include_bytes!("../../../examples/encrypted-pins/pin-encryption.pem");
    let job = "[fields]\nUserPuk = { env = 'CARD_PUK' }\ncertificate = { file = 'id.pem' }\n";
    let here = Sandbox::new()
        .file("card/card.dsc", synthesis::DESCRIPTION)
        .file("card/seed.cpf", synthesis::PROFILE)
        .file("card/job.toml", job)
        .file("card/id.pem", certificate);
    both_ways(&here, &["--synthesize-pkcs15"], |reader| {
        listed(reader, &["X.509 Certificate [Digital Signature]"]);
        let read = ["--read-certificate", "11", "--output", "read.pem"];
        reader.run("pkcs15-tool", &read);
        let subject = ["x509", "-in", "read.pem", "-noout", "-subject"];
        let subject = reader.run("openssl", &subject);
        assert!(subject.contains("CN = PIN encryption"), "{subject}");
    });
    let image = |name| std::fs::read(here.path(name)).unwrap();
    assert!(image("process.img") == image("reader.img"));
}
