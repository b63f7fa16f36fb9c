//! The whole list of what OpenSC does with a card, on the card of each ready profile and of the
//! published one: what it reads is what was written.

use std::fs;

use super::reader::{Reader, is_installed};
use super::tools::{Dump, Slot};
use super::{PIN, PUK};
use crate::ready_profiles::{ARCHIVE, LOGIN, NOTE, SIGN, done, sandbox, secret_output};
use crate::sandbox::Sandbox;
use crate::synthesis;

const SIGNATURE_PIN: &str = "112358";
const ENCRYPTED_PINS: &str = "Encrypted PINs";

/// A description that makes a card by a ready profile.
fn initialising(profile: &str, more: &str) -> String {
    format!(
        "InitToken=true\nInitialLabel=#Ready\nChipProfile=<{profile}>\nInitialPUK=UserPuk\n{more}"
    )
}

fn is_in_the_reader(reader: &Reader) {
    let readers = reader.run("opensc-tool", &["--list-readers"]);
    let card = "0    Yes             Virtual PCD 00 00";
    assert!(readers.contains(card), "{readers}");
    let name = reader.run("opensc-tool", &["--name"]);
    assert!(name.contains("Atos CardOS"), "{name}");
}

/// Whether these bytes lie in a file of the card.
fn is_on_the_card(here: &Sandbox, bytes: &[u8]) -> bool {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let image = fs::read(here.path("card.img")).unwrap();
    String::from_utf8_lossy(&image).contains(&digits)
}

/// A key that the card made and the certificate that it got for it: all ways of reading agree, and
/// the issuer of the run signed it. Gives their identifier.
fn issued(here: &Sandbox, slot: &Slot<'_>, dump: &Dump, label: &str) -> String {
    let reader = slot.reader;
    let id = dump.id(&format!("X.509 Certificate [{label}]"));
    let private = format!("Private RSA Key [{label}]");
    assert_eq!(dump.id(&private), id);
    assert_eq!(dump.of(&private, "Auth ID"), slot.auth_id);
    assert_eq!(dump.id(&format!("Public RSA Key [{label}]")), id);
    let certificate = reader.certificate(&id);
    assert!(is_on_the_card(here, &certificate));
    assert_eq!(slot.reads("cert", ["--id", &id]), certificate);
    assert_eq!(reader.certified_key(), reader.public_key(&id));
    let verified = reader.openssl(&["verify", "-CAfile", "ca/ca.pem", "read.pem"]);
    assert!(verified.contains("read.pem: OK"), "{verified}");
    slot.lists(&[
        &format!("label:      {label}"),
        &format!("ID:         {id}"),
    ]);
    id
}

/// The certificate of the archive, byte for byte, and its key. Gives their identifier.
fn archived(slot: &Slot<'_>, dump: &Dump) -> String {
    let reader = slot.reader;
    let open = [
        "pkcs12",
        "-in",
        "encryption.p12",
        "-passin",
        "pass:archive-4711",
    ];
    reader.openssl(&[&open[..], &["-clcerts", "-nokeys", "-out", "own.pem"]].concat());
    reader.openssl(&[
        "x509", "-in", "own.pem", "-outform", "DER", "-out", "own.der",
    ]);
    let written = fs::read(reader.path("own.der")).unwrap();
    let id = dump.id("X.509 Certificate [Archive]");
    assert_eq!(dump.id("Private RSA Key [Archive]"), id);
    assert_eq!(reader.certificate(&id), written);
    assert_eq!(slot.reads("cert", ["--id", &id]), written);
    assert_eq!(reader.certified_key(), reader.public_key(&id));
    id
}

/// The data object, byte for byte.
fn noted(slot: &Slot<'_>) {
    let note = b"Rack 7, shelf 2";
    assert_eq!(slot.reader.data_object("Note"), note);
    assert_eq!(slot.reads("data", ["--label", "Note"]), note);
}

/// The encrypted PINs are read by both programs, without login, and lie on the card.
fn encrypted(here: &Sandbox, slot: &Slot<'_>) {
    let blob = slot.reader.data_object(ENCRYPTED_PINS);
    assert_eq!(slot.reads("data", ["--label", ENCRYPTED_PINS]), blob);
    // The file is larger; what was never written is not in the image.
    let length = blob.len() - blob.iter().rev().take_while(|byte| **byte == 0).count();
    assert!(length > 500 && is_on_the_card(here, &blob[..length]));
}

/// What a holder does with a card of one PIN.
fn holder_uses(here: &Sandbox, slot: &Slot<'_>, pin: &str) {
    let dump = slot.reader.dump();
    dump.shows(&["PKCS#15 Card [Ready]", "PIN [PIN]", "PIN [PUK]"]);
    assert_eq!(dump.of("PIN [PIN]", "Auth ID"), dump.id("PIN [PUK]"));
    let login = issued(here, slot, &dump, "Login");
    let archive = archived(slot, &dump);
    noted(slot);
    let keys = slot.logs_in(pin);
    for id in [&login, &archive] {
        assert!(keys.contains(id.as_str()), "{keys}");
        slot.signs(pin, id);
    }
    slot.pins_are_changed_and_unblocked(pin, PUK);
}

#[test]
fn a_generic_card() {
    if !is_installed() {
        return;
    }
    let here = sandbox();
    let applications = "PIN=UserPin\nApplicationList=LED\n\
        ClearFields=UserPin,UserPuk,ArchivePassword\n";
    let body = initialising("pkcs15.cpf", applications);
    done(&here, &format!("{body}{LOGIN}{ARCHIVE}{NOTE}"), &[]);
    let reader = Reader::new(&here);
    let _card = reader.serve("card.img");
    is_in_the_reader(&reader);
    holder_uses(&here, &Slot::of(&reader, "Ready", "01"), PIN);
}

#[test]
fn a_card_with_a_signature_slot() {
    if !is_installed() {
        return;
    }
    let here = sandbox();
    let applications = "PIN=UserPin\nSignPIN=SignaturePin\nApplicationList=LSED\n\
        ClearFields=UserPin,UserPuk,SignaturePin,ArchivePassword\n";
    let body = initialising("pkcs15-signature-slot.cpf", applications);
    done(&here, &format!("{body}{LOGIN}{SIGN}{ARCHIVE}{NOTE}"), &[]);
    done(&here, "CardPinDecryption_Output_PUK2=LetterPuk\n", &[]);
    let signature_puk = secret_output(&here, "LetterPuk");
    let reader = Reader::new(&here);
    let _card = reader.serve("card.img");
    is_in_the_reader(&reader);
    let holder = Slot::of(&reader, "Ready", "01");
    let signature = Slot::of(&reader, "Ready (Signature PIN)", "03");
    let dump = reader.dump();
    dump.shows(&["PIN [Signature PIN]", "PIN [Signature PUK]"]);
    let id = issued(&here, &signature, &dump, "Signature");
    encrypted(&here, &holder);
    // Each PIN opens its own keys and no others.
    let keys = signature.logs_in(SIGNATURE_PIN);
    assert!(
        keys.contains("Signature") && !keys.contains("Login"),
        "{keys}"
    );
    let keys = holder.logs_in(PIN);
    assert!(!keys.contains("Signature"), "{keys}");
    signature.signs(SIGNATURE_PIN, &id);
    signature.pins_are_changed_and_unblocked(SIGNATURE_PIN, &signature_puk);
    holder_uses(&here, &holder, PIN);
}

/// Nobody but the reader of the PIN letter can use this card: before it is told, there is no PIN to
/// log in with, and no key.
#[test]
fn a_card_with_encrypted_pins() {
    if !is_installed() {
        return;
    }
    let here = sandbox();
    let body = initialising("encrypted-pins.cpf", "ClearFields=UserPuk\n");
    done(&here, &body, &[]);
    let read = "CardPinDecryption_Output_PIN1=LetterPin\nCardPinDecryption_Output_PUK=LetterPuk\n";
    done(&here, read, &[]);
    assert_eq!(secret_output(&here, "LetterPuk"), PUK);
    let pin = secret_output(&here, "LetterPin");
    let reader = Reader::new(&here);
    let card = reader.serve("card.img");
    is_in_the_reader(&reader);
    encrypted(&here, &Slot::of(&reader, "Ready", "01"));
    reader
        .dump()
        .shows(&["PIN [PIN]", "Data object 'Encrypted PINs'"]);
    reader
        .dump()
        .hides(&["Private RSA Key", "X.509 Certificate"]);
    card.interrupt();
    let applications = "PIN=UserPin\nApplicationList=LED\nClearFields=UserPin,ArchivePassword\n";
    let body = format!("{applications}{LOGIN}{ARCHIVE}{NOTE}");
    done(&here, &body, &[("USER_PIN", &pin)]);
    let _card = reader.serve("card.img");
    let holder = Slot::of(&reader, "Ready", "01");
    encrypted(&here, &holder);
    holder_uses(&here, &holder, &pin);
}

/// The published example, made readable by EF.TokenInfo: a certificate that anybody reads.
#[test]
fn the_published_profile_has_a_certificate_and_neither_pin_nor_key_nor_data() {
    if !is_installed() {
        return;
    }
    let here = synthesis::published();
    let arguments = [
        "run",
        "card/card.dsc",
        "--job",
        "card/job.toml",
        "--token",
        "sim:card.img",
    ];
    let mut command = here.perso(&[&arguments[..], &["--synthesize-pkcs15"]].concat());
    let output = command.env("USER_PUK", PUK).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
    let reader = Reader::new(&here);
    let _card = reader.serve("card.img");
    is_in_the_reader(&reader);
    let dump = reader.dump();
    dump.shows(&["PKCS#15 Card [P15_Siemens]"]);
    dump.hides(&["PIN [", "Private RSA Key", "Public RSA Key", "Data object"]);
    assert_eq!(dump.id("X.509 Certificate [Digital Signature]"), "11");
    reader.openssl(&[
        "x509",
        "-in",
        "card/id.txt",
        "-outform",
        "DER",
        "-out",
        "id.der",
    ]);
    let written = fs::read(here.path("id.der")).unwrap();
    assert_eq!(reader.certificate("11"), written);
    let slot = Slot::of(&reader, "P15_Siemens", "01");
    slot.lists(&["label:      Digital Signature", "ID:         11"]);
    assert_eq!(slot.reads("cert", ["--id", "11"]), written);
}
