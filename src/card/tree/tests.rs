//! Snapshots of the picture.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::super::access::{AccessRules, Condition, CredentialNumber, CredentialSet};
use super::super::apdu::{Command, ins};
use super::super::fcp::{FCP, FileControl, LifeCycle};
use super::super::simulator::objects::{self, KeyDefinition, PinDefinition};
use super::super::simulator::{KeyType, Options, ec_import_template};
use super::*;
use crate::der::asn1::NamedBits;
use crate::der::pkcs15::{
    AID, Application, Certificate, CommonAttributes, DataObject, DirectoryEntry, Entry,
    KeyAttributes, KeyKind, ObjectKind, Path, Pin as PinEntry, PrivateKey, TokenInfo, fid,
};

fn blank() -> Card {
    Card::new(Options::default(), ChaCha8Rng::seed_from_u64(1))
}

fn run(card: &mut Card, command: Command, data: &[u8]) {
    let command = command.data(data).unwrap();
    assert_eq!(
        card.transmit(&command.encode()),
        [0x90, 0x00],
        "{command:?}"
    );
}

fn put(card: &mut Card, what: u16, data: &[u8]) {
    let [p1, p2] = what.to_be_bytes();
    run(card, Command::new(ins::PUT_DATA, p1, p2), data);
}

fn file(card: &mut Card, id: u16, size: u32, rules: &AccessRules, data: &[u8]) {
    let mut control = FileControl::ef(id, size.max(data.len() as u32));
    control.rules = Some(rules.clone());
    run(card, Command::new(ins::CREATE, 0, 0), &control.encode(FCP));
    if !data.is_empty() {
        run(card, Command::new(ins::UPDATE_BINARY, 0, 0), data);
    }
}

fn number(number: u8) -> CredentialNumber {
    CredentialNumber::new(number).unwrap()
}

fn labelled(label: &str) -> CommonAttributes {
    CommonAttributes {
        label: label.to_owned(),
        auth_id: Some(vec![1]),
        ..CommonAttributes::default()
    }
}

fn below(id: u16) -> Path {
    Path::of(&[0x3F00, fid::APPLICATION, id])
}

fn odf() -> Vec<u8> {
    let kinds = [
        (ObjectKind::AuthenticationObjects, fid::AODF),
        (ObjectKind::PrivateKeys, fid::PRKDF),
        (ObjectKind::Certificates, fid::CDF),
        (ObjectKind::DataObjects, fid::DODF),
    ];
    let entries = kinds.map(|(kind, id)| DirectoryEntry {
        kind,
        path: below(id),
    });
    entries.iter().flat_map(Entry::encode).collect()
}

fn private_key() -> PrivateKey {
    PrivateKey {
        half: Default::default(),
        common: labelled("Signature"),
        key: KeyAttributes {
            id: vec![0x11],
            reference: Some(2),
            ..KeyAttributes::default()
        },
        path: Path::of(&[0x3F00, fid::APPLICATION]),
        kind: KeyKind::Ec {
            field_bits: Some(256),
        },
    }
}

fn personalised() -> Card {
    let mut card = blank();
    let open = AccessRules::default().with(Operation::Read, Condition::always());
    let guarded = open
        .clone()
        .with(Operation::Update, Condition::credential(number(1)));
    let either = [1, 7].map(|it| CredentialSet::from_iter([number(it)]));
    let mixed = open
        .clone()
        .with(Operation::Update, Condition::any_of(either));

    let application = Application {
        aid: AID.to_vec(),
        label: Some("Employee".to_owned()),
        path: Some(vec![0x3F, 0, 0x50, 0x15]),
    };
    file(&mut card, fid::DIR, 128, &open, &application.encode());
    let mut directory = FileControl::df(fid::APPLICATION, 22_000);
    directory.name = Some(AID.to_vec());
    directory.rules = Some(
        AccessRules::default()
            .with(Operation::CreateEf, Condition::credential(number(1)))
            .with(Operation::PutData, Condition::credential(number(1))),
    );
    run(
        &mut card,
        Command::new(ins::CREATE, 0, 0),
        &directory.encode(FCP),
    );
    file(&mut card, fid::ODF, 256, &open, &odf());
    let info = TokenInfo {
        label: Some("Employee card".to_owned()),
        serial_number: Some(vec![0x01, 0x23]),
        ..TokenInfo::default()
    };
    file(&mut card, fid::TOKEN_INFO, 0, &open, &info.encode());
    let pin = PinEntry {
        common: CommonAttributes {
            auth_id: None,
            ..labelled("User PIN")
        },
        auth_id: vec![1],
        flags: NamedBits(2),
        reference: 0x81,
        ..PinEntry::default()
    };
    file(&mut card, fid::AODF, 0, &open, &pin.encode());
    file(
        &mut card,
        fid::PRKDF,
        256,
        &guarded,
        &private_key().encode(),
    );
    let certificate = Certificate {
        common: labelled("Digital Signature"),
        id: vec![0x11],
        authority: false,
        path: below(0x4541),
    };
    file(&mut card, fid::CDF, 1700, &guarded, &certificate.encode());
    file(
        &mut card,
        0x4541,
        6000,
        &mixed,
        &[0x30, 0x03, 0x02, 0x01, 0x00],
    );
    let blob = DataObject {
        common: labelled("Encrypted PINs\u{1b}[31m"),
        application: Some("personalisation".to_owned()),
        oid: None,
        path: below(0x4542),
    };
    file(&mut card, fid::DODF, 0, &open, &blob.encode());
    file(&mut card, 0x4542, 12, &AccessRules::default(), b"blob");

    let puk = PinDefinition {
        tries: 10,
        max_length: 8,
        value: Some(b"87654321"),
        ..PinDefinition::new(number(4))
    };
    let pin = PinDefinition {
        max_length: 8,
        unblocked_by: Some(number(4)),
        value: Some(b"123456"),
        ..PinDefinition::new(number(1))
    };
    put(&mut card, objects::PINS, &pin.encode());
    put(&mut card, objects::PINS, &puk.encode());
    put(
        &mut card,
        objects::PINS,
        &PinDefinition::new(number(7)).encode(),
    );
    let key = KeyDefinition {
        number: 2,
        kind: KeyType::P256,
        uses: KeyUse::SIGN,
        access: Condition::credential(number(1)),
        generation: Condition::never(),
    };
    put(
        &mut card,
        objects::KEYS,
        &key.encode(Some(&ec_import_template(&[9; 32]))),
    );
    let planned = KeyDefinition {
        number: 3,
        kind: KeyType::Rsa(3072),
        uses: KeyUse::BOTH,
        ..key
    };
    put(&mut card, objects::KEYS, &planned.encode(None));
    run(&mut card, Command::new(ins::ACTIVATE, 0, 0), &[0x3F, 0]);
    let wrong = [0x00, 0x20, 0x00, 0x01, 0x04, b'0', b'0', b'0', b'0'];
    assert_eq!(card.transmit(&wrong), [0x63, 0x00]);
    card
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../snapshots/card");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn a_personalised_card_as_a_drawing() {
    let svg = Picture::of(&personalised()).svg();
    snapshot("personalised.svg", &svg);
}

#[test]
fn a_personalised_card() {
    let card = personalised();
    snapshot("personalised", &Picture::of(&card).to_string());
}

#[test]
fn the_picture_as_data() {
    let json = serde_json::to_string_pretty(&Picture::of(&blank())).unwrap();
    snapshot("blank.json", &json);
}

#[test]
fn broken_directories_say_where() {
    let mut card = blank();
    let open = AccessRules::default();
    file(
        &mut card,
        fid::DIR,
        16,
        &open,
        &[0x61, 0x05, 0x50, 0x03, b'x', b'y', b'z'],
    );
    let mut directory = FileControl::df(fid::APPLICATION, 0);
    directory.life_cycle = Some(LifeCycle::Initialisation);
    run(
        &mut card,
        Command::new(ins::CREATE, 0, 0),
        &directory.encode(FCP),
    );
    file(&mut card, fid::ODF, 64, &open, &odf());
    file(&mut card, fid::TOKEN_INFO, 8, &open, &[0x30, 0x09]);
    file(&mut card, fid::CDF, 8, &open, &[0x30, 0x02, 0x04, 0x00]);
    snapshot("broken", &Picture::of(&card).to_string());
}
