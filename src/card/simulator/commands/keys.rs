//! MANAGE SECURITY ENVIRONMENT (ISO/IEC 7816-4), GENERATE ASYMMETRIC KEY PAIR and PERFORM SECURITY
//! OPERATION (ISO/IEC 7816-8).

use super::super::key::Padding;
use super::super::session::KeyChoice;
use super::super::{Answer, Card, Key, KeyUse, State, answer, done};
use crate::card::Sw;
use crate::card::apdu::Command;
use crate::der::{Element, Elements, Tag};

/// Control reference template: digital signature.
const SIGNATURE: u8 = 0xB6;
/// Control reference template: confidentiality.
const CONFIDENTIALITY: u8 = 0xB8;
/// Control reference templates without a key of ours: authentication, hash.
const OTHERS: [u8; 2] = [0xA4, 0xAA];

const ALGORITHM: Tag = Tag::new(0x80);
/// Reference of a secret or public key.
const KEY: Tag = Tag::new(0x83);
/// Reference of a private key.
const PRIVATE_KEY: Tag = Tag::new(0x84);

/// Algorithm reference for RSA with PKCS#1 v1.5 padding by the card, as OpenSC asks CardOS 5.
const PKCS1: u8 = 0x10;
/// Algorithm reference for RSA without padding (*perso*).
const RAW: u8 = 0x0C;
/// Algorithm reference for ECDSA over a hash (*perso*).
const ECDSA: u8 = 0x1F;

impl Card {
    pub(in super::super) fn manage_security_environment(&mut self, command: &Command) -> Answer {
        match (command.p1, command.p2) {
            (0xF3, 1..=14) if command.body().is_empty() => {
                (self.session.signing, self.session.deciphering) = (None, None);
                done()
            }
            (0xF3, _) => Err(Sw::NO_REFERENCE),
            (p1, template) if p1 & 0x0F == 0x01 => self.set_environment(template, command.body()),
            _ => Err(Sw::WRONG_P1P2),
        }
    }

    fn set_environment(&mut self, template: u8, data: &[u8]) -> Answer {
        if OTHERS.contains(&template) {
            return done();
        }
        let choice = key_choice(data, self.default_padding())?;
        if !self.state.keys.contains_key(&choice.number) {
            return Err(Sw::NO_REFERENCE);
        }
        match template {
            SIGNATURE => self.session.signing = Some(choice),
            CONFIDENTIALITY => self.session.deciphering = Some(choice),
            _ => return Err(Sw::WRONG_P1P2),
        }
        done()
    }

    pub(in super::super) fn perform_security_operation(&mut self, command: &Command) -> Answer {
        match (command.p1, command.p2) {
            (0x9E, 0x9A) => {
                let (key, padding) = self.chosen(self.session.signing, KeyUse::SIGN)?;
                let key = key.clone();
                answer(key.sign(command.body(), padding, &mut *self.rng)?)
            }
            (0x80, 0x86) => {
                let (key, padding) = self.chosen(self.session.deciphering, KeyUse::DECIPHER)?;
                // The first byte tells the padding of the cryptogram: 00 nothing, 81 proprietary.
                let (0x00 | 0x81, cryptogram) = split_indicator(command.body())? else {
                    return Err(Sw::WRONG_DATA);
                };
                let key = key.clone();
                answer(key.decipher(cryptogram, padding, &mut *self.rng)?)
            }
            _ => Err(Sw::WRONG_P1P2),
        }
    }

    /// The key of the security environment, if it may be used so.
    fn chosen(&self, choice: Option<KeyChoice>, used: KeyUse) -> Result<(&Key, Padding), Sw> {
        let choice = choice.ok_or(Sw::CONDITIONS)?;
        let key = self
            .state
            .keys
            .get(&choice.number)
            .ok_or(Sw::NO_REFERENCE)?;
        self.state.holds(key.access(), self.session.verified)?;
        if !key.uses().allows(used) {
            return Err(Sw::CONDITIONS);
        }
        Ok((key, choice.padding))
    }

    /// P1 bit 1: 0 generates, 1 only tells the public key.
    pub(in super::super) fn generate_key_pair(&mut self, command: &Command) -> Answer {
        if command.p2 != 0 {
            return Err(Sw::WRONG_P1P2);
        }
        let number = match command.body() {
            [] => {
                let choice = self.session.signing.or(self.session.deciphering);
                choice.ok_or(Sw::CONDITIONS)?.number
            }
            data => key_choice(data, Padding::default())?.number,
        };
        let key = self.state.keys.get(&number).ok_or(Sw::NO_REFERENCE)?;
        if command.p1 & 0x01 == 0 {
            self.state.holds(key.generation(), self.session.verified)?;
            let mut key = key.clone();
            key.generate(&mut *self.rng)?;
            self.state.keys.insert(number, key);
        }
        let key = self.state.keys.get(&number).ok_or(Sw::NO_REFERENCE)?;
        answer(key.public_template()?)
    }

    /// Whether PINs, keys and options may be defined now: by the current directory's rule.
    pub(in super::super) fn may_put_data(&self) -> Result<(), Sw> {
        self.authorise(self.session.directory, crate::card::Operation::PutData)
    }

    pub(super) fn put_key(&mut self, command: &Command) -> Answer {
        self.may_put_data()?;
        let (number, key) = super::super::objects::Parts::of(command.body())?.key()?;
        if !State::OWN_KEY_NUMBERS.contains(&number) {
            return Err(Sw::NO_REFERENCE);
        }
        self.state.keys.insert(number, key);
        done()
    }
}

/// The key that a control reference template names, with or without the template's own tag.
fn key_choice(data: &[u8], default: Padding) -> Result<KeyChoice, Sw> {
    let mut number = None;
    let mut padding = default;
    let mut read = |element: &Element, data: &[u8]| match (element.tag, element.bytes(data)) {
        (KEY | PRIVATE_KEY, [.., last]) => {
            number = Some(*last);
            Ok(())
        }
        (ALGORITHM, [PKCS1]) => {
            padding = Padding::Pkcs1;
            Ok(())
        }
        (ALGORITHM, [ECDSA]) => Ok(()),
        (ALGORITHM, [RAW]) => {
            padding = Padding::None;
            Ok(())
        }
        (ALGORITHM | KEY | PRIVATE_KEY, _) => Err(Sw::WRONG_DATA),
        _ => Ok(()),
    };
    for element in Elements::new(data) {
        let element = element.map_err(|_| Sw::WRONG_DATA)?;
        if element.tag.is_constructed() {
            for inner in element.children(data) {
                read(&inner.map_err(|_| Sw::WRONG_DATA)?, data)?;
            }
        } else {
            read(&element, data)?;
        }
    }
    let number = number.ok_or(Sw::WRONG_DATA)?;
    Ok(KeyChoice { number, padding })
}

fn split_indicator(data: &[u8]) -> Result<(u8, &[u8]), Sw> {
    let (first, rest) = data.split_first().ok_or(Sw::WRONG_LENGTH)?;
    Ok((*first, rest))
}
