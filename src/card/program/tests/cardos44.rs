//! The public form of CardOS M4, byte by byte, and on the simulated card that plays one.

use super::*;

const CARDOS: Setup = Setup {
    dialect: Dialect::CardOs44,
    ..ISO
};

#[test]
fn files_and_pins_in_the_form_of_opensc() {
    let guarded = AccessRules {
        update: only(Access::Pin1),
        ..AccessRules::default()
    };
    let puk = CardAction::CreatePin {
        pin: PinObject {
            retries: 10,
            ..pin_object(Access::Puk, 4)
        },
        value: known(b"87654321"),
    };
    let user = CardAction::CreatePin {
        pin: PinObject {
            unblocked_by: Some(4),
            ..pin_object(Access::Pin1, 1)
        },
        value: known(b"123456"),
    };
    let folder = CardAction::CreateFile {
        path: path(&[0x5015]),
        name: "FOLDER".to_owned(),
        shape: FileShape::Dedicated {
            size: Some(22_000),
            aid: None,
        },
        access: open(true),
    };
    let actions = vec![
        CardAction::SelectMasterFile,
        puk,
        user,
        folder,
        ef(&[0x5015, 0x5031], 12, guarded),
        write(&[0x5015, 0x5031], known(&[0xA4, 0])),
        CardAction::Activate,
    ];
    let items = assemble(&program(actions), &CARDOS).unwrap();
    let lines: Vec<_> = items.iter().map(hex).collect();
    let expected = [
        "00A4000C02 3F00",
        "00DA016D0F 830101 86020000 8F06000000000000",
        "00DA016E1D 83020004 8508020A870AFFFF0004 86030004FF 8F083837363534333231",
        "00DA016E1D 83020001 850802038703FFFF0004 8603000104 8F083132333435360000",
        "00E000001C 621A 810255F0 820138 83025015 85020100 8609FF00FFFFFFFFFF00FF",
        "00E000001C 621A 8002000C 820101 83025031 85020100 860900 01FFFFFFFFFFFFFF",
        "00D6000002 A400",
        "80100000",
    ];
    assert_eq!(lines, expected.map(|line| line.replace(' ', "")));
    assert!(items[2].secret && items[3].secret && items[7].activates);
    let mut card = cardos44_card();
    execute(&items, &mut card).unwrap();
    assert!(card.is_fused());
    assert_eq!(read(&mut card, &[0x5015, 0x5031], 2), [0xA4, 0]);
    let verify = Command::new(ins::VERIFY, 0, 0x81).data(*b"123456\0\0");
    let answer = Channel::exchange(&mut card, &verify.unwrap()).unwrap();
    assert_eq!(answer.sw, Sw::OK);
}

#[test]
fn what_is_not_public_is_refused() {
    let combined = AccessRules {
        update: Some(AccessRule::Any(vec![Access::Pin1, Access::Puk])),
        ..AccessRules::default()
    };
    let actions = vec![
        df(&[], open(true)),
        pin(Access::Pin1, 1, b"123456789"),
        pin(Access::Puk, 4, b"87654321"),
        df(&[0x5015], open(true)),
        ef(&[0x0101], 4, combined),
    ];
    let mut program = program(actions);
    program.eraseable = true;
    let problems = assemble(&program, &CARDOS).unwrap_err();
    let messages: Vec<_> = problems.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "how a CardOS 4.4 stays erasable without its start key is not public",
            "the rules of the master file of CardOS 4.4 are set when it is formatted",
            "the value of PIN1 is not 4 to 8 bytes long",
            "`maxsize` of `FOLDER` cannot be told to the card: CardOS 4.4 reserves the room of a directory when it is created",
            "`update` of `FILE` cannot be told to the card: CardOS 4.4 takes one credential for each right",
        ]
    );
}

#[test]
fn combinations_that_are_none_can_be_said() {
    let access = AccessRules {
        update: Some(AccessRule::Any(vec![Access::Pin1, Access::Always])),
        delete: Some(AccessRule::All(vec![Access::Pin1, Access::Never])),
        append: Some(AccessRule::All(vec![Access::Always, Access::Pin1])),
        ..AccessRules::default()
    };
    let actions = vec![
        CardAction::SelectMasterFile,
        pin(Access::Pin1, 1, b"123456"),
        ef(&[0x0101], 4, access),
    ];
    let items = assemble(&program(actions), &CARDOS).unwrap();
    assert!(hex(&items[3]).ends_with("8609000001FFFFFFFFFFFF"));
}
