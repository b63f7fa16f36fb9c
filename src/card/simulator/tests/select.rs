//! SELECT.

use super::*;

const AID: &str = "840CA000000063504B43532D3135";

fn populated() -> Card {
    let mut card = card();
    card.done(&[
        &create_ef(0x2F00, 16, ""),
        &create_df(0x5015, 0, AID),
        &create_ef(0x5031, 300, ""),
        &create_df(0x5016, 0, "8402A0FF"),
        &create_ef(0x0101, 1, ""),
        "00A4000C",
    ]);
    card
}

#[test]
fn by_identifier() {
    let mut card = populated();
    assert_eq!(card.send("00A4000C025031"), "6A82");
    card.done(&[
        "00A4000C025015",
        "00A4000C025031",
        "00A4000C025015",
        "00A4000C022F00",
    ]);
    card.done(&["00A4000C023F00", "00A4000C"]);
    assert_eq!(card.send("00A4000C0150"), "6A87");
    card.done(&["00A4010C025015", "00A4020C025031"]);
    assert_eq!(card.send("00A4010C025031"), "6A82");
    assert_eq!(card.send("00A4020C025016"), "6A82");
    card.done(&["00A4030C"]);
    assert_eq!(card.send("00A4030C"), "6A82");
    assert_eq!(card.send("00A4030C023F00"), "6A87");
}

#[test]
fn by_path() {
    let mut card = populated();
    card.done(&[
        "00A4080C0450155031",
        "00A4080C0650155016 0101",
        "00A4080C025015",
    ]);
    card.done(&["00A4090C0450160101", "00A4080C022F00"]);
    assert_eq!(card.send("00A4080C065015503101 01"), "6A82");
    assert_eq!(card.send("00A4080C03501550"), "6A87");
    assert_eq!(card.send("00A4080C"), "6A87");
    assert_eq!(card.send("00A4070C025015"), "6A86");
    assert_eq!(card.send("00A4081C025015"), "6A86");
}

#[test]
fn by_name() {
    let mut card = populated();
    card.done(&["00A4040C0CA000000063504B43532D3135", "00A4040C01A0"]);
    assert_eq!(card.session.directory, card.state.files.named(&[0xA0])[0]);
    card.done(&["00A4040E01A0"]);
    assert_eq!(card.session.directory, card.state.files.named(&[0xA0])[1]);
    assert_eq!(card.send("00A4040E01A0"), "6A82");
    assert_eq!(card.send("00A4040C02B000"), "6A82");
    assert_eq!(card.send("00A4000E022F00"), "6A81");
}

#[test]
fn the_answer_has_the_form_that_was_asked_for() {
    let mut card = populated();
    assert_eq!(
        card.send("00A4080404501550 3100"),
        "620E8002012C82010183025031 8A0101 9000".replace(' ', "")
    );
    assert!(
        card.send("00A4080004501550 3100")
            .starts_with("6F0E8002012C")
    );
    assert_eq!(card.send("00A4080804501550 3100"), "64009000");
    let directory = card.send("00A408040250 1500");
    assert!(
        directory.contains("840CA000000063504B43532D3135"),
        "{directory}"
    );
}

#[test]
fn a_refused_select_leaves_the_selection() {
    let mut card = populated();
    card.done(&["00A4080C0450155031"]);
    let before = card.session.file;
    assert_eq!(card.send("00A4000C02DEAD"), "6A82");
    assert_eq!(card.session.file, before);
    card.reset();
    assert_eq!(
        (card.session.directory, card.session.file),
        (Files::MF, None)
    );
}
