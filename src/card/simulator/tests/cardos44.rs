//! The forms of CardOS 4.4, as OpenSC sends them.

use proptest::prelude::*;

use super::anything::command;
use super::*;

const ENVIRONMENT: &str = "00DA016D0F 830101 86020000 8F06000000000000";
const PUK: &str = "00DA016E1D 83020002 8508020A870AFFFF0004 86030002FF 8F083837363534333231";
const PIN: &str = "00DA016E1D 83020001 850802038703FFFF0004 8603000102 8F083132333435360000";
const VERIFY: &str = "0020008108 3132333435360000";
const TO_OTHER_PHASE: &str = "80100000";

fn card() -> Card {
    Card::new(Options::of(Personality::CardOs44), rng())
}

fn with_pins() -> Card {
    let mut card = card();
    card.done(&[ENVIRONMENT, PUK, PIN]);
    card
}

/// CREATE FILE with nine conditions.
fn ef(id: u16, size: u16, conditions: &str) -> String {
    create_ef(id, size, &format!("8501008609{conditions}"))
}

/// One part of key 16, which PIN 1 uses and anybody generates.
fn part(number: u8, value: &[u8]) -> String {
    let options = if number < 4 { 0x22 } else { 0x02 };
    let digits: String = value.iter().map(|byte| format!("{byte:02X}")).collect();
    let body = format!(
        "8302{class:02X}10 8508{options:02X}008A00FFFF0000 860701010100000000 8F{length:02X}{digits}",
        class = 0x20 | number,
        length = value.len(),
    );
    format!("00DA016E{:02X}{body}", bytes(&body).len())
}

#[test]
fn the_card_tells_what_it_is() {
    let mut card = card();
    assert_eq!(card.atr(), CARDOS_4_4_ATR);
    let chip = format!("{}112233445566{}9000", "00".repeat(10), "00".repeat(16));
    assert_eq!(card.send("00CA018100"), chip);
    assert_eq!(card.send("00CA018200"), "C80D9000");
    assert_eq!(card.send("00CA018300"), "209000");
    assert_eq!(card.send("00CA018800"), "9000");
    assert_eq!(card.send("00CA018D00"), "01009000");
    assert_eq!(card.send("00CA018400"), "6A88");
    let mf = "6F1981 02FFFF 820138 83023F00 8609000000000000000000 8A0101 9000";
    assert_eq!(card.send("00A4000000"), mf.replace(' ', ""));
}

#[test]
fn what_needs_the_start_key_is_refused() {
    let mut card = card();
    assert_eq!(card.send("84060000"), "6882");
    assert_eq!(card.send("84400001"), "6882");
    assert_eq!(card.send("80200000"), "6E00");
    let mut other = super::card();
    for command in [TO_OTHER_PHASE, "80160200", "80EA0000", "84060000"] {
        assert_eq!(other.send(command), "6E00", "{command}");
    }
}

#[test]
fn conditions_stand_in_tag_86_and_hold_in_operation() {
    let mut card = with_pins();
    card.done(&[
        &ef(0x0101, 4, "00010101010101 0000"),
        "00D600000111",
        TO_OTHER_PHASE,
        "00A4000C020101",
    ]);
    assert_eq!(card.send("00CA018300"), "109000");
    assert_eq!(card.send("00D600000122"), "6982");
    card.done(&[VERIFY, "00D600000122"]);
    assert_eq!(card.send("00B0000001"), "229000");
    card.done(&["80EA0000"]);
    assert_eq!(card.send("00D600000133"), "6982");
    let told = "6F1980020004 820101 83020101 8609000101010101010000 8A0105 9000";
    assert_eq!(card.send("00A4000002010100"), told.replace(' ', ""));
    card.done(&[TO_OTHER_PHASE, "00A4000C020101"]);
    assert_eq!(card.send("00CA018300"), "209000");
    assert_eq!(card.send("00D600000133"), "6982");
}

#[test]
fn objects_are_defined_in_the_administration_phase() {
    let mut card = with_pins();
    card.done(&[TO_OTHER_PHASE]);
    assert_eq!(card.send(ENVIRONMENT), "6985");
    card.done(&[TO_OTHER_PHASE, ENVIRONMENT]);
    // A PIN that has a value is not replaced on a card that was in operation.
    assert_eq!(card.send(PIN), "6985");
}

#[test]
fn a_directory_keeps_its_objects_and_its_files() {
    let mut card = with_pins();
    let guarded = create_df(0x5015, 100, "850100 8609 00010001010101FF00");
    card.done(&[&guarded, &ef(0x4401, 200, "000000000000000000")]);
    card.done(&[TO_OTHER_PHASE, TO_OTHER_PHASE, "00A4000C025015"]);
    assert_eq!(card.send(ENVIRONMENT), "6982");
    assert_eq!(card.send(&ef(0x4402, 9, "000000000000000000")), "6982");
    assert_eq!(card.send("8016020000"), "6F04860244019000");
    assert_eq!(card.send("8016020100"), "9000");
    card.done(&["00E40000024401", VERIFY, ENVIRONMENT]);
}

#[test]
fn a_wrong_pin_is_6300_and_the_puk_unblocks() {
    let mut card = with_pins();
    for _ in 0..3 {
        assert_eq!(card.send("0020008108 3030303030300000"), "6300");
    }
    assert_eq!(card.send(VERIFY), "6983");
    card.done(&["002C008110 38373635343332313636363636360000"]);
    card.done(&["0024008110 36363636363600003737373700000000"]);
    assert_eq!(card.send("00200082"), "63CA");
    card.done(&["0020008108 3737373700000000"]);
}

#[test]
fn a_key_is_generated_into_a_file() {
    let mut card = with_pins();
    card.done(&[&ef(0x7EAD, 512, "000000000000000000")]);
    for number in 0..5 {
        card.done(&[&part(number, &[0xFF; 128])]);
    }
    card.done(&["0046000008 20107EAD00100020"]);
    let public = card.transmit(&bytes("00B0000000"));
    assert_eq!(
        public[..8],
        [0x7F, 0x49, 0x82, 0x01, 0x09, 0x81, 0x82, 0x01]
    );
    card.done(&["002201B603830110", "00E40000027EAD"]);
    let sign =
        |length: usize| [&bytes("002A9E9A00")[..], &[1, 0], &vec![1; length], &[0, 0]].concat();
    let mut sign = sign(256);
    sign[5..7].copy_from_slice(&[1, 0]);
    assert_eq!(card.transmit(&sign), [0x69, 0x82]);
    card.done(&[VERIFY]);
    assert_eq!(card.transmit(&sign).len(), 258);
    let image = crate::card::image::encode(&card).unwrap();
    let again = crate::card::image::decode(&image, rng()).unwrap();
    assert_eq!(again.state().keys, card.state().keys);
}

#[test]
fn parts_come_in_order_and_make_a_key() {
    let mut card = with_pins();
    assert_eq!(card.send(&part(1, &[0xFF; 128])), "6985");
    card.done(&[&part(0, &[0xFF; 128])]);
    assert_eq!(card.send(&part(2, &[0xFF; 128])), "6A80");
    for number in 0..4 {
        card.done(&[&part(number, &[0x55; 128])]);
    }
    assert_eq!(card.send(&part(4, &[0x55; 128])), "6A80");
    for number in 0..4 {
        card.done(&[&part(number, &[0xFF; 64])]);
    }
    assert_eq!(card.send(&part(4, &[0xFF; 64])), "6A81");
    assert_eq!(card.send("0046000008 20107EAD00100020"), "6A88");
}

#[test]
fn the_phase_is_kept_in_the_image() {
    let mut card = card();
    card.done(&[TO_OTHER_PHASE]);
    let image = crate::card::image::encode(&card).unwrap();
    let mut again = crate::card::image::decode(&image, rng()).unwrap();
    assert_eq!(again.send("00CA018300"), "109000");
    assert_eq!(again.send("80060000"), "6982");
}

/// Commands of this card, with bodies that are nearly right.
fn own_command() -> impl Strategy<Value = Vec<u8>> {
    let nine = || prop::collection::vec(prop_oneof![0_u8..4, any::<u8>()], 0..11);
    let create = (0x0101_u16..0x0106, any::<bool>(), nine()).prop_map(|(id, is_df, nine)| {
        let digits: String = nine.iter().map(|byte| format!("{byte:02X}")).collect();
        let further = format!("86{:02X}{digits}", nine.len());
        bytes(&match is_df {
            true => create_df(id, 99, &further),
            false => create_ef(id, 300, &further),
        })
    });
    let object = (
        prop_oneof![Just(0_u8), 0x20_u8..0x26, any::<u8>()],
        0_u8..33,
        prop::collection::vec(any::<u8>(), 7..10),
        prop::collection::vec(0_u8..3, 3..8),
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..9),
            any::<u8>().prop_map(|byte| vec![byte; 128]),
        ],
    );
    let object = object.prop_map(|(class, number, mut parameters, conditions, value)| {
        (parameters[0], parameters[2]) =
            (parameters[0] & 0x22, [0x87, 0x8A][usize::from(class > 0)]);
        let parts = [
            (0x83, vec![class, number]),
            (0x85, parameters),
            (0x86, conditions),
            (0x8F, value),
        ];
        let body: Vec<u8> = parts
            .iter()
            .flat_map(|(tag, value)| [&[*tag, value.len() as u8][..], value].concat())
            .collect();
        [&[0x00, 0xDA, 0x01, 0x6E, body.len() as u8][..], &body].concat()
    });
    prop_oneof![
        create,
        object,
        (0_u8..5, any::<u8>()).prop_map(|(number, byte)| bytes(&part(number, &[byte; 128]))),
        (any::<u8>(), any::<u8>(), any::<u8>())
            .prop_map(|(ins, p1, p2)| vec![0x80, ins, p1, p2, 0]),
        Just(bytes("8016020000")),
        Just(bytes(TO_OTHER_PHASE)),
        Just(bytes(ENVIRONMENT)),
        Just(bytes(PIN)),
        Just(bytes(VERIFY)),
        Just(bytes("002201B603830110")),
        (0_u8..3).prop_map(|id| bytes(&format!("0046000008 2013010{id}00100020"))),
    ]
}

proptest! {
    #[test]
    fn any_sequence_of_commands_is_answered(
        commands in prop::collection::vec(prop_oneof![2 => own_command(), 1 => command()], 1..40),
    ) {
        let mut card = card();
        for command in commands {
            let answer = card.transmit(&command);
            prop_assert!(answer.len() >= 2 && answer.len() <= 65_538);
            card.assert_sound();
        }
        let image = crate::card::image::encode(&card).unwrap();
        let again = crate::card::image::decode(&image, rng()).unwrap();
        prop_assert_eq!(again.state().files.used_memory(), card.state().files.used_memory());
    }
}
