//! Which commands lay out a card, and how it takes its PINs.

use zeroize::Zeroizing;

use super::CardToken;
use crate::card::program::Dialect;
use crate::card::simulator::Personality;
use crate::card::simulator::objects::Identification;
use crate::token::TokenError;

/// GET DATA: version of CardOS.
const VERSION: u16 = 0x0182;
/// The version of CardOS 4.4.
const CARDOS_4_4: [u8; 2] = [0xC8, 0x0D];
/// Bytes that CardOS 4.4 stores of a PIN; shorter ones are filled up with 00.
const STORED_PIN: usize = 8;

/// A simulated card says what it plays, a CardOS its version. The commands of others are not public.
fn choose(card: Option<&Identification>, version: Option<&[u8]>) -> Option<Dialect> {
    match (card, version) {
        (Some(card), _) if card.personality == Personality::CardOs44.name() => {
            Some(Dialect::CardOs44)
        }
        (Some(_), _) => Some(Dialect::Iso7816),
        (None, Some(version)) if version == CARDOS_4_4 => Some(Dialect::CardOs44),
        (None, _) => None,
    }
}

impl CardToken {
    /// How the card is laid out; `None` if that is not public. The card is asked once.
    pub(super) fn dialect(&mut self) -> Result<Option<Dialect>, TokenError> {
        if let Some(known) = self.dialect {
            return Ok(known);
        }
        let card = self.identification()?;
        let version = match card {
            Some(_) => None,
            None => self.data(VERSION)?,
        };
        let dialect = choose(card.as_ref(), version.as_deref());
        self.dialect = Some(dialect);
        Ok(dialect)
    }

    /// Whether it is a CardOS 4.4, and not a simulated one, which takes our own commands as well.
    pub(super) fn is_cardos44_chip(&mut self) -> Result<bool, TokenError> {
        let is_cardos44 = self.dialect()? == Some(Dialect::CardOs44);
        Ok(is_cardos44 && self.identification()?.is_none())
    }

    /// A PIN as the card takes it.
    pub(super) fn filled_up(&mut self, pin: &[u8]) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        let length = match self.dialect()? {
            Some(Dialect::CardOs44) => pin.len().max(STORED_PIN),
            _ => pin.len(),
        };
        let mut filled = Zeroizing::new(vec![0; length]);
        filled[..pin.len()].copy_from_slice(pin);
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_decides() {
        let simulated = |personality: Personality| Identification {
            personality: personality.name().to_owned(),
            eraseable: false,
            activated: false,
            serial: Vec::new(),
        };
        let of = |personality| choose(Some(&simulated(personality)), None);
        assert_eq!(of(Personality::Iso7816), Some(Dialect::Iso7816));
        assert_eq!(of(Personality::CardOs50), Some(Dialect::Iso7816));
        assert_eq!(of(Personality::CardOs44), Some(Dialect::CardOs44));
        assert_eq!(choose(None, Some(&[0xC8, 0x0D])), Some(Dialect::CardOs44));
        assert_eq!(choose(None, Some(&[0xC9, 0x01])), None);
        assert_eq!(choose(None, None), None);
    }
}
