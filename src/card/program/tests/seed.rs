//! The published profile with values filled in: files of the number and size that stand there.

use super::*;

const ODF: [u8; 12] = [
    0xA4, 0x0A, 0x30, 0x08, 0x04, 0x06, 0x3F, 0x00, 0x50, 0x15, 0x44, 0x41,
];
const CDF: [u8; 49] = *b"\x30\x2F\x30\x1A\x0C\x11Digital Signature\x03\x02\x06\x40\x04\x01\x01\x30\x03\x04\x01\x11\xA1\x0C\x30\x0A\x30\x08\x04\x06\x3F\x00\x50\x15\x45\x41";
const AID: &str = "A000000063504B43532D3135";

/// As long as the certificate of the measured baseline, and with no zero at its end.
fn certificate() -> Vec<u8> {
    (1..=817_u32).map(|n| (n % 251) as u8 + 1).collect()
}

fn directory() -> CardAction<Known> {
    let action = df(&[0x5015], open(true));
    let CardAction::CreateFile {
        path, name, access, ..
    } = action
    else {
        panic!();
    };
    CardAction::CreateFile {
        path,
        name,
        shape: FileShape::Dedicated {
            size: Some(22_000),
            aid: Some(AID.to_owned()),
        },
        access,
    }
}

/// The files in the order in which a profile is lowered: static contents behind their file, dynamic
/// ones at the end.
fn files() -> Vec<CardAction<Known>> {
    let content = || known(&ODF);
    vec![
        CardAction::SelectMasterFile,
        directory(),
        sized(&[0x5015, 0x5031], SizeOf::Content(content()), open(false)),
        write(&[0x5015, 0x5031], content()),
        ef(&[0x5015, 0x4441], 1_700, open(false)),
        write(&[0x5015, 0x4441], known(&CDF)),
        ef(&[0x5015, 0x4541], 6_000, open(false)),
        write(&[0x5015, 0x4541], known(&certificate())),
    ]
}

fn with_dir_and_token_info() -> Vec<CardAction<Known>> {
    let mut all = files();
    let token_info = known(&[0x30, 7, 2, 1, 0, 3, 2, 0, 1]);
    let dir = known(b"\x61\x12\x4F\x0C\xA0\x00\x00\x00\x63PKCS-15\x51\x02\x50\x15");
    let further = [
        sized(&[0x2F00], SizeOf::Content(dir.clone()), open(false)),
        write(&[0x2F00], dir),
    ];
    let inside = [
        sized(
            &[0x5015, 0x5032],
            SizeOf::Content(token_info.clone()),
            open(false),
        ),
        write(&[0x5015, 0x5032], token_info),
    ];
    all.splice(4..4, inside);
    all.splice(1..1, further);
    all
}

fn assert_readable(card: &mut Card) {
    assert_eq!(read(card, &[0x5015, 0x5031], 12), ODF);
    let directory = read(card, &[0x5015, 0x4441], 1_700);
    assert_eq!(
        (&directory[..49], &directory[49..]),
        (&CDF[..], &[0; 1_651][..])
    );
    let content = read(card, &[0x5015, 0x4541], 6_000);
    assert_eq!(content[..817], certificate());
    assert!(content[817..].iter().all(|byte| *byte == 0));
}

#[test]
fn eleven_commands_for_the_files() {
    let mut card = card();
    let items = run(&program(files()), &ISO, &mut card);
    let kinds = [ins::SELECT, ins::CREATE, ins::UPDATE_BINARY].map(|it| count(&items, it));
    assert_eq!((items.len(), kinds), (11, [1, 4, 6]));
    assert_readable(&mut card);
}

#[test]
fn fifteen_with_the_files_that_opensc_needs_and_twelve_in_extended_length() {
    let program = program(with_dir_and_token_info());
    let extended = Setup {
        data_field: 65_535,
        ..ISO
    };
    for (setup, expected) in [(ISO, 15), (extended, 12)] {
        let mut card = card();
        assert_eq!(run(&program, &setup, &mut card).len(), expected);
        assert_readable(&mut card);
        let token_info = read(&mut card, &[0x5015, 0x5032], 9);
        assert_eq!(token_info, [0x30, 7, 2, 1, 0, 3, 2, 0, 1]);
    }
}

/// Nine bytes of conditions instead of compact rules: as many commands, a few more bytes.
#[test]
fn as_many_in_the_form_of_cardos_4_4() {
    let program = program(with_dir_and_token_info());
    for (data_field, expected) in [(255, 15), (65_535, 12)] {
        let setup = Setup {
            dialect: Dialect::CardOs44,
            data_field,
            ..ISO
        };
        let mut card = cardos44_card();
        assert_eq!(run(&program, &setup, &mut card).len(), expected);
        assert_readable(&mut card);
    }
}

#[test]
fn a_pin_costs_one_command_and_so_do_erasability_and_the_fuse() {
    let mut actions = files();
    actions.insert(1, pin(Access::Pin1, 1, b"123456"));
    actions.push(CardAction::Activate);
    let mut program = program(actions);
    program.eraseable = true;
    let mut card = card();
    let items = run(&program, &ISO, &mut card);
    assert_eq!(items.len(), 11 + 1 + 2);
    assert_eq!(hex(&items[0]), "00DA01F303800101");
    assert_eq!(hex(&items[13]), "00440000023F00");
    assert!(card.is_fused() && card.options().eraseable);
    assert_readable(&mut card);
}

#[test]
fn the_bytes_are_those_of_iso_7816() {
    let items = assemble(&program(files()), &ISO).unwrap();
    let lines: Vec<_> = items.iter().map(hex).collect();
    assert_eq!(lines[0], "00A4000C023F00");
    assert_eq!(
        lines[1],
        "00E00000\
         27 62 25 8102 55F0 8201 38 8302 5015 840C A000000063504B43532D3135 8C03 06 00 00 \
         AB05 8401DA 9000"
            .replace(' ', "")
    );
    assert_eq!(
        lines[2],
        "00E0000012 6210 8002 000C 8201 01 8302 5031 8C03 03 00 00".replace(' ', "")
    );
    assert_eq!(lines[3], "00D600000CA40A300804063F0050154441");
    assert_eq!(&lines[7][..14], "00D60000FF0203");
    assert_eq!(&lines[10][..10], "00D602FD34");
}
