//! Round trip, and what is refused.

use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::super::simulator::objects::{self, KeyDefinition, PinDefinition};
use super::super::simulator::{KeyType, KeyUse, ec_import_template};
use super::super::{AccessRules, Condition, Operation};
use super::*;
use crate::card::apdu::{Command, ins};
use crate::card::fcp::FCP;

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(3)
}

fn run(card: &mut Card, command: Command, data: &[u8]) {
    let command = command.data(data).unwrap();
    assert_eq!(
        card.transmit(&command.encode()),
        [0x90, 0x00],
        "{command:?}"
    );
}

fn card() -> Card {
    let mut card = Card::new(Options::default(), rng());
    let create = |control: FileControl| control.encode(FCP);
    let mut df = FileControl::df(0x5015, 1000);
    df.name = Some(vec![0xA0, 1]);
    let mut ef = FileControl::ef(0x5031, 300);
    ef.rules = Some(AccessRules::default().with(Operation::Read, Condition::always()));
    let number = CredentialNumber::new(1).unwrap();
    let pin = PinDefinition {
        value: Some(b"314159"),
        ..PinDefinition::new(number)
    };
    let key = KeyDefinition {
        number: 2,
        kind: KeyType::P256,
        uses: KeyUse::SIGN,
        access: Condition::credential(number),
        generation: Condition::never(),
    };
    let put = |what: u16| Command::new(ins::PUT_DATA, (what >> 8) as u8, what as u8);
    run(&mut card, put(objects::PINS), &pin.encode());
    let key = key.encode(Some(&ec_import_template(&[0x77; 32])));
    run(&mut card, put(objects::KEYS), &key);
    run(&mut card, Command::new(ins::CREATE, 0, 0), &create(df));
    run(&mut card, Command::new(ins::CREATE, 0, 0), &create(ef));
    run(&mut card, Command::new(ins::UPDATE_BINARY, 0, 2), b"hello");
    run(&mut card, Command::new(ins::ACTIVATE, 0, 0), &[0x3F, 0x00]);
    card
}

fn refused(image: &[u8]) -> String {
    decode(image, rng()).unwrap_err().to_string()
}

#[test]
fn a_card_survives() {
    let card = card();
    let image = encode(&card).unwrap();
    let again = decode(&image, rng()).unwrap();
    assert_eq!(again.state(), card.state());
    assert_eq!(encode(&again).unwrap(), image);
    assert!(again.is_fused());
}

#[test]
fn what_is_no_sound_image_is_refused_with_its_reason() {
    let image = encode(&card()).unwrap().to_vec();
    assert_eq!(
        refused(b"PK\x03\x04"),
        "this is no card image: it does not start with \"PERSOCRD\""
    );
    let mut newer = image.clone();
    newer[9] = 2;
    assert_eq!(
        refused(&newer),
        "the card image has version 2, this perso reads version 1; update perso"
    );
    let mut damaged = image.clone();
    damaged[HEADER + 10] ^= 1;
    assert!(refused(&damaged).starts_with("the card image is damaged"));
    let message = refused(&image[..image.len() - 1]);
    assert!(
        message.starts_with("the card image is cut short"),
        "{message}"
    );
    assert!(refused(&vec![0; MAX_SIZE + 1]).contains("larger"));
}

/// Changes the body and mends the header.
fn forged(from: &str, to: &str) -> Vec<u8> {
    let image = encode(&card()).unwrap();
    let body = String::from_utf8(image[HEADER..].to_vec()).unwrap();
    assert!(body.contains(from), "{body}");
    let body = body.replacen(from, to, 1).into_bytes();
    let mut forged = image[..10].to_vec();
    forged.extend((body.len() as u32).to_be_bytes());
    forged.extend(Sha256::digest(&body));
    forged.extend(body);
    forged
}

#[test]
fn an_impossible_card_is_refused() {
    for (from, to) in [
        ("\"tries-left\":3", "\"tries-left\":9"),
        ("\"memory\":131072", "\"memory\":4294967295"),
        ("\"memory\":131072", "\"memory\":10"),
        ("\"id\":20529", "\"id\":16128"),
        ("\"id\":16128", "\"id\":1"),
        ("\"size\":300", "\"size\":3"),
        ("\"size\":300", "\"size\":4294967295"),
        ("\"p256\":\"77", "\"p256\":\"0077"),
        ("\"p256\"", "\"p384\""),
        ("\"keys\":{\"2\"", "\"keys\":{\"99\""),
        ("\"pins\":{\"1\"", "\"pins\":{\"15\""),
        ("\"pins\"", "\"pens\""),
    ] {
        let message = refused(&forged(from, to));
        assert!(message.contains("impossible card"), "{from}: {message}");
        assert!(!message.contains("3331"), "{message}");
    }
}

proptest! {
    #[test]
    fn one_wrong_byte_is_noticed(at in 0_usize..400, flip in 1_u8..) {
        let mut image = encode(&card()).unwrap().to_vec();
        image[at] ^= flip;
        prop_assert!(decode(&image, rng()).is_err());
    }

    #[test]
    fn every_cut_is_noticed(length in 0_usize..400) {
        let image = encode(&card()).unwrap();
        prop_assert!(decode(&image[..length], rng()).is_err());
    }

    #[test]
    fn any_bytes_are_refused_in_order(bytes in prop::collection::vec(any::<u8>(), 0..99)) {
        let image = [&MAGIC[..], &[0, 1], &bytes].concat();
        prop_assert!(decode(&image, rng()).is_err());
    }
}

#[cfg(feature = "native")]
#[test]
fn a_file_is_replaced_whole_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("card.img");
    write(&path, &Card::new(Options::default(), rng())).unwrap();
    write(&path, &card()).unwrap();
    assert_eq!(read(&path, rng()).unwrap().state(), card().state());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let missing = read(&folder.path().join("none.img"), rng())
        .unwrap_err()
        .to_string();
    assert!(
        missing.starts_with("cannot read the card image"),
        "{missing}"
    );
    let nowhere = folder.path().join("none").join("card.img");
    assert!(write(&nowhere, &card()).is_err());
}
