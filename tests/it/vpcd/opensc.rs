//! Programs of OpenSC read and use the cards of the examples, without any configuration.

use std::fs;

use super::reader::{Reader, is_installed};
use super::tools::Slot;
use super::{PIN, PUK, make_card};
use crate::sandbox::Sandbox;

/// The bytes that OpenSC reads are those that lie on the card; its keys sign and decrypt.
#[test]
fn the_employee_card_is_listed_read_and_used() {
    if !is_installed() {
        return;
    }
    let here = Sandbox::new();
    make_card(&here, "employee-card/employee.dsc", "card.img");
    let reader = Reader::new(&here);
    let _card = reader.serve("card.img");
    reader.dump().shows(&[
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
    ]);
    let holder = Slot::of(&reader, "Employee card (User PIN)", "01");
    holder.lists(&[
        "label:      EmployeeLogin",
        "DN: O=Example Ltd, CN=Ada Example",
    ]);
    reader.certificate("45");
    let subject = reader.subject();
    assert!(subject.contains("CN = employee-004711"), "{subject}");
    assert_eq!(reader.certified_key(), reader.public_key("45"));
    holder.signs(PIN, "45");
    holder.is_sound(PIN);
}

#[test]
fn pins_are_changed_blocked_and_unblocked_and_survive_a_killed_server() {
    if !is_installed() {
        return;
    }
    let here = Sandbox::new();
    make_card(&here, "employee-card/employee.dsc", "card.img");
    let reader = Reader::new(&here);
    let holder = Slot::of(&reader, "Employee card (User PIN)", "01");
    let card = reader.serve("card.img");
    holder.changes_pin(PIN, "864209");
    card.kill();
    let card = reader.serve("card.img");
    holder.verifies("864209");
    holder.blocks(PIN, "864209");
    holder.unblocks(PUK, "975310");
    card.interrupt();
    let (_, tree, _) = here.run(&["card", "tree", "card.img"]);
    assert!(tree.contains("\"User PIN\"  3 of 3 tries left"), "{tree}");
    let _card = reader.serve("card.img");
    holder.verifies("975310");
    let trace = fs::read_to_string(here.path("trace.txt")).unwrap();
    assert!(trace.contains("bytes not shown"), "{trace}");
    assert!(!trace.contains("393735333130"), "the PIN is in the trace");
}

/// Takes the driver for cards that keep to ISO 7816, whatever the answer to reset says.
const GENERAL_DRIVER: &str =
    "app default {\n  enable_default_driver = true;\n  card_drivers = default;\n}\n";

/// CardOS answers `6300`, which OpenSC's driver for it takes for a login that is missing; a card
/// that answers `63Cx`, as ISO 7816 has it, is understood by the general driver.
#[test]
fn a_wrong_pin_is_told_and_counted() {
    if !is_installed() {
        return;
    }
    for model in ["cardos-5.0", "iso7816"] {
        let here = Sandbox::new().file("opensc.conf", GENERAL_DRIVER);
        let image = format!("card.img?model={model}");
        make_card(&here, "employee-card/employee.dsc", &image);
        let reader = Reader::new(&here);
        let card = reader.serve("card.img");
        let holder = Slot::of(&reader, "Employee card (User PIN)", "01");
        match model {
            "iso7816" => {
                let mut login = holder.login("000000");
                let output = login.env("OPENSC_CONF", here.path("opensc.conf")).output();
                let said = String::from_utf8(output.unwrap().stderr).unwrap();
                assert!(said.contains("rv = CKR_PIN_INCORRECT"), "{said}");
            }
            _ => holder.refuses("000000"),
        }
        card.interrupt();
        let (_, tree, _) = here.run(&["card", "tree", "card.img"]);
        assert!(tree.contains("\"User PIN\"  2 of 3 tries left"), "{tree}");
    }
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
    let slots = reader.pkcs11(&["--list-slots"]);
    for label in [
        "Signature card (User PIN)",
        "Signature card (Signature PIN)",
    ] {
        assert!(slots.contains(label), "{slots}");
    }
}
