//! PUT DATA OCI and SECI: PIN objects, the parts of keys, security environments.
//!
//! A PIN object: `83` class 00 and number; `85` options, tries, algorithm 87, tries, uses, key, count,
//! shortest (one options byte more where the card tells tries); `86` conditions of use, change and
//! unblocking; `8F` the value, filled up with 00.

use super::keys::Component;
use super::parts::{CONDITIONS, IDENTIFIER, PARAMETERS, Parts, VALUE};
use super::phase::Phase;
use crate::card::Sw;
use crate::card::access::CredentialNumber;
use crate::card::apdu::Command;
use crate::card::simulator::commands::parameters;
use crate::card::simulator::{Answer, Card, Pin, done};

const OBJECT: u16 = 0x016E;
const SECURITY_ENVIRONMENT: u16 = 0x016D;

/// Class of an object that is compared: a PIN.
const TEST: u8 = 0x00;
/// Class of an object that calculates, and the number of its part below.
const CALCULATE: u8 = 0x20;
const PART: u8 = 0x0F;

/// Algorithm of a PIN.
const PIN_TEST: u8 = 0x87;
/// Longest PIN, in bytes.
const LONGEST_PIN: u8 = 8;
/// The tries in their byte.
const TRIES: u8 = 0x0F;

impl Card {
    /// PUT DATA of CardOS, in the administration phase and by the current directory's `update`.
    pub(in super::super) fn put_cardos_data(&mut self, command: &Command) -> Answer {
        let what = parameters(command);
        if !matches!(what, OBJECT | SECURITY_ENVIRONMENT) {
            return Err(Sw::NO_REFERENCE);
        }
        if self.state.phase != Phase::Administration {
            return Err(Sw::CONDITIONS);
        }
        self.may_put_data()?;
        let parts = Parts::of(command.body())?;
        match what {
            OBJECT => self.put_object(&parts),
            _ => {
                parts.need(IDENTIFIER)?;
                done()
            }
        }
    }

    fn put_object(&mut self, parts: &Parts<'_>) -> Answer {
        match *parts.need(IDENTIFIER)? {
            [TEST, number] => {
                let (number, pin) = pin(number, parts)?;
                self.define_pin(number, pin)
            }
            [class, number] if class & !PART == CALCULATE => {
                let component = Component::of(parts)?;
                self.put_component(number, class & PART, component)
            }
            _ => Err(Sw::NO_FUNCTION),
        }
    }
}

/// A PIN that its holder changes; no other form is played.
fn pin(number: u8, parts: &Parts<'_>) -> Result<(CredentialNumber, Pin), Sw> {
    // The second options byte, which nine parameters have, has no meaning here.
    let ([_, _, PIN_TEST, tries, _, _, _, shortest]
    | [_, _, _, PIN_TEST, tries, _, _, _, shortest]) = *parts.need(PARAMETERS)?
    else {
        return Err(Sw::WRONG_DATA);
    };
    let unblocked_by = match *parts.need(CONDITIONS)? {
        [_, change, unblock] if change == number => CredentialNumber::new(unblock),
        _ => return Err(Sw::WRONG_DATA),
    };
    let mut pin = Pin::new()
        .with_tries(tries & TRIES)?
        .with_lengths(shortest, LONGEST_PIN)?
        .with_unblocking(unblocked_by);
    pin.set(parts.need(VALUE)?)?;
    let number = CredentialNumber::new(number).ok_or(Sw::NO_REFERENCE)?;
    Ok((number, pin))
}
