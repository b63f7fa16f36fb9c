//! What a profile forbids stays forbidden: a file with `update=never` is a stone once the card has
//! been activated, whatever is sent and whoever has logged in.

use proptest::prelude::*;

use super::anything::command;
use super::*;

const CONTENT: &str = "CAFEBABE";

/// A card with a directory in which everybody may create files, and in it the file `0101`, which
/// everybody may read.
fn activated() -> Card {
    let mut card = card();
    card.done(&[
        "00DA01F109830101840102870105",
        "0024010104 31323334",
        &create_df(0x5015, 999, "8C03060000"),
        &create_ef(0x0101, 4, "8C020100"),
        &format!("00D6000004{CONTENT}"),
        "00A4000C023F00",
        "00440000023F00",
    ]);
    assert!(card.is_fused());
    card
}

fn content(card: &Card) -> Vec<u8> {
    let files = &card.state.files;
    let file = files.walk(Files::MF, &[0x5015, 0x0101]).expect("the file");
    files.get(file).expect("the file").data.clone()
}

#[test]
fn the_file_is_read_and_not_written() {
    let mut card = activated();
    card.done(&["00A4080C0450150101", "0020000104 31323334"]);
    assert_eq!(card.send("00B0000004"), format!("{CONTENT}9000"));
    assert_eq!(card.send("00D600000400000000"), "6982");
    assert_eq!(card.send("00E4000000"), "6982");
}

proptest! {
    #[test]
    fn a_file_that_is_never_updated_never_changes(
        commands in prop::collection::vec(command(), 1..40),
        logged_in: bool,
    ) {
        let mut card = activated();
        if logged_in {
            card.done(&["0020000104 31323334"]);
        }
        card.done(&["00A4080C0450150101"]);
        for command in commands {
            card.transmit(&command);
            prop_assert_eq!(content(&card), bytes(CONTENT));
        }
    }
}
