//! A simulated CardOS 4.4: OpenSC lays it out with its own tools, and reads what perso laid out in
//! the form of that card.

use std::fs;

use super::opensc::{module, told};
use super::reader::{Reader, Served, is_installed};
use super::{PIN, PUK, SECRETS};
use crate::sandbox::Sandbox;

const INIT: &str = "pkcs15-init";
const TOOL: &str = "pkcs15-tool";
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

fn assert_certificate_is_read(reader: &Reader, id: &str, subject: &str) {
    reader.run(TOOL, &["--read-certificate", id, "--output", "read.pem"]);
    let shown = reader.run(
        "openssl",
        &["x509", "-in", "read.pem", "-noout", "-subject"],
    );
    assert!(shown.contains(subject), "{shown}");
}

/// Signs with PKCS#11, verifies with `openssl`.
fn assert_signs(reader: &Reader, pin: &str, id: &str) {
    let sign = [
        "--module",
        module(),
        "--login",
        "--pin",
        pin,
        "--sign",
        "-m",
        "SHA256-RSA-PKCS",
        "--id",
        id,
        "-i",
        "data",
        "-o",
        "signature",
    ];
    reader.run("pkcs11-tool", &sign);
    reader.run(TOOL, &["--read-public-key", id, "--output", "public.pem"]);
    let verify = [
        "dgst",
        "-sha256",
        "-verify",
        "public.pem",
        "-signature",
        "signature",
        "data",
    ];
    let verified = reader.run("openssl", &verify);
    assert!(verified.contains("Verified OK"), "{verified}");
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
    let dump = reader.run(TOOL, &["--dump"]);
    for line in [
        "PKCS#15 Card [Baseline]",
        "Serial number  : 112233445566",
        "X.509 Certificate [Digital Signature]",
        "Path           : 3f0050153104",
    ] {
        assert!(dump.contains(line), "{line} is not in:\n{dump}");
    }
    assert_certificate_is_read(&reader, "11", "Ada Example");
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
    let here = Sandbox::new().file("data", "to be signed\n");
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
    let dump = reader.run(TOOL, &["--dump"]);
    for line in [
        "Key ref        : 16",
        "Key ref        : 17",
        "Key ref        : 18",
    ] {
        assert!(dump.contains(line), "{line} is not in:\n{dump}");
    }
    assert_signs(&reader, USER, "22");
    assert_signs(&reader, USER, "33");
    let ours = reader.run("openssl", &["pkey", "-in", "key.pem", "-pubout"]);
    assert_eq!(ours, fs::read_to_string(here.path("public.pem")).unwrap());
    let test = ["--module", module(), "--login", "--pin", USER, "--test"];
    let tested = reader.run("pkcs11-tool", &test);
    assert!(tested.contains("No errors"), "{tested}");
    assert!(tested.contains("SHA256-RSA-PKCS: OK"), "{tested}");
    let trace = fs::read_to_string(here.path("trace.txt")).unwrap();
    assert!(
        trace.contains("0046000008201") && trace.contains("bytes not shown"),
        "{trace}"
    );
}

fn assert_pins_are_changed_and_unblocked(reader: &Reader, pin: &str, puk: &str, id: &str) {
    let verify = |pin| ["--verify-pin", "--auth-id", id, "--pin", pin];
    let change = [
        "--change-pin",
        "--auth-id",
        id,
        "--pin",
        pin,
        "--new-pin",
        "8642",
    ];
    reader.run(TOOL, &change);
    for _ in 0..3 {
        reader.fail(TOOL, &verify(pin));
    }
    let blocked = reader.fail(TOOL, &verify("8642"));
    assert!(told(&blocked).contains("blocked"), "{blocked}");
    let unblock = [
        "--unblock-pin",
        "--auth-id",
        id,
        "--puk",
        puk,
        "--new-pin",
        "975310",
    ];
    reader.run(TOOL, &unblock);
    reader.run(TOOL, &verify("975310"));
}

#[test]
fn opensc_changes_and_unblocks_the_pin_of_its_card() {
    if !is_installed() {
        return;
    }
    let here = Sandbox::new();
    let reader = Reader::new(&here);
    let _card = create_with_pins(&here, &reader);
    assert_pins_are_changed_and_unblocked(&reader, USER, UNBLOCK, "01");
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
        .file("job.toml", JOB)
        .file("data", "to be signed\n");
    let token = "sim:card.img?model=cardos-4.4";
    let arguments = ["run", "card.dsc", "--job", "job.toml", "--token", token];
    let output = here.perso(&arguments).envs(SECRETS).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
    let reader = Reader::new(&here);
    let _card = reader.serve("card.img");
    let dump = reader.run(TOOL, &["--dump"]);
    for line in [
        "PKCS#15 Card [By perso]",
        "PIN [PIN]",
        "PIN [PUK]",
        "Private RSA Key [Login]",
        "X.509 Certificate [Login]",
    ] {
        assert!(dump.contains(line), "{line} is not in:\n{dump}");
    }
    let id = dump.split("X.509 Certificate").nth(1).unwrap();
    let id = id
        .split("ID             : ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    assert_certificate_is_read(&reader, id, "subject=");
    assert_signs(&reader, PIN, id);
    assert_pins_are_changed_and_unblocked(&reader, PIN, PUK, "01");
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
