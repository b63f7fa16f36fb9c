//! Who a card is: what it tells of itself, its serial numbers, whether it is the one that is meant.

use super::{CardToken, hexadecimal, input_text};
use crate::card::simulator::objects::{self, Identification};
use crate::der::pkcs15::shown_serial;
use crate::operation::{Input, Selection, SerialForm};
use crate::token::{Identity, Kind, Retry, TokenError};

impl CardToken {
    /// Kind, label and serial number.
    pub(super) fn who(&mut self) -> Result<Identity, TokenError> {
        let label = self.find_application()?.and_then(|application| {
            let info = application.token_info()?;
            info.label.clone()
        });
        // A simulated card in a virtual reader is one all the same.
        let kind = match self.identification()? {
            Some(_) => Kind::Simulator,
            None => self.line.kind(),
        };
        Ok(Identity {
            kind,
            label: label.unwrap_or_default(),
            serial: self.serial()?,
        })
    }

    /// What a simulated card tells about itself; none from another card.
    pub(super) fn identification(&mut self) -> Result<Option<Identification>, TokenError> {
        let answer = self.data(objects::IDENTIFICATION)?;
        Ok(answer.and_then(|data| Identification::decode(&data)))
    }

    /// The serial number of one's own, else that of the chip.
    pub(super) fn serial(&mut self) -> Result<String, TokenError> {
        let own = self.find_application()?.and_then(|application| {
            let info = application.token_info()?;
            info.serial_number.clone()
        });
        match own.filter(|serial| !serial.is_empty()) {
            Some(serial) => Ok(shown_serial(&serial)),
            None => self.chip_serial(),
        }
    }

    fn chip_serial(&mut self) -> Result<String, TokenError> {
        const SERIAL_NUMBER: u16 = 0x0181;
        let serial = match self.identification()? {
            Some(identification) => Some(identification.serial),
            None => self.data(SERIAL_NUMBER)?,
        };
        Ok(serial
            .map(|serial| hexadecimal(&serial))
            .unwrap_or_default())
    }

    pub(super) fn serial_in(&mut self, form: SerialForm) -> Result<String, TokenError> {
        let serial = if form.of_chip {
            self.chip_serial()?
        } else {
            self.serial()?
        };
        Ok(match form.with_atr {
            true => format!("{serial}-{}", hexadecimal(&self.line.atr())),
            false => serial,
        })
    }

    /// Refuses another card than the one that the job names.
    pub(super) fn select(&mut self, selection: &Selection<Input>) -> Result<(), TokenError> {
        let Selection::Serial { serial, form } = selection else {
            return Ok(());
        };
        let present = self.serial_in(*form)?;
        if input_text(serial)?.eq_ignore_ascii_case(&present) {
            return Ok(());
        }
        Err(TokenError::new(
            Retry::LookFirst,
            format!(
                "the card has the serial number `{present}`, not the one that the job asks for"
            ),
        )
        .cause("another card is in the reader"))
    }

    /// Whether the card holds nothing: it was never laid out, or was erased.
    pub(super) fn is_blank(&mut self) -> Result<bool, TokenError> {
        let activated = self.identification()?.is_some_and(|card| card.activated);
        let pins = self.data(objects::PINS)?.unwrap_or_default();
        Ok(!activated && pins.is_empty() && self.find_application()?.is_none())
    }
}
