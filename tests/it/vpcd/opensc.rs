//! Programs of OpenSC read and use the cards that perso makes, without any configuration.

use std::fs;

use super::reader::{Reader, is_installed};
use super::{PIN, PUK, make_card};
use crate::sandbox::Sandbox;

/// Where the distributions put it.
const MODULES: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib64/opensc-pkcs11.so",
];

pub(super) fn module() -> &'static str {
    let there = |path: &&str| std::path::Path::new(path).exists();
    MODULES.into_iter().find(there).expect("opensc-pkcs11")
}

/// What the programs print without the lines that say which reader they take.
pub(super) fn told(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("Using "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_employee_card_is_listed() {
    if !is_installed() {
        return;
    }
    let here = Sandbox::new();
    make_card(&here, "employee-card/employee.dsc", "card.img");
    let reader = Reader::new(&here);
    let _card = reader.serve("card.img");
    let dump = reader.run("pkcs15-tool", &["--dump"]);
    let there = [
        "PKCS#15 Card [Employee card]",
        "Serial number  : 422d303034373131",
        "PIN [User PIN]",
        "PIN [PUK]",
        "Private RSA Key [Login]",
        "Private RSA Key [EmployeeEncryption]",
        "Public RSA Key [Login]",
        "Public RSA Key [EmployeeEncryption]",
        "X.509 Certificate [EmployeeLogin]",
        "X.509 Certificate [EmployeeEncryption]",
    ];
    for line in there {
        assert!(dump.contains(line), "{line} is not in:\n{dump}");
    }
    let objects = reader.run("pkcs11-tool", &["--module", module(), "--list-objects"]);
    for line in [
        "label:      EmployeeLogin",
        "DN: O=Example Ltd, CN=Ada Example",
    ] {
        assert!(objects.contains(line), "{line} is not in:\n{objects}");
    }
}

/// The bytes that OpenSC reads are those that lie on the card.
#[test]
fn certificates_and_public_keys_are_read() {
    if !is_installed() {
        return;
    }
    let here = Sandbox::new();
    make_card(&here, "employee-card/employee.dsc", "card.img");
    let reader = Reader::new(&here);
    let _card = reader.serve("card.img");
    reader.run(
        "pkcs15-tool",
        &["--read-certificate", "45", "--output", "login.pem"],
    );
    reader.run(
        "pkcs15-tool",
        &["--read-public-key", "45", "--output", "login.pub"],
    );
    let subject = reader.run(
        "openssl",
        &["x509", "-in", "login.pem", "-noout", "-subject"],
    );
    assert!(subject.contains("CN = employee-004711"), "{subject}");
    let of_certificate = reader.run(
        "openssl",
        &["x509", "-in", "login.pem", "-noout", "-pubkey"],
    );
    assert_eq!(
        of_certificate,
        fs::read_to_string(here.path("login.pub")).unwrap()
    );
}

#[test]
fn the_login_key_signs_and_the_encryption_key_decrypts() {
    if !is_installed() {
        return;
    }
    let here = Sandbox::new().file("data", "to be signed\n");
    make_card(&here, "employee-card/employee.dsc", "card.img");
    let reader = Reader::new(&here);
    let _card = reader.serve("card.img");
    let login = ["--module", module(), "--login", "--pin", PIN];
    let signing = [
        "--sign",
        "-m",
        "SHA256-RSA-PKCS",
        "--id",
        "45",
        "-i",
        "data",
        "-o",
        "signature",
    ];
    reader.run("pkcs11-tool", &[login.as_slice(), &signing].concat());
    reader.run(
        "pkcs15-tool",
        &["--read-public-key", "45", "--output", "login.pub"],
    );
    let verified = reader.run(
        "openssl",
        &[
            "dgst",
            "-sha256",
            "-verify",
            "login.pub",
            "-signature",
            "signature",
            "data",
        ],
    );
    assert!(verified.contains("Verified OK"), "{verified}");
    let tested = reader.run("pkcs11-tool", &[login.as_slice(), &["--test"]].concat());
    assert!(tested.contains("No errors"), "{tested}");
    assert!(tested.contains("RSA-PKCS: OK"), "{tested}");
}

#[test]
fn pins_are_changed_blocked_and_unblocked_and_survive_a_killed_server() {
    if !is_installed() {
        return;
    }
    let here = Sandbox::new();
    make_card(&here, "employee-card/employee.dsc", "card.img");
    let reader = Reader::new(&here);
    let card = reader.serve("card.img");
    let verify = |pin| ["--verify-pin", "--auth-id", "01", "--pin", pin];
    let tool = "pkcs15-tool";
    let change = [
        "--change-pin",
        "--auth-id",
        "01",
        "--pin",
        PIN,
        "--new-pin",
        "864209",
    ];
    reader.run(tool, &change);
    card.kill();
    let card = reader.serve("card.img");
    reader.run(tool, &verify("864209"));
    for _ in 0..3 {
        reader.fail(tool, &verify(PIN));
    }
    let blocked = reader.fail(tool, &verify("864209"));
    assert!(told(&blocked).contains("blocked"), "{blocked}");
    reader.run(
        tool,
        &[
            "--unblock-pin",
            "--auth-id",
            "01",
            "--puk",
            PUK,
            "--new-pin",
            "975310",
        ],
    );
    card.interrupt();
    let (_, tree, _) = here.run(&["card", "tree", "card.img"]);
    assert!(tree.contains("\"User PIN\"  3 of 3 tries left"), "{tree}");
    let _card = reader.serve("card.img");
    reader.run(tool, &verify("975310"));
    let trace = fs::read_to_string(here.path("trace.txt")).unwrap();
    assert!(trace.contains("bytes not shown"), "{trace}");
    assert!(!trace.contains("393735333130"), "the PIN is in the trace");
}

/// The encrypted PINs are a data object, byte for byte; without login, as their reader needs them.
#[test]
fn encrypted_pins_are_a_data_object() {
    if !is_installed() {
        return;
    }
    let here = Sandbox::new();
    make_card(&here, "encrypted-pins/prepare.dsc", "card.img");
    let reader = Reader::new(&here);
    let card = reader.serve("card.img");
    let name = "Encrypted PINs";
    let read = ["--read-data-object", name, "--output", "blob"];
    reader.run("pkcs15-tool", &read);
    let by_module = [
        "--read-object",
        "--type",
        "data",
        "--label",
        name,
        "-o",
        "same",
    ];
    reader.run(
        "pkcs11-tool",
        &[["--module", module()].as_slice(), &by_module].concat(),
    );
    card.interrupt();
    let blob = fs::read(here.path("blob")).unwrap();
    assert_eq!(blob, fs::read(here.path("same")).unwrap());
    let written = blob.len() - blob.iter().rev().take_while(|byte| **byte == 0).count();
    let hex: String = blob[..written]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let image = fs::read(here.path("card.img")).unwrap();
    assert!(
        written > 500
            && String::from_utf8_lossy(&image)
                .to_lowercase()
                .contains(&hex)
    );
}

#[test]
fn a_signature_slot_is_a_second_token() {
    if !is_installed() {
        return;
    }
    let here = Sandbox::new();
    make_card(&here, "signature-slot/qualified.dsc", "card.img");
    let reader = Reader::new(&here);
    let _card = reader.serve("card.img");
    let slots = reader.run("pkcs11-tool", &["--module", module(), "--list-slots"]);
    for label in [
        "Signature card (User PIN)",
        "Signature card (Signature PIN)",
    ] {
        assert!(slots.contains(label), "{slots}");
    }
}
