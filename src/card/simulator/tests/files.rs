//! CREATE, DELETE, READ and UPDATE.

use super::*;

#[test]
fn a_new_file_is_current_and_zero() {
    let mut card = card();
    card.done(&[&create_ef(0x0101, 4, ""), "00D60001021122"]);
    assert_eq!(card.send("00B0000000"), "001122009000");
    assert_eq!(card.send("00B0000002"), "00119000");
    assert_eq!(card.send("00B0000200"), "22009000");
    assert_eq!(card.send("00B0000005"), "001122006282");
    assert_eq!(card.send("00B0000400"), "6B00");
    assert_eq!(card.send("00D600030 21122"), "6A84");
    assert_eq!(card.send("00D6000401 11"), "6B00");
    assert_eq!(card.send("00D60000"), "6700");
}

#[test]
fn without_a_file_there_is_nothing_to_read() {
    let mut card = card();
    assert_eq!(card.send("00B0000000"), "6986");
    assert_eq!(card.send("00D600000111"), "6986");
    assert_eq!(card.send("00B0850000"), "6A82");
    assert_eq!(card.send("00B0A50000"), "6A86");
}

#[test]
fn short_identifiers_select() {
    let mut card = card();
    card.done(&[
        &create_ef(0x0105, 1, "880128"), // told: 5
        &create_ef(0x0206, 1, ""),       // follows from the identifier: 6
        &create_ef(0x0307, 1, "8800"),   // none
        "00D6850001AA",
        "00D6860001BB",
    ]);
    assert_eq!(card.send("00B0850000"), "AA9000");
    assert_eq!(card.send("00B0860000"), "BB9000");
    assert_eq!(card.send("00B0870000"), "6A82");
    assert_eq!(card.send("00B0000000"), "BB9000");
}

#[test]
fn odd_instructions_carry_their_offset() {
    let mut card = card();
    card.done(&[
        &create_ef(0x0101, 0xFFFF, ""),
        "00D70000095403 00F000 5302 CAFE",
    ]);
    assert_eq!(card.send("00B100000454 0200F004"), "530200009000");
    assert_eq!(card.send("00B10000055403 00F000 04"), "5302CAFE9000");
    assert_eq!(card.send("00B10101055403 00F000 04"), "5302CAFE9000");
    assert_eq!(card.send("00B1000005540300FFFF04"), "6B00");
    assert_eq!(card.send("00D70000035301 11"), "6A80");
    assert_eq!(card.send("00D700000454 0100 00"), "6A80");
}

#[test]
fn extended_length_writes_at_once() {
    let mut card = card();
    card.done(&[&create_ef(0x0101, 3000, "")]);
    let update = Command::new(ins::UPDATE_BINARY, 0, 0)
        .data(vec![0xA5; 3000])
        .unwrap();
    assert_eq!(card.send_bytes(&update.encode()), "9000");
    let answer = card.transmit(&bytes("00B00000000000"));
    assert_eq!((answer.len(), answer[2999]), (3002, 0xA5));
}

#[test]
fn what_cannot_be_created_is_refused_by_its_reason() {
    let mut card = card();
    card.done(&[
        &create_df(0x5015, 100, "8402A001"),
        &create_ef(0x0101, 60, ""),
    ]);
    for (command, sw) in [
        (create_ef(0x0101, 1, ""), "6A89"),
        (create_df(0x5015, 1, ""), "6A89"),
        (create_ef(0x0102, 41, ""), "6A84"),
        (create_df(0x0102, 41, ""), "6A84"),
        (create_df(0x0102, 1, "8402A001"), "6A8A"),
        (create_ef(0x0102, 1, "8402A002"), "6A80"),
        (create_ef(0x3F00, 1, ""), "6A89"),
        (create_ef(0xFFFF, 1, ""), "6A80"),
        (create_ef(0x0102, 1, "8A0104"), "6A80"),
        (create_ef(0x0102, 1, "8C020311"), "6A80"),
        (create_ef(0x0102, 1, "8B032F0601"), "6A80"),
        (template("8002000A8201028302 0102"), "6A80"),
        (template("8004000500008201018302 0102"), "6A84"),
        ("00E0000002300 0".replace(' ', ""), "6A80"),
        ("00E00100 0262 00".replace(' ', ""), "6A86"),
    ] {
        assert_eq!(card.send(&command), sw, "{command}");
    }
    card.done(&[&create_ef(0x0102, 40, "")]);
}

#[test]
fn the_master_file_is_created_while_it_is_empty() {
    let mut card = card();
    card.done(&[&create_df(0x3F00, 100, "8C03060000")]);
    assert_eq!(card.send(&create_ef(0x0101, 101, "")), "6A84");
    card.done(&[&create_ef(0x0101, 9, "")]);
    assert_eq!(card.send(&create_df(0x3F00, 100, "")), "6A89");
    card.done(&["00440000023F00", &create_ef(0x0102, 9, "")]);
    assert_eq!(card.send("00A4000C023F00"), "9000");
    assert_eq!(card.send(&create_df(0x3F00, 100, "")), "6A80");
}

#[test]
fn memory_depth_and_number_of_files_are_bounded() {
    let mut card = card();
    card.done(&[
        &create_ef(1, 0xFFFF, ""),
        &create_ef(2, 0xFFFF, ""),
        "00A4000C",
    ]);
    assert_eq!(card.send(&create_ef(3, 3, "")), "6A84");
    for id in 1..MAX_DEPTH as u16 {
        card.done(&[&create_df(0x1000 + id, 0, "")]);
    }
    assert_eq!(card.send(&create_df(0x2000, 0, "")), "6A84");
    card.done(&["00A4000C"]);
    let taken = card.state.files.iter().count();
    for id in taken..MAX_FILES {
        let command = bytes(&create_ef(0x4000 + id as u16, 0, ""));
        assert_eq!(card.transmit(&command), [0x90, 0x00]);
    }
    assert_eq!(card.send(&create_ef(0x3000, 0, "")), "6A84");
}

#[test]
fn delete_takes_all_below() {
    let mut card = card();
    card.done(&[
        &create_df(0x5015, 0, ""),
        &create_df(0x0001, 0, ""),
        &create_ef(0x0002, 9, ""),
        "00E40000",
    ]);
    assert_eq!(card.send("00B0000000"), "6986");
    card.done(&[&create_ef(0x0002, 9, ""), "00A4000C", "00E40000025015"]);
    assert_eq!(card.state.files.iter().count(), 1);
    assert_eq!(card.send("00E40000025015"), "6A82");
    assert_eq!(card.send("00E40000"), "6985");
    assert_eq!(card.send("00E40000023F00"), "6985");
    assert_eq!(card.send("00E4000001 50"), "6A87");
}
