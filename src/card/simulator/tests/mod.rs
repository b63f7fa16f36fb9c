//! The card from outside: bytes in, bytes out, exact status words.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::card::access::CredentialNumber;

mod anything;
mod cardos44;
mod files;
mod keys;
mod life_cycle;
mod never;
mod opensc;
mod pins;
mod select;

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(7)
}

fn card() -> Card {
    Card::new(Options::default(), rng())
}

fn number(number: u8) -> CredentialNumber {
    CredentialNumber::new(number).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|it| !it.is_ascii_whitespace()).collect();
    let (pairs, rest) = digits.as_chunks::<2>();
    assert!(rest.is_empty(), "odd number of digits");
    pairs
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

impl Card {
    /// Sends hexadecimal digits, checks that the card is sound, returns hexadecimal digits.
    fn send(&mut self, command: &str) -> String {
        self.send_bytes(&bytes(command))
    }

    fn send_bytes(&mut self, command: &[u8]) -> String {
        let answer = self.transmit(command);
        self.assert_sound();
        answer.iter().map(|byte| format!("{byte:02X}")).collect()
    }

    fn assert_sound(&self) {
        self.state.files.assert_sound();
        let directory = self.state.files.get(self.session.directory).unwrap();
        assert!(directory.control.is_df());
        if let Some(file) = self.session.file {
            let file = self.state.files.get(file).unwrap();
            assert_eq!(file.parent, Some(self.session.directory));
            assert!(!file.control.is_df());
        }
        assert!(self.state.pins.values().all(Pin::is_sound));
    }

    /// Sends each command and demands 9000.
    fn done(&mut self, commands: &[&str]) {
        for command in commands {
            assert_eq!(self.send(command), "9000", "{command}");
        }
    }

    /// PUT DATA of one of our objects.
    fn put(&mut self, what: u16, data: &[u8]) -> String {
        let [p1, p2] = what.to_be_bytes();
        let command = Command::new(ins::PUT_DATA, p1, p2).data(data).unwrap();
        self.send_bytes(&command.encode())
    }
}

/// CREATE FILE of an EF: identifier, size, then further data objects of the template.
fn create_ef(id: u16, size: u16, further: &str) -> String {
    let body = format!("8002{size:04X}8201018302{id:04X}{further}");
    template(&body)
}

/// CREATE FILE of a DF.
fn create_df(id: u16, size: u16, further: &str) -> String {
    let body = format!("8102{size:04X}8201388302{id:04X}{further}");
    template(&body)
}

fn template(body: &str) -> String {
    let length = bytes(body).len();
    format!("00E00000{:02X}62{length:02X}{body}", length + 2)
}

#[test]
fn the_class_byte_is_checked() {
    let mut card = card();
    assert_eq!(card.send("80A40000"), "6E00");
    assert_eq!(card.send("40A40000"), "6E00");
    assert_eq!(card.send("0CA40000"), "6882");
    assert_eq!(card.send("01A40000"), "6881");
    assert_eq!(card.send("00550000"), "6D00");
    assert_eq!(card.send("00A400"), "6700");
    assert_eq!(card.send("00A4000005"), "6F0E8102FF610B");
}

#[test]
fn a_chain_of_commands_is_joined() {
    let mut card = card();
    card.done(&[&create_ef(0x0101, 4, "")]);
    card.done(&["10D60000021122", "00D60000023344"]);
    assert_eq!(card.send("00B0000004"), "112233449000");
    assert_eq!(card.send("10D600000111"), "9000");
    assert_eq!(card.send("00B0000004"), "6883");
    assert_eq!(card.send("00B0000004"), "112233449000");
}

#[test]
fn what_was_not_asked_for_waits_for_get_response() {
    let mut card = card();
    assert_eq!(card.send("00A40004"), "6110");
    assert_eq!(card.send("00C0000002"), "620E610E");
    assert_eq!(card.send("00C0000000"), "8102FFFF82013883023F008A01019000");
    assert_eq!(card.send("00C0000000"), "6985");
}

#[test]
fn get_data_speaks_for_the_personality() {
    let mut cardos = card();
    assert_eq!(cardos.send("00CA018100"), "11223344556677889000");
    assert_eq!(cardos.send("00CA018200"), "C9019000");
    assert_eq!(cardos.send("00CA018300"), "209000");
    assert_eq!(cardos.send("00CA018D00"), "03009000");
    assert_eq!(cardos.send("00CA019900"), "6A88");
    cardos.done(&["00440000023F00"]);
    assert_eq!(cardos.send("00CA018300"), "109000");
    let iso = Options {
        personality: Personality::Iso7816,
        ..Options::default()
    };
    let mut iso = Card::new(iso, rng());
    assert_eq!(iso.send("00CA018200"), "6A88");
    let answer = iso.transmit(&bytes("00CA01F000"));
    let identification = objects::Identification {
        serial: Options::default().serial,
        personality: "iso7816".to_owned(),
        eraseable: false,
        activated: false,
    };
    let told = objects::Identification::decode(&answer[..answer.len() - 2]);
    assert_eq!(told, Some(identification));
    assert_eq!(objects::Identification::decode(&[0xC9, 0x01]), None);
    assert_eq!(iso.atr(), CARDOS_5_0_ATR);
}

#[test]
fn a_challenge_is_as_long_as_asked() {
    let mut card = card();
    assert_eq!(card.transmit(&bytes("0084000008")).len(), 10);
    assert_ne!(card.send("0084000008"), card.send("0084000008"));
    assert_eq!(card.send("00840000"), "6700");
}

#[test]
fn the_channel_collects_whole_answers() {
    let mut card = card();
    let select = Command::new(ins::SELECT, 0, 0x04);
    let answer = Channel::exchange(&mut card, &select).unwrap();
    assert_eq!((answer.sw, answer.data.len()), (Sw::OK, 16));
}

#[test]
fn nothing_secret_is_shown() {
    let mut card = card();
    card.done(&["0024010106313233343536"]);
    let shown = format!("{card:?} {:?}", card.state());
    assert!(
        !shown.contains("123456") && !shown.contains("49, 50"),
        "{shown}"
    );
}
