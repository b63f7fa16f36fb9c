//! Cards that a profile can be written for.

use std::ops::RangeInclusive;

use super::lookup;
use super::provenance::{Certainty, Status};
use super::tables::{CARD_IDS, CARD_MODELS, CARDS};

/// A card product. Empty lists and `None` mean: nothing is published.
#[derive(Debug)]
pub struct Card {
    /// Our id, as `[target] card` names it.
    pub id: &'static str,
    /// The product's name.
    pub name: &'static str,
    /// The names that `CardModel` gives it (Table E of the rules).
    pub card_models: &'static [&'static str],
    /// How sure each of [`Card::card_models`] is, in the same order.
    pub model_certainties: &'static [Certainty],
    /// Known answers to reset (ISO 7816-3).
    pub atr: &'static [&'static [u8]],
    /// The personality that speaks to it or plays it; `None`: perso cannot.
    pub personality: Option<&'static str>,
    /// What GET DATA 0182 of CardOS answers.
    pub os_version: Option<&'static [u8]>,
    /// The longest data field of a command, in bytes (GET DATA 018D of CardOS). Above 255 the
    /// card takes extended length.
    pub data_field_length: Option<u16>,
    /// Lengths of RSA keys, in bits.
    pub rsa_bits: &'static [u16],
    /// Sizes of elliptic curve keys (NIST P curves), in bits.
    pub ec_bits: &'static [u16],
    /// Rules for PINs.
    pub pin: Option<PinRules>,
    /// The references that private keys can have.
    pub key_references: Option<RangeInclusive<u8>>,
    /// The coding of its CREATE FILE is public.
    pub create_file_public: bool,
    /// Personal Desktop Client can change its PUK.
    pub puk_change: bool,
    /// Documented, ours or tolerated.
    pub status: Status,
    /// How sure that is.
    pub certainty: Certainty,
    /// What an author should know of it.
    pub meaning: &'static str,
    /// Short names of the pages it comes from.
    pub source: &'static str,
}

/// Rules that a card has for its PINs.
#[derive(Debug)]
pub struct PinRules {
    /// The shortest PIN in bytes, where it is published.
    pub min: Option<u8>,
    /// The longest PIN in bytes.
    pub max: u8,
    /// Wrong tries until the PIN is blocked, where it is published.
    pub tries: Option<u8>,
    /// The byte that fills a short PIN up.
    pub pad: Option<u8>,
    /// The references that PINs can have.
    pub references: Option<RangeInclusive<u8>>,
}

/// All cards.
pub fn cards() -> &'static [Card] {
    CARDS
}

/// The card with this id.
pub fn card(id: &str) -> Option<&'static Card> {
    lookup::find(CARD_IDS, CARDS, id)
}

/// The card that this `CardModel` name stands for, in any letter case.
pub fn card_of_model(model: &str) -> Option<&'static Card> {
    lookup::find(CARD_MODELS, CARDS, model)
}
