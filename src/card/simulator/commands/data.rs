//! GET DATA, PUT DATA and ERASE.

use super::super::objects::{self, Identification, Parts};
use super::super::state::Personality;
use super::super::{Answer, Card, Pin, answer, done};
use super::parameters;
use crate::card::Sw;
use crate::card::access::CredentialNumber;
use crate::card::apdu::Command;
use crate::der::Tlv;

/// Instruction byte of ERASE, with class 80 (*perso*).
pub(in super::super) const ERASE: u8 = 0x06;

/// GET DATA of CardOS 5.0, as far as OpenSC asks.
mod cardos {
    pub(super) const SERIAL_NUMBER: u16 = 0x0181;
    pub(super) const VERSION: u16 = 0x0182;
    pub(super) const LIFE_CYCLE: u16 = 0x0183;
    pub(super) const PACKAGES: u16 = 0x0188;
    pub(super) const DATA_FIELD_LENGTH: u16 = 0x018D;

    pub(super) const OPERATIONAL: u8 = 0x10;
    pub(super) const ADMINISTRATION: u8 = 0x20;
    pub(super) const DEAD: u8 = 0x3F;
}

impl Card {
    pub(in super::super) fn get_data(&mut self, command: &Command) -> Answer {
        let what = parameters(command);
        match what {
            objects::IDENTIFICATION => {
                let options = self.options();
                let identification = Identification {
                    personality: options.personality.name().to_owned(),
                    eraseable: options.eraseable,
                    activated: self.is_fused(),
                    serial: options.serial.clone(),
                };
                answer(identification.encode())
            }
            objects::PINS => {
                let pins = self.state.pins.iter();
                answer(all(pins.map(|(number, pin)| objects::pin_tlv(*number, pin))))
            }
            objects::KEYS => {
                let keys = self.state.keys.iter();
                answer(all(keys.map(|(number, key)| objects::key_tlv(*number, key))))
            }
            _ => match self.options().personality {
                Personality::CardOs50 => self.get_cardos_data(what),
                Personality::CardOs44 => self.information(what),
                Personality::Iso7816 => Err(Sw::NO_REFERENCE),
            },
        }
    }

    fn get_cardos_data(&self, what: u16) -> Answer {
        answer(match what {
            cardos::SERIAL_NUMBER => self.options().serial.clone(),
            cardos::VERSION => vec![0xC9, 0x01],
            cardos::LIFE_CYCLE if self.state.is_terminated() => vec![cardos::DEAD],
            cardos::LIFE_CYCLE if self.is_fused() => vec![cardos::OPERATIONAL],
            cardos::LIFE_CYCLE => vec![cardos::ADMINISTRATION],
            cardos::PACKAGES => Vec::new(),
            cardos::DATA_FIELD_LENGTH => vec![0x03, 0x00],
            _ => return Err(Sw::NO_REFERENCE),
        })
    }

    pub(in super::super) fn put_data(&mut self, command: &Command) -> Answer {
        match parameters(command) {
            objects::PINS => self.put_pin(command),
            objects::KEYS => self.put_key(command),
            objects::OPTIONS => self.put_options(command),
            _ if self.is_cardos44() => self.put_cardos_data(command),
            _ => Err(Sw::NO_REFERENCE),
        }
    }

    fn put_pin(&mut self, command: &Command) -> Answer {
        self.may_put_data()?;
        let pins = &self.state.pins;
        let (number, pin) = Parts::of(command.body())?.pin(|number| pins.get(&number).cloned())?;
        self.define_pin(number, pin)
    }

    /// After activation a PIN that has a value is no longer redefined: that would reset its
    /// counter, or replace it without knowing it.
    pub(in super::super) fn define_pin(&mut self, number: CredentialNumber, pin: Pin) -> Answer {
        let pins = &self.state.pins;
        if self.is_fused() && pins.get(&number).is_some_and(Pin::is_set) {
            return Err(Sw::CONDITIONS);
        }
        self.state.pins.insert(number, pin);
        self.session.verified.remove(number);
        done()
    }

    fn put_options(&mut self, command: &Command) -> Answer {
        if self.is_fused() {
            return Err(Sw::CONDITIONS);
        }
        let change = Parts::of(command.body())?.options()?;
        let options = &mut self.state.options;
        options.eraseable = change.eraseable.unwrap_or(options.eraseable);
        options.erased_by = change.erased_by.or(options.erased_by);
        if let Some(serial) = change.serial {
            options.serial = serial.to_vec();
        }
        done()
    }

    /// Anybody erases a card that is eraseable or not yet activated; the operator any card.
    pub(in super::super) fn erase(&mut self, command: &Command) -> Answer {
        if parameters(command) != 0 || !command.body().is_empty() {
            return Err(Sw::WRONG_P1P2);
        }
        if self.state.is_terminated() {
            return Err(Sw::CONDITIONS);
        }
        let options = self.options();
        let operator = options.erased_by;
        let by_operator = operator.is_some_and(|it| self.session.verified.contains(it));
        if self.is_fused() && !options.eraseable && !by_operator {
            return Err(Sw::SECURITY_STATUS);
        }
        self.state.erase();
        self.reset();
        done()
    }
}

fn all(objects: impl Iterator<Item = Tlv>) -> Vec<u8> {
    objects.flat_map(|it| it.encode()).collect()
}
