//! Access rules before and after activation, life cycle, erasing.

use super::*;

/// EF 0101: read always, update PIN 1. DF 5015: create EF and PUT DATA PIN 1, delete child never.
fn guarded() -> Card {
    let mut card = card();
    card.done(&[
        "0024010104 31323334",
        &create_df(0x5015, 0, "8C020211 AB06 8401DA 9E0111").replace(' ', ""),
        &create_ef(0x0101, 2, "8C03031100"),
        "00D60000021122",
    ]);
    card
}

#[test]
fn rules_hold_from_the_activation_of_the_master_file_on() {
    let mut card = guarded();
    card.done(&["00D60000023344", "00440000023F00"]);
    assert!(card.is_fused());
    assert_eq!(card.send("00B0000000"), "33449000");
    assert_eq!(card.send("00D60000025566"), "6982");
    assert_eq!(card.send(&create_ef(0x0102, 1, "")), "6982");
    assert_eq!(card.send("00E40000"), "6982");
    card.done(&[
        "0020000104 31323334",
        "00D60000025566",
        &create_ef(0x0102, 1, ""),
    ]);
    assert_eq!(card.send(&create_df(0x0103, 1, "")), "6982");
    assert_eq!(card.send("00A4000C"), "9000");
    assert_eq!(card.send(&create_ef(0x0102, 1, "")), "6982");
}

#[test]
fn a_reset_forgets_what_was_verified() {
    let mut card = guarded();
    card.done(&["00440000023F00", "0020000104 31323334"]);
    card.reset();
    card.done(&["00A4080C0450150101"]);
    assert_eq!(card.send("00D60000025566"), "6982");
}

#[test]
fn a_file_without_rules_is_read_only_afterwards() {
    let mut card = card();
    card.done(&[&create_ef(0x0101, 1, ""), "00440000023F00"]);
    assert_eq!(card.send("00B0000000"), "009000");
    assert_eq!(card.send("00D600000111"), "6982");
}

#[test]
fn a_file_created_later_may_stay_open_until_it_is_activated() {
    let mut card = guarded();
    card.done(&["00440000023F00", "0020000104 31323334"]);
    card.done(&[&create_ef(0x0102, 1, "8A0103"), "00D600000111", "00440000"]);
    assert_eq!(card.send("00D600000111"), "6982");
}

#[test]
fn deactivated_and_terminated_files() {
    let mut card = card();
    card.done(&[&create_ef(0x0101, 1, ""), "00040000"]);
    assert_eq!(card.send("00A4000C020101"), "6283");
    assert_eq!(card.send("00B0000000"), "6985");
    card.done(&["00440000", "00A4000C020101", "00E80000"]);
    assert_eq!(card.send("00A4000C020101"), "6285");
    assert_eq!(card.send("00440000"), "6985");
    assert_eq!(card.send("00E60000"), "6985");
    assert_eq!(card.send("00040000"), "6985");
    card.done(&["00E40000"]);
    assert_eq!(card.send("00040000"), "6985");
}

#[test]
fn a_terminated_card_only_answers_questions() {
    let mut card = card();
    card.done(&["00FE0000"]);
    assert_eq!(card.send("00A4000C"), "6285");
    assert_eq!(card.send("00CA018300"), "3F9000");
    assert_eq!(card.send(&create_ef(0x0101, 1, "")), "6985");
    assert_eq!(card.send("80060000"), "6985");
}

#[test]
fn erasing_follows_the_table_of_the_documentation() {
    for (eraseable, fused, sw) in [
        (true, true, "9000"),
        (false, false, "9000"),
        (true, false, "9000"),
        (false, true, "6982"),
    ] {
        let mut card = guarded();
        let options = objects::encode_options(eraseable, None, None);
        assert_eq!(card.put(objects::OPTIONS, &options), "9000");
        if fused {
            card.done(&["00440000023F00"]);
        }
        assert_eq!(card.send("80060000"), sw, "{eraseable} {fused}");
        let files = card.state.files.iter().count();
        assert_eq!(files == 1, sw == "9000");
    }
}

#[test]
fn the_operator_erases_any_card() {
    let mut card = guarded();
    let options = objects::encode_options(false, Some(number(7)), Some(&[9; 5]));
    card.done(&["00240107 04 39393939"]);
    assert_eq!(card.put(objects::OPTIONS, &options), "9000");
    card.done(&["00440000023F00"]);
    assert_eq!(card.put(objects::OPTIONS, &options), "6985");
    assert_eq!(card.send("00CA018100"), "09090909099000");
    card.done(&["00200001 04 31323334"]);
    assert_eq!(card.send("80060000"), "6982");
    card.done(&["00200007 04 39393939", "80060000"]);
    assert!(!card.is_fused() && card.state.pins.is_empty());
    assert_eq!(card.options().erased_by, None);
}
