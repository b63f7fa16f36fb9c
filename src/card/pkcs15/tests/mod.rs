//! The application on the simulated card, built by commands and activated: access rules hold.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::card::access::CredentialNumber;
use crate::card::apdu::{Command, Response, ins};
use crate::card::fcp::{FCP, MASTER_FILE};
use crate::card::simulator::objects::{self, PinDefinition};
use crate::card::simulator::{Card, Options, PublicTemplate};
use crate::card::{AccessRules, Channel, ChannelError, Condition, FileControl, Operation, Sw};
use crate::der::pkcs15::{AID, Application as Announcement, DirectoryEntry, encode_all};
use crate::der::{Tag, Tlv};
use crate::operation::KeyUsage;

mod anything;
mod cut;
mod objects_on_the_card;
mod refusals;
mod shapes;

const HOME: [u16; 2] = [MASTER_FILE, fid::APPLICATION];
const PIN: &[u8] = b"123456";
const SHORT: usize = 255;
const EXTENDED: usize = 65_000;

fn number(number: u8) -> CredentialNumber {
    CredentialNumber::new(number).unwrap()
}

fn guard() -> Guard {
    Guard {
        auth_id: vec![1],
        credential: number(1),
    }
}

/// A card as a profile leaves it.
struct Layout {
    odf_size: u32,
    cdf_size: u32,
    token_info_size: u32,
    /// Who creates files in the application's directory.
    create: Condition,
    /// Who deletes files in it.
    delete: Condition,
    /// Bytes of the application's directory; 0 for no limit.
    home_size: u32,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            odf_size: 128,
            cdf_size: 512,
            token_info_size: 64,
            create: Condition::credential(number(1)),
            delete: Condition::credential(number(1)),
            home_size: 0,
        }
    }
}

impl Layout {
    /// No room in any file beyond what is in it.
    fn tight() -> Self {
        Self {
            odf_size: 12,
            cdf_size: 3 * old_certificate(1).0.encode().len() as u32,
            token_info_size: 26,
            ..Self::default()
        }
    }

    fn card(&self) -> Card {
        let mut card = self.card_before_activation();
        send(&mut card, ins::ACTIVATE, 0, &MASTER_FILE.to_be_bytes());
        power_on(&mut card);
        card
    }

    fn card_before_activation(&self) -> Card {
        let mut card = Card::new(Options::default(), ChaCha8Rng::seed_from_u64(7));
        let pin = PinDefinition {
            value: Some(PIN),
            ..PinDefinition::new(number(1))
        };
        send(&mut card, ins::PUT_DATA, objects::PINS, &pin.encode());
        let announcement = Announcement {
            aid: AID.to_vec(),
            label: Some("perso".to_owned()),
            path: Some(Path::of(&HOME).file),
        };
        create(
            &mut card,
            &FileControl::ef(fid::DIR, 64),
            &announcement.encode(),
        );
        let rules = AccessRules::default()
            .with(Operation::CreateEf, self.create.clone())
            .with(Operation::DeleteChild, self.delete.clone());
        let home = FileControl {
            name: Some(AID.to_vec()),
            rules: Some(rules),
            ..FileControl::df(fid::APPLICATION, self.home_size)
        };
        send(&mut card, ins::SELECT, 0, &MASTER_FILE.to_be_bytes());
        create(&mut card, &home, &[]);
        let odf = DirectoryEntry {
            kind: ObjectKind::Certificates,
            path: Path::of(&[HOME[0], HOME[1], 0x4441]),
        };
        create(&mut card, &ef(fid::ODF, self.odf_size), &odf.encode());
        let info = TokenInfo {
            serial_number: Some(vec![1, 2, 3, 4]),
            label: Some("Fleet card".to_owned()),
            ..TokenInfo::default()
        };
        create(
            &mut card,
            &ef(fid::TOKEN_INFO, self.token_info_size),
            &info.encode(),
        );
        let listed = [1, 2, 3].map(|it| old_certificate(it).0);
        create(&mut card, &ef(0x4441, self.cdf_size), &encode_all(&listed));
        for it in [1, 2, 3] {
            let value = old_certificate(it).1;
            create(
                &mut card,
                &ef(0x4540 + u16::from(it), value.len() as u32),
                &value,
            );
        }
        card
    }
}

/// One of the three certificates that the profile brought: its entry and value.
fn old_certificate(number: u8) -> (Certificate, Vec<u8>) {
    let entry = Certificate {
        common: crate::der::pkcs15::CommonAttributes {
            label: format!("Certificate number {number}"),
            ..Default::default()
        },
        id: vec![number],
        authority: false,
        path: Path::of(&[HOME[0], HOME[1], 0x4540 + u16::from(number)]),
    };
    (entry, der(number, 300))
}

/// Something with the frame of a certificate.
fn der(byte: u8, length: usize) -> Vec<u8> {
    let inner = Tlv::new(Tag::OCTET_STRING, vec![byte; length]);
    Tlv::list(Tag::SEQUENCE, [inner]).encode()
}

fn ef(id: u16, size: u32) -> FileControl {
    let rules = AccessRules::default()
        .with(Operation::Read, Condition::always())
        .with(Operation::Update, Condition::credential(number(1)));
    FileControl {
        rules: Some(rules),
        ..FileControl::ef(id, size)
    }
}

fn send(card: &mut Card, ins: u8, parameters: u16, data: &[u8]) {
    let [p1, p2] = parameters.to_be_bytes();
    let command = Command::new(ins, p1, p2).data(data).unwrap();
    let answer = Channel::exchange(card, &command).unwrap();
    assert!(answer.sw.is_success(), "{command:?}: {}", answer.sw);
}

fn create(card: &mut Card, control: &FileControl, content: &[u8]) {
    send(card, ins::CREATE, 0, &control.encode(FCP));
    for (index, part) in content.chunks(200).enumerate() {
        send(card, ins::UPDATE_BINARY, 200 * index as u16, part);
    }
}

fn power_on(card: &mut Card) {
    card.reset();
    send(card, ins::VERIFY, 0x0001, PIN);
}

fn open(card: &mut Card) -> Application {
    Application::open(card, SHORT).unwrap().unwrap()
}

/// Opens the application as after the next power-on.
fn reopen(card: &mut Card) -> Application {
    power_on(card);
    open(card)
}

fn rsa() -> PublicTemplate {
    PublicTemplate::Rsa {
        modulus: vec![0xC5; 256],
        exponent: vec![1, 0, 1],
    }
}

fn ec() -> PublicTemplate {
    let mut point = vec![0x5A; 65];
    point[0] = 0x04;
    PublicTemplate::Ec { point }
}

fn pair<'a>(public: &'a PublicTemplate, guard: &'a Guard) -> NewKeyPair<'a> {
    NewKeyPair {
        reference: 1,
        public,
        id: &[0x11],
        label: "Digital Signature",
        usage: KeyUsage::Sign,
        generated: true,
        non_repudiation: false,
        guard: Some(guard),
    }
}

fn certificate<'a>(der: &'a [u8], guard: Option<&'a Guard>) -> NewCertificate<'a> {
    NewCertificate {
        der,
        id: &[0x11],
        label: "Digital Signature",
        authority: false,
        guard,
    }
}

fn data<'a>(value: &'a [u8], guard: &'a Guard) -> NewData<'a> {
    NewData {
        value,
        label: "Encrypted PINs",
        application: Some("perso"),
        oid: None,
        private: false,
        guard: Some(guard),
    }
}

fn pin() -> NewPin<'static> {
    NewPin {
        label: "User PIN",
        auth_id: &[1],
        credential: number(1),
        kind: crate::der::pkcs15::PinType::AsciiNumeric,
        min_length: 4,
        max_length: 8,
        role: PinRole::User,
        unblocked_by: None,
    }
}

/// The certificates that the profile brought are listed, readable and as they were.
fn assert_old_certificates(application: &Application, card: &mut Card, numbers: &[u8]) {
    for number in numbers {
        let (entry, value) = old_certificate(*number);
        assert_eq!(application.certificate(&[*number]), Some(entry.clone()));
        assert_eq!(application.read_certificate(card, &entry).unwrap(), value);
    }
}
