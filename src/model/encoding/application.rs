//! One application of a description: what it writes, and where.

use super::{Encoding, Entry, Section};
use crate::model::Reference;
use crate::source::Span;
use crate::stdlib::{self, Key};

/// An `[Application_X]` section.
#[derive(Clone, Copy, Debug)]
pub struct Application<'e, 't> {
    pub(super) encoding: &'e Encoding<'t>,
    pub(super) section: u32,
    /// The characters behind `Application_`.
    pub suffix: &'t str,
}

impl<'e, 't> Application<'e, 't> {
    /// The description it is part of.
    #[must_use]
    pub const fn encoding(&self) -> &'e Encoding<'t> {
        self.encoding
    }

    /// Its section.
    #[must_use]
    pub fn section(&self) -> &'e Section<'t> {
        &self.encoding.sections[self.section as usize]
    }

    /// Its entries.
    #[must_use]
    pub fn entries(&self) -> &'e [Entry<'t>] {
        self.encoding.entries_of(self.section())
    }

    /// The place of its name.
    #[must_use]
    pub fn name_span(&self) -> Span {
        self.section().name.unwrap_or_default()
    }

    /// The first entry of a key.
    #[must_use]
    pub fn entry(&self, key: Key) -> Option<&'e Entry<'t>> {
        self.entries().iter().find(|entry| entry.key() == Some(key))
    }

    /// Of each key the first entry, in the order of the entries.
    pub fn first_entries(self) -> impl Iterator<Item = (Key, &'e Entry<'t>)> {
        let mut seen = [false; Key::COUNT];
        self.entries().iter().filter_map(move |entry| {
            let key = entry.key()?;
            let again = std::mem::replace(&mut seen[key as usize], true);
            (!again).then_some((key, entry))
        })
    }

    /// Whether a key is present; a flag that is off counts as absent.
    #[must_use]
    pub fn has(&self, key: Key) -> bool {
        self.entry(key).is_some_and(Entry::is_present)
    }

    /// Whether it writes to the signature slot: `Location=#Signature` in any letter case (SIGN).
    #[must_use]
    pub fn is_signature(&self) -> bool {
        self.entry(Key::Location).is_some_and(|entry| {
            matches!(entry.reference(), Reference::Literal(slot) if slot.eq_ignore_ascii_case("signature"))
        })
    }

    /// Whether its slot is only known at run time.
    #[must_use]
    pub fn has_slot_from_field(&self) -> bool {
        self.entry(Key::Location)
            .is_some_and(|entry| entry.reference().field().is_some())
    }

    /// Whether it brings a certificate: `CertTempl`, or `WriteP12Data` on.
    #[must_use]
    pub fn brings_certificate(&self) -> bool {
        self.has(Key::CertTempl) || self.has(Key::WriteP12Data)
    }

    /// Whether it holds a key whose meaning is not known, which may be what it seems to lack.
    #[must_use]
    pub fn has_unknown_key(&self) -> bool {
        self.entries().iter().any(|entry| {
            entry
                .key()
                .is_none_or(|key| key.keyword().status == stdlib::Status::Tolerated)
        })
    }
}

impl<'t> Encoding<'t> {
    /// The letters and digits of `ApplicationList`, each with its place.
    pub fn application_letters(&self) -> impl Iterator<Item = (char, Span)> + use<'t> {
        let list = self
            .entry(Key::ApplicationList)
            .map_or(Span::default(), |entry| entry.value_span);
        let mut end = list.start;
        list.of(self.text).chars().filter_map(move |letter| {
            let start = end;
            // At most four bytes.
            end += u32::try_from(letter.len_utf8()).unwrap_or(1);
            letter
                .is_alphanumeric()
                .then_some((letter, Span::new(start, end)))
        })
    }
}
