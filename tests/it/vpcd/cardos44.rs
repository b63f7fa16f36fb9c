//! A simulated CardOS 4.4: OpenSC lays it out with its own tools, and reads what perso laid out in
//! the form of that card.

use std::fs;

use super::reader::{Reader, Served, is_installed};
use super::tools::Slot;
use super::{PIN, PUK, SECRETS};
use crate::sandbox::Sandbox;

const INIT: &str = "pkcs15-init";
/// As many digits as the card takes.
const USER: &str = "24681012";
const UNBLOCK: &str = "13579135";

fn new_card(here: &Sandbox) {
    let arguments = ["card", "new", "card.img", "--model", "cardos-4.4"];
    let (code, _, err) = here.run(&arguments);
    assert_eq!(code, 0, "{err}");
}

/// A key and its certificate, as files.
fn make_certificate(reader: &Reader) {
    let arguments = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=Ada Example",
        "-days",
        "30",
        "-keyout",
        "key.pem",
        "-out",
        "certificate.pem",
    ];
    reader.run("openssl", &arguments);
}

fn der(reader: &Reader, pem: &str) -> Vec<u8> {
    reader.openssl(&["x509", "-in", pem, "-outform", "DER", "-out", "made.der"]);
    fs::read(reader.path("made.der")).unwrap()
}

fn store_certificate(reader: &Reader, further: &[&str]) {
    let store = [
        "--store-certificate",
        "certificate.pem",
        "--id",
        "11",
        "--label",
        "Digital Signature",
    ];
    reader.run(INIT, &[&store, further].concat());
}

/// The commands that the card was given since it was put into the reader.
fn commands(here: &Sandbox) -> usize {
    let trace = fs::read_to_string(here.path("trace.txt")).unwrap();
    trace
        .lines()
        .filter(|line| line.starts_with("# < "))
        .count()
}

#[test]
fn opensc_lays_out_a_card_without_pin() {
    if !is_installed() {
        return;
    }
    let here = Sandbox::new();
    new_card(&here);
    let reader = Reader::new(&here);
    make_certificate(&reader);
    let _card = reader.serve("card.img");
    let create = ["--create-pkcs15", "--no-so-pin", "--label", "Baseline"];
    reader.run(INIT, &create);
    assert_eq!(commands(&here), 43);
    store_certificate(&reader, &[]);
    reader.dump().shows(&[
        "PKCS#15 Card [Baseline]",
        "Serial number  : 112233445566",
        "X.509 Certificate [Digital Signature]",
        "Path           : 3f0050153104",
    ]);
    assert_eq!(reader.certificate("11"), der(&reader, "certificate.pem"));
}

fn create_with_pins<'a>(here: &Sandbox, reader: &'a Reader) -> Served<'a> {
    new_card(here);
    make_certificate(reader);
    let card = reader.serve("card.img");
    let create = [
        "--create-pkcs15",
        "--profile",
        "pkcs15+onepin",
        "--pin",
        USER,
        "--puk",
        UNBLOCK,
        "--label",
        "Keys",
    ];
    reader.run(INIT, &create);
    assert_eq!(commands(here), 57);
    card
}

#[test]
fn opensc_makes_and_stores_keys_that_sign_and_decrypt() {
    if !is_installed() {
        return;
    }
    let here = Sandbox::new();
    let reader = Reader::new(&here);
    let _card = create_with_pins(&here, &reader);
    let holder = ["--auth-id", "01", "--pin", USER];
    store_certificate(&reader, &[&holder[..], &["--verify-pin"]].concat());
    let keys: [&[&str]; 3] = [
        &[
            "--generate-key",
            "rsa/2048",
            "--id",
            "22",
            "--key-usage",
            "sign",
        ],
        &[
            "--store-private-key",
            "key.pem",
            "--id",
            "33",
            "--key-usage",
            "sign",
        ],
        &[
            "--generate-key",
            "rsa/2048",
            "--id",
            "44",
            "--key-usage",
            "decrypt",
        ],
    ];
    for key in keys {
        reader.run(INIT, &[key, &holder].concat());
    }
    reader.dump().shows(&[
        "Key ref        : 16",
        "Key ref        : 17",
        "Key ref        : 18",
    ]);
    let holder = Slot::of(&reader, "Keys (User PIN)", "01");
    holder.signs(USER, "22");
    holder.signs(USER, "33");
    let ours = reader.openssl(&["pkey", "-in", "key.pem", "-pubout"]);
    assert_eq!(ours, reader.public_key("33"));
    holder.is_sound(USER);
    let trace = fs::read_to_string(here.path("trace.txt")).unwrap();
    assert!(
        trace.contains("0046000008201") && trace.contains("bytes not shown"),
        "{trace}"
    );
}

#[test]
fn opensc_changes_and_unblocks_the_pin_of_its_card() {
    if !is_installed() {
        return;
    }
    let here = Sandbox::new();
    let reader = Reader::new(&here);
    let _card = create_with_pins(&here, &reader);
    Slot::of(&reader, "Keys (User PIN)", "01").pins_are_changed_and_unblocked(USER, UNBLOCK);
}

/// The generic profile in the words of this card: one credential for each right, the start key
/// decides about erasing.
fn profile() -> String {
    let generic = concat!(env!("CARGO_MANIFEST_DIR"), "/stdlib/profiles/pkcs15.cpf");
    let generic = fs::read_to_string(generic).unwrap();
    generic
        .replace("\nMakeCardEraseable()", "")
        .replace("'ISO7816'", "'SIEMENS44'")
        .replace("PIN1|PIN2", "PIN1")
        .replace("02 01 10", "02 01 08")
}

const DESCRIPTION: &str = "\
[Encoding]
Type=1024,Chip
Devices=8710

[Fields]
UserPin=
UserPuk=

[Description]
PKCS11LibraryWindows32=C:/Program Files (x86)/Personal/bin/personal.dll
InitToken=true
InitialLabel=#By perso
ChipProfile=card.cpf
InitialPUK=UserPuk
PIN=UserPin
ApplicationList=L
ClearFields=UserPin,UserPuk

[Application_L]
CertTempl=Login
KeySize=2048
";

const JOB: &str = "\
[fields]
UserPin = { env = \"USER_PIN\" }
UserPuk = { env = \"USER_PUK\" }
[job]
id = \"cardos-4.4\"
[issuer]
kind = \"dev-ca\"
";

#[test]
fn opensc_reads_and_uses_what_perso_laid_out() {
    if !is_installed() {
        return;
    }
    let here = Sandbox::new()
        .file("card.cpf", profile())
        .file("card.dsc", DESCRIPTION)
        .file("job.toml", JOB);
    let token = "sim:card.img?model=cardos-4.4";
    let arguments = ["run", "card.dsc", "--job", "job.toml", "--token", token];
    let output = here.perso(&arguments).envs(SECRETS).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
    let reader = Reader::new(&here);
    let _card = reader.serve("card.img");
    let dump = reader.dump();
    dump.shows(&[
        "PKCS#15 Card [By perso]",
        "PIN [PIN]",
        "PIN [PUK]",
        "Private RSA Key [Login]",
    ]);
    let id = dump.id("X.509 Certificate [Login]");
    reader.certificate(&id);
    assert_eq!(reader.certified_key(), reader.public_key(&id));
    let holder = Slot::of(&reader, "By perso", "01");
    holder.signs(PIN, &id);
    holder.pins_are_changed_and_unblocked(PIN, PUK);
}

/// What the dialect cannot say is refused before anything is written.
#[test]
fn a_profile_for_another_card_is_refused_with_its_reason() {
    let here = Sandbox::new().file("card.dsc", DESCRIPTION.replace("card.cpf", "<pkcs15.cpf>"));
    let here = here.file("job.toml", JOB);
    let token = "sim:?model=cardos-4.4";
    let arguments = ["run", "card.dsc", "--job", "job.toml", "--token", token];
    let output = here.perso(&arguments).envs(SECRETS).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{err}");
    let reason = "how a CardOS 4.4 stays erasable without its start key is not public";
    assert!(err.contains(reason), "{err}");
}
