//! Keys that the card makes, and their public halves in files.

use super::*;
use crate::operation::{Algorithm, KeyObject, KeyUsage};

fn key(reference: u8, algorithm: Algorithm, public: Option<&[u16]>) -> CardAction<Known> {
    CardAction::CreateKey {
        key: KeyObject {
            name: "SIGNING".to_owned(),
            reference,
            algorithm,
            usage: KeyUsage::Sign,
            access: AccessRule::Only(Access::Always),
        },
        public: public.map(path),
    }
}

#[test]
fn the_point_of_a_curve_reaches_its_file() {
    for file_first in [true, false] {
        let mut actions = vec![
            CardAction::SelectMasterFile,
            key(1, Algorithm::P256, Some(&[0x0101])),
        ];
        let at = if file_first { 1 } else { 2 };
        actions.insert(at, ef(&[0x0101], 91, open(false)));
        let mut card = card();
        let items = run(&program(actions), &ISO, &mut card);
        // SELECT, CREATE, PUT DATA, GENERATE and one UPDATE, whatever comes first.
        assert_eq!(items.len(), 5);
        let content = read(&mut card, &[0x0101], 91);
        assert_eq!(content[..2], [0x30, 89]);
        let answer = Command::new(ins::GENERATE_KEY_PAIR, 0x81, 0)
            .data([0x84, 1, 1])
            .unwrap();
        let answer = card.exchange(&answer.expect(256)).unwrap();
        assert_eq!(answer.data[answer.data.len() - 65..], content[26..]);
    }
}

#[test]
fn an_rsa_key_is_written_in_pieces() {
    let actions = || {
        vec![
            CardAction::SelectMasterFile,
            ef(&[0x0101], 300, open(false)),
            ef(&[0x0102], 4, open(false)),
            key(2, Algorithm::Rsa { bits: 2048 }, Some(&[0x0101])),
        ]
    };
    let mut card = card();
    let items = run(&program(actions()), &ISO, &mut card);
    // SELECT, 2 CREATE, PUT DATA, GENERATE, SELECT, 2 UPDATE.
    assert_eq!(items.len(), 8);
    let content = read(&mut card, &[0x0101], 300);
    assert_eq!(content[..9], [0x30, 0x82, 1, 10, 2, 0x82, 1, 1, 0]);
    assert_eq!(content[265..270], [2, 3, 1, 0, 1]);
    assert_eq!(content[270..], [0; 30]);
    let mut execution = Execution::default();
    execution.run(&items[..0], &mut card).unwrap();
    assert_eq!(execution.public_key(&items[4].operation), None);
}

#[test]
fn problems_of_keys() {
    let actions = vec![
        CardAction::SelectMasterFile,
        ef(&[0x0101], 10, open(false)),
        key(1, Algorithm::P256, Some(&[0x0101])),
        key(1, Algorithm::P384, None),
        key(16, Algorithm::Rsa { bits: 1024 }, None),
        key(2, Algorithm::P384, Some(&[0x0102])),
    ];
    let problems = assemble(&program(actions), &ISO).unwrap_err();
    let messages: Vec<_> = problems.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "the content of `FILE` has 91 bytes, the file only 10",
            "`SIGNING` has the reference 1 of another key",
            "`SIGNING` has the reference 16",
            "the card makes no key of the size of `SIGNING`",
            "the public key is to be written into 0102, which the profile does not make",
        ]
    );
}
