//! Whatever is sent: an answer, no panic, a sound card.

use proptest::prelude::*;

use super::*;

fn header() -> impl Strategy<Value = [u8; 4]> {
    let known = prop::sample::select(vec![
        0x04, 0x20, 0x22, 0x24, 0x2A, 0x2C, 0x44, 0x46, 0x47, 0x84, 0xA4, 0xB0, 0xB1, 0xC0, 0xCA,
        0xD6, 0xD7, 0xDA, 0xE0, 0xE4, 0xE6, 0xE8, 0xFE,
    ]);
    let ins = prop_oneof![9 => known, 1 => any::<u8>()];
    let cla = prop_oneof![9 => Just(0_u8), 1 => any::<u8>()];
    let small = || prop_oneof![8 => 0_u8..16, 2 => any::<u8>()];
    (cla, ins, small(), small()).prop_map(|(cla, ins, p1, p2)| [cla, ins, p1, p2])
}

const P256_KEY: &str = "00DA01F20D 830102 800102 81020100 950103";
const SIGN: &str = "002A9E9A10 11111111111111111111111111111111 00";

#[test]
fn the_commands_with_a_meaning_have_one() {
    let mut card = card();
    card.done(&[
        P256_KEY,
        "00DA01F109830101840102870105",
        "0024010104 31323334",
    ]);
    assert!(card.send("004700000384010200").ends_with("9000"));
    card.done(&["002241B603840102", "0020000104 31323334"]);
    assert!(card.send(SIGN).ends_with("9000"));
    card.done(&[&create_df(0x0101, 99, "8C03060000")]);
}

/// Commands with a meaning, so that the random ones meet files, PINs and keys.
fn meaningful() -> impl Strategy<Value = Vec<u8>> {
    let id = 0x0101_u16..0x0106;
    let with = |text: String| bytes(&text);
    prop_oneof![
        (id.clone(), 0_u16..64).prop_map(move |(id, size)| with(create_ef(id, size, ""))),
        (id.clone(), 0_u16..99).prop_map(move |(id, size)| with(create_df(id, size, "8C03060000"))),
        id.clone()
            .prop_map(move |id| with(format!("00A4000C02{id:04X}"))),
        id.prop_map(move |id| with(format!("00E4000002{id:04X}"))),
        (0_u8..64).prop_map(move |at| with(format!("00D600{at:02X}0411223344"))),
        (1_u8..5).prop_map(move |pin| with(format!("002401{pin:02X}0431323334"))),
        (1_u8..5).prop_map(move |pin| with(format!("002000{pin:02X}0431323334"))),
        (1_u8..4).prop_map(move |pin| with(format!("00DA01F1098301018401028701{pin:02X}"))),
        Just(bytes(P256_KEY)),
        Just(bytes("004700000384010200")),
        Just(bytes("002241B603840102")),
        Just(bytes(SIGN)),
        Just(bytes("00A4030C")),
        Just(bytes("00440000023F00")),
        Just(bytes("80060000")),
    ]
}

pub(super) fn command() -> impl Strategy<Value = Vec<u8>> {
    let body = prop::collection::vec(any::<u8>(), 0..24);
    prop_oneof![
        4 => meaningful(),
        3 => (header(), body.clone()).prop_map(|(header, body)| {
            let mut command = header.to_vec();
            if !body.is_empty() {
                command.push(body.len() as u8);
            }
            command.extend(body);
            command.push(0);
            command
        }),
        2 => (header(), body.clone()).prop_map(|(header, body)| [&header[..], &body].concat()),
        1 => body,
    ]
}

proptest! {
    #[test]
    fn any_sequence_of_commands_is_answered(
        commands in prop::collection::vec(command(), 1..40),
        iso: bool,
    ) {
        let personality = if iso { Personality::Iso7816 } else { Personality::CardOs50 };
        let mut card = Card::new(Options { personality, ..Options::default() }, rng());
        for command in commands {
            let answer = card.transmit(&command);
            prop_assert!(answer.len() >= 2 && answer.len() <= 65_538);
            card.assert_sound();
        }
    }
}
