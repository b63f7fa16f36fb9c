//! PIN commands.

use super::objects::PinDefinition;
use super::*;

/// PIN 1 "123456" unblocked by PIN 4 "87654321".
fn with_pins() -> Card {
    with_pins_of(Personality::Iso7816)
}

fn with_pins_of(personality: Personality) -> Card {
    let mut card = Card::new(Options::of(personality), rng());
    let pin = PinDefinition {
        max_length: 8,
        unblocked_by: Some(number(4)),
        value: Some(b"123456"),
        ..PinDefinition::new(number(1))
    };
    let puk = PinDefinition {
        tries: 2,
        max_length: 8,
        value: Some(b"87654321"),
        ..PinDefinition::new(number(4))
    };
    assert_eq!(card.put(objects::PINS, &pin.encode()), "9000");
    assert_eq!(card.put(objects::PINS, &puk.encode()), "9000");
    card
}

#[test]
fn verify_counts_and_blocks() {
    let mut card = with_pins();
    assert_eq!(card.send("00200001"), "63C3");
    assert_eq!(card.send("0020000106 303030303030"), "63C2");
    card.done(&["0020008108 3132333435360000", "00200001", "0020FF01"]);
    assert_eq!(card.send("00200001"), "63C3");
    for sw in ["63C2", "63C1", "63C0", "6983"] {
        assert_eq!(card.send("0020000104 31313131"), sw);
    }
    assert_eq!(card.send("0020000106 313233343536"), "6983");
    assert_eq!(card.send("00200001"), "6983");
}

/// CardOS does not tell the tries left with the answer, but to whoever asks for them.
#[test]
fn a_cardos_5_tells_the_tries_left_only_when_asked() {
    let mut card = with_pins_of(Personality::CardOs50);
    for asked in ["63C2", "63C1", "6983"] {
        assert_eq!(card.send("0020000104 31313131"), "6300");
        assert_eq!(card.send("00200001"), asked);
    }
    assert_eq!(card.send("0020000106 313233343536"), "6983");
    assert_eq!(card.send("002C00010C 3030303030303030 31313131"), "6300");
    assert_eq!(card.send("00200004"), "63C1");
    card.done(&["002C00010C 3837363534333231 31313131"]);
    assert_eq!(card.send("0024000108 30303030 32323232"), "6300");
    assert_eq!(card.send("00200001"), "63C2");
}

#[test]
fn a_wrong_try_takes_the_verification_back() {
    let mut card = with_pins();
    card.done(&["0020000106 313233343536", "00200001"]);
    assert_eq!(card.send("0020000104 31313131"), "63C2");
    assert_eq!(card.send("00200001"), "63C2");
}

#[test]
fn references_that_do_not_exist() {
    let mut card = with_pins();
    assert_eq!(card.send("00200002"), "6A88");
    assert_eq!(card.send("00200000"), "6A88");
    assert_eq!(card.send("0020001F"), "6A88");
    assert_eq!(card.send("00200041"), "6A86");
    assert_eq!(card.send("00200101 04 31313131"), "6A86");
}

#[test]
fn the_value_is_changed_with_the_old_one() {
    let mut card = with_pins();
    card.done(&[
        "002400010C 313233343536 363534333231",
        "0020000106 363534333231",
    ]);
    card.done(&[
        "0024000110 3635343332310000 3939393939390000",
        "0020000106 393939393939",
    ]);
    assert_eq!(card.send("002400010C 313233343536 363534333231"), "63C2");
    assert_eq!(card.send("0024000109 393939393939 313131"), "6A80");
    card.done(&["0020000106 393939393939"]);
}

#[test]
fn the_first_value_is_free_before_activation() {
    let mut card = with_pins();
    card.done(&["0024010104 31313131", "0024010504 35353535"]);
    assert_eq!(card.send("0024010103 313131"), "6A80");
    let empty = PinDefinition::new(number(6)).encode();
    assert_eq!(card.put(objects::PINS, &empty), "9000");
    assert_eq!(card.send("00200006"), "6984");
    card.done(&["00440000023F00"]);
    assert_eq!(card.send("0024010104 31313131"), "6985");
    assert_eq!(card.send("0024010204 31313131"), "6A88");
    card.done(&["0024010604 36363636"]);
    assert_eq!(card.send("0024010604 36363636"), "6985");
    assert_eq!(card.put(objects::PINS, &empty), "6982");
}

#[test]
fn after_activation_no_directory_gives_power_over_a_pin() {
    let mut card = with_pins();
    card.done(&[
        &create_df(0x5015, 0, "AB058401DA9000"),
        "00440000023F00",
        "00A4000C025015",
    ]);
    assert_eq!(card.send("0020000104 31313131"), "63C2");
    let redefined = PinDefinition::new(number(1)).encode();
    assert_eq!(card.put(objects::PINS, &redefined), "6985");
    assert_eq!(card.send("00200001"), "63C2");
    let another = PinDefinition::new(number(9)).encode();
    assert_eq!(card.put(objects::PINS, &another), "9000");
}

#[test]
fn after_activation_the_unblocking_pin_guards_the_first_value() {
    let mut card = with_pins();
    let user = PinDefinition {
        unblocked_by: Some(number(4)),
        ..PinDefinition::new(number(6))
    };
    assert_eq!(card.put(objects::PINS, &user.encode()), "9000");
    card.done(&["00440000023F00"]);
    assert_eq!(card.send("0024010604 36363636"), "6982");
    card.done(&["0020000408 3837363534333231", "0024010604 36363636"]);
}

#[test]
fn the_puk_unblocks() {
    let mut card = with_pins();
    for _ in 0..3 {
        card.send("0020000104 31313131");
    }
    assert_eq!(card.send("0020000106 313233343536"), "6983");
    assert_eq!(card.send("002C00010C 3030303030303030 31313131"), "63C1");
    card.done(&[
        "002C00010C 3837363534333231 31313131",
        "0020000104 31313131",
    ]);
    for _ in 0..3 {
        card.send("0020000104 32323232");
    }
    card.done(&["002C010108 3837363534333231", "0020000104 31313131"]);
    assert_eq!(card.send("002C0301"), "6982");
    card.done(&["0020000408 3837363534333231", "002C0301"]);
    card.done(&["002C020104 33333333", "0020000104 33333333"]);
    assert_eq!(card.send("002C0401"), "6A86");
    assert_eq!(card.send("002C0004 04 31313131"), "6984");
}

#[test]
fn a_blocked_puk_unblocks_nothing() {
    let mut card = with_pins();
    assert_eq!(card.send("002C010104 30303030"), "63C1");
    assert_eq!(card.send("002C010104 30303030"), "63C0");
    assert_eq!(card.send("002C010108 3837363534333231"), "6983");
}

#[test]
fn definitions_are_listed_without_values() {
    let mut card = with_pins();
    card.send("0020000104 31313131");
    let answer = card.transmit(&bytes("00CA01F100"));
    let pins = objects::decode_pins(&answer[..answer.len() - 2]).unwrap();
    let seen: Vec<_> = pins
        .iter()
        .map(|it| (it.number, it.tries_left, it.tries))
        .collect();
    assert_eq!(seen, [(1, 2, 3), (4, 2, 2)]);
    assert_eq!(
        (pins[0].unblocked_by, pins[1].unblocked_by),
        (Some(4), None)
    );
    assert_eq!(card.put(objects::PINS, &bytes("830101 8701 00")), "6A80");
    assert_eq!(card.put(objects::PINS, &bytes("83010F")), "6A80");
    assert_eq!(card.put(objects::PINS, &bytes("830101 00")), "6A80");
}
