//! Middlewares: how a description gives them away, and what each can do.

use std::ops::RangeInclusive;

use super::lookup;
use super::provenance::{Certainty, Status};
use super::tables::{MIDDLEWARE_NAMES, MIDDLEWARES};
use super::version::Version;

/// A middleware between the encoder and the card. `None` in a field: not published.
#[derive(Debug)]
pub struct Middleware {
    /// Our id.
    pub id: &'static str,
    /// The product's name.
    pub name: &'static str,
    /// The names that `[target] middleware` may use.
    pub target_names: &'static [&'static str],
    /// What gives it away in a library key (Table C of the rules).
    pub library: &'static [LibraryPattern],
    /// Whether applications can go to the signature slot.
    pub signature_slot: Option<bool>,
    /// The series that cannot import private keys.
    pub no_key_import_in: &'static [Version],
    /// Lengths of PIN and PUK in characters.
    pub pin_limits: Option<PinLimits>,
    /// The only conditions under which it changes a PUK.
    pub puk_change: Option<PukChange>,
    /// The only word size of the library that can initialise cards.
    pub initialisation_bits: Option<u8>,
    /// Whether JPKIEncoder can drive it.
    pub jpki_encoder: Option<bool>,
    /// JPKIEncoder runs APDU scripts with it.
    pub apdu_over_jpki_encoder: bool,
    /// Unblocking takes `CardManagerKey` instead of the PUK.
    pub card_manager_key: Option<bool>,
    /// Documented, ours or tolerated.
    pub status: Status,
    /// How sure that is.
    pub certainty: Certainty,
    /// What an author should know of it.
    pub meaning: &'static str,
    /// Short names of the pages it comes from.
    pub source: &'static str,
}

/// What gives a middleware away; all texts in lower case, compared without letter case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LibraryPattern {
    /// The file name holds this.
    NameContains(&'static str),
    /// The file name starts with this.
    NameStartsWith(&'static str),
    /// The whole value is this.
    Value(&'static str),
    /// The key is `MiniDriverLibrary`, whatever the value.
    MiniDriverKey,
}

/// Lengths in characters that the middleware accepts.
#[derive(Debug)]
pub struct PinLimits {
    /// For a PIN.
    pub pin: RangeInclusive<u8>,
    /// For a PUK.
    pub puk: RangeInclusive<u8>,
}

/// The conditions under which a PUK can be changed.
#[derive(Debug)]
pub struct PukChange {
    /// Ids of the cards that allow it.
    pub cards: &'static [&'static str],
    /// The first version of the middleware.
    pub middleware: Version,
    /// The first version of Identity Manager.
    pub identity_manager: Version,
}

/// All middlewares, in the order in which they are recognised.
pub fn middlewares() -> &'static [Middleware] {
    MIDDLEWARES
}

/// The middleware with this id or name of `[target] middleware`, in any letter case.
pub fn middleware(id: &str) -> Option<&'static Middleware> {
    lookup::find(MIDDLEWARE_NAMES, MIDDLEWARES, id)
}

/// The middleware that a library key stands for, by the file name in its value (Table C).
/// `None` for a library that is known to be none of these.
pub fn recognise_library(key_is_minidriver: bool, value: &str) -> Option<&'static Middleware> {
    let value = value.trim();
    let name = value.rsplit(['/', '\\']).next().unwrap_or(value);
    MIDDLEWARES.iter().find(|middleware| {
        middleware.library.iter().any(|pattern| match *pattern {
            LibraryPattern::MiniDriverKey => key_is_minidriver,
            _ if key_is_minidriver => false,
            LibraryPattern::NameContains(part) => lookup::contains(name, part),
            LibraryPattern::NameStartsWith(start) => lookup::strip_prefix(name, start).is_some(),
            LibraryPattern::Value(whole) => value.eq_ignore_ascii_case(whole),
        })
    })
}

impl Middleware {
    /// Whether private keys can be imported with this version, as far as is published.
    /// An unknown version counts as one that cannot, if any cannot.
    pub fn imports_keys(&self, version: Option<Version>) -> bool {
        !self
            .no_key_import_in
            .iter()
            .any(|series| version.is_none_or(|version| version.is_within(*series)))
    }
}
