//! Commands in the forms that OpenSC uses with a CardOS 5.0 card: how it selects, reads, sends a
//! padded PIN with reference 81, sets the security environment. Written by hand, not a recorded
//! trace, and with an elliptic curve key where OpenSC was seen to use RSA.

use super::objects::{KeyDefinition, PinDefinition};
use super::*;
use crate::card::Condition;

const ODF: &str = "A40A300804063F0050154441";
const TOKEN_INFO: &str = "300702010003020000";

fn seed_card() -> Card {
    let mut card = card();
    let write = |data: &str| format!("00D60000{:02X}{data}", data.len() / 2);
    let always = "8C03030000";
    card.done(&[
        &create_df(0x5015, 22_000, "840CA000000063504B43532D31358C03060000"),
        &create_ef(0x5031, 12, always),
        &write(ODF),
        &create_ef(0x5032, 9, always),
        &write(TOKEN_INFO),
    ]);
    let pin = PinDefinition {
        max_length: 8,
        value: Some(b"123456"),
        ..PinDefinition::new(number(1))
    };
    let key = KeyDefinition {
        number: 1,
        kind: KeyType::P256,
        uses: KeyUse::SIGN,
        access: Condition::credential(number(1)),
        generation: Condition::never(),
    };
    let import = ec_import_template(&[0x42; 32]);
    assert_eq!(card.put(objects::PINS, &pin.encode()), "9000");
    assert_eq!(card.put(objects::KEYS, &key.encode(Some(&import))), "9000");
    card.done(&["00440000023F00"]);
    card.reset();
    card
}

#[test]
fn the_application_is_found_and_read() {
    let mut card = seed_card();
    assert_eq!(card.send("00CA018D00"), "03009000");
    assert!(card.send("00A40000023F0000").starts_with("6F"));
    assert_eq!(card.send("00A40800022F0000"), "6A82");
    let application = card.send("00A404000CA000000063504B43532D313500");
    assert!(application.starts_with("6F") && application.ends_with("9000"));
    let odf = card.send("00A408000450155031 00");
    assert!(odf.contains("8002000C"), "{odf}");
    assert_eq!(card.send("00B000000C"), format!("{ODF}9000"));
    assert!(card.send("00A408000450155032 00").ends_with("9000"));
    assert_eq!(card.send("00B0000009"), format!("{TOKEN_INFO}9000"));
    assert_eq!(card.send("00CA018100"), "11223344556677889000");
}

#[test]
fn a_login_changes_the_pin_and_signs() {
    let mut card = seed_card();
    let sign = format!("002A9E9A20{}00", "11".repeat(32));
    card.done(&["00A4080C025015"]);
    card.done(&["002241B609 840101 950140 800110"]);
    assert_eq!(card.send(&sign), "6982");
    assert_eq!(card.send("0020008108 3030303030300000"), "6300");
    card.done(&["0020008108 3132333435360000"]);
    assert_eq!(card.send(&sign).len(), 2 * (64 + 2));
    card.done(&["0024008110 3132333435360000 3635343332310000"]);
    assert_eq!(card.send("0020008108 3132333435360000"), "6300");
    card.done(&["0020008108 3635343332310000"]);
}
