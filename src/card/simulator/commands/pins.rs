//! VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER (ISO/IEC 7816-4 clause 7.5).

use super::super::{Answer, Card, Pin, done};
use crate::card::Sw;
use crate::card::access::CredentialNumber;
use crate::card::apdu::Command;

impl Card {
    /// Without data: asks for the state of the PIN. P1 = FF takes the verification back.
    pub(in super::super) fn verify(&mut self, command: &Command) -> Answer {
        let number = reference(command)?;
        let pin = self.state.pins.get_mut(&number).ok_or(Sw::NO_REFERENCE)?;
        match (command.p1, command.body()) {
            (0xFF, []) => {
                self.session.verified.remove(number);
                done()
            }
            (0x00, []) if self.session.verified.contains(number) => done(),
            (0x00, []) => Err(pin.state()),
            (0x00, candidate) => {
                self.session.verified.remove(number);
                pin.verify(candidate)?;
                self.session.verified.insert(number);
                done()
            }
            _ => Err(Sw::WRONG_P1P2),
        }
    }

    pub(in super::super) fn change_reference_data(&mut self, command: &Command) -> Answer {
        let number = reference(command)?;
        match command.p1 {
            0x00 => self.change(number, command.body()),
            0x01 => self.set_first(number, command.body()),
            _ => Err(Sw::WRONG_P1P2),
        }
    }

    fn change(&mut self, number: CredentialNumber, both: &[u8]) -> Answer {
        let pin = self.state.pins.get_mut(&number).ok_or(Sw::NO_REFERENCE)?;
        let (old, new) = pin.split(both, pin)?;
        self.session.verified.remove(number);
        pin.verify(old)?;
        pin.set(new)?;
        self.session.verified.insert(number);
        done()
    }

    /// The first value: before activation of the card at will (and a PIN that is not defined gets
    /// the default limits); afterwards only where there is none yet, and by whoever verified the
    /// unblocking PIN, if there is one.
    fn set_first(&mut self, number: CredentialNumber, value: &[u8]) -> Answer {
        let fused = self.is_fused();
        let mut pin = match self.state.pins.get(&number) {
            Some(pin) if fused && pin.is_set() => return Err(Sw::CONDITIONS),
            Some(pin) if fused && !self.may_initialise(pin) => return Err(Sw::SECURITY_STATUS),
            Some(pin) => pin.clone(),
            None if fused => return Err(Sw::NO_REFERENCE),
            None => Pin::new(),
        };
        pin.set(value)?;
        self.state.pins.insert(number, pin);
        self.session.verified.remove(number);
        done()
    }

    fn may_initialise(&self, pin: &Pin) -> bool {
        let verified = self.session.verified;
        pin.unblocked_by().is_none_or(|puk| verified.contains(puk))
    }

    /// P1: 00 PUK and new value, 01 PUK, 02 new value, 03 nothing; in the last two cases the
    /// unblocking PIN was verified before.
    pub(in super::super) fn reset_retry_counter(&mut self, command: &Command) -> Answer {
        let number = reference(command)?;
        let mut pin = self.pin(number)?.clone();
        let puk_number = pin.unblocked_by().ok_or(Sw::REFERENCE_UNUSABLE)?;
        let body = command.body();
        let value = match command.p1 {
            0x00 => {
                let (puk, new) = self.pin(puk_number)?.split(body, &pin)?;
                self.verify_puk(puk_number, puk)?;
                Some(new)
            }
            0x01 => {
                self.verify_puk(puk_number, body)?;
                None
            }
            0x02 | 0x03 if !self.session.verified.contains(puk_number) => {
                return Err(Sw::SECURITY_STATUS);
            }
            0x02 => Some(body),
            0x03 if body.is_empty() => None,
            0x03 => return Err(Sw::WRONG_LENGTH),
            _ => return Err(Sw::WRONG_P1P2),
        };
        match value {
            Some(value) => pin.set(value)?,
            None if pin.is_set() => pin.unblock(),
            None => return Err(Sw::REFERENCE_UNUSABLE),
        }
        self.session.verified.remove(number);
        self.state.pins.insert(number, pin);
        done()
    }

    fn pin(&self, number: CredentialNumber) -> Result<&Pin, Sw> {
        self.state.pins.get(&number).ok_or(Sw::NO_REFERENCE)
    }

    fn verify_puk(&mut self, number: CredentialNumber, candidate: &[u8]) -> Result<(), Sw> {
        let puk = self.state.pins.get_mut(&number).ok_or(Sw::NO_REFERENCE)?;
        puk.verify(candidate)
    }
}

/// The number in P2; bit 8 (local or global) does not matter, bits 7 and 6 are reserved.
fn reference(command: &Command) -> Result<CredentialNumber, Sw> {
    if command.p2 & 0x60 != 0 {
        return Err(Sw::WRONG_P1P2);
    }
    CredentialNumber::new(command.p2 & 0x1F).ok_or(Sw::NO_REFERENCE)
}
