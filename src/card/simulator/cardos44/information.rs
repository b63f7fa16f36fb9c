//! GET DATA of CardOS 4.4, as far as OpenSC asks.

use super::phase::Phase;
use crate::card::Sw;
use crate::card::simulator::{Answer, Card, answer};

const SERIAL_NUMBER: u16 = 0x0181;
const VERSION: u16 = 0x0182;
const LIFE_CYCLE: u16 = 0x0183;
const PACKAGES: u16 = 0x0188;
const DATA_FIELD_LENGTH: u16 = 0x018D;

/// The life cycle byte.
mod life_cycle {
    pub(super) const OPERATION: u8 = 0x10;
    pub(super) const ADMINISTRATION: u8 = 0x20;
    pub(super) const DEAD: u8 = 0x3F;
}

/// Length of the chip's data, and where the six bytes of its serial number lie in it.
const CHIP_DATA: usize = 32;
const SERIAL: std::ops::Range<usize> = 10..16;

/// Longest data field (*perso*: that of the real card is not known).
const LONGEST: u16 = 256;

impl Card {
    pub(in super::super) fn information(&self, what: u16) -> Answer {
        answer(match what {
            SERIAL_NUMBER => chip_data(&self.options().serial),
            VERSION => vec![0xC8, 0x0D],
            LIFE_CYCLE => vec![self.life_cycle_byte()],
            PACKAGES => Vec::new(),
            DATA_FIELD_LENGTH => LONGEST.to_be_bytes().to_vec(),
            _ => return Err(Sw::NO_REFERENCE),
        })
    }

    fn life_cycle_byte(&self) -> u8 {
        match self.state.phase {
            _ if self.state.is_terminated() => life_cycle::DEAD,
            Phase::Administration => life_cycle::ADMINISTRATION,
            Phase::Operation => life_cycle::OPERATION,
        }
    }
}

/// Zeros but for the serial number: its last six bytes.
fn chip_data(serial: &[u8]) -> Vec<u8> {
    let mut data = vec![0; CHIP_DATA];
    let digits = serial.iter().rev();
    for (place, byte) in data[SERIAL].iter_mut().rev().zip(digits) {
        *place = *byte;
    }
    data
}
