//! Who says so, and how sure we are: the two honest marks that every record carries.

use super::tables::SOURCES;

/// Whether the vendor's public text knows a thing, or perso added it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// The vendor's public text shows it.
    Documented,
    /// Our own addition or decision.
    Perso,
    /// Known by hearsay only: accepted without a finding, meaning unknown.
    Tolerated,
}

/// How well a statement is founded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Certainty {
    /// A public page says so.
    Stated,
    /// An example, a table or the wording next to it shows it.
    Implied,
    /// Seen with OpenSC on a virtual card.
    Measured,
    /// From a published standard.
    Standard,
    /// Our own inference.
    Ours,
    /// A name without any public text.
    Hearsay,
}

impl Certainty {
    /// The word for it: `stated`, `implied`, `measured`, `standard`, `ours`, `hearsay`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stated => "stated",
            Self::Implied => "implied",
            Self::Measured => "measured",
            Self::Standard => "standard",
            Self::Ours => "ours",
            Self::Hearsay => "hearsay",
        }
    }
}

/// A public page or standard that records cite by its short name.
#[derive(Debug)]
pub struct Source {
    /// The short name in citations, for instance `SEED`.
    pub short: &'static str,
    /// Title of the page or standard.
    pub title: &'static str,
    /// What it covers, in a sentence.
    pub meaning: &'static str,
}

/// All pages that records cite.
pub fn sources() -> &'static [Source] {
    SOURCES
}

/// The page with this short name.
pub fn source(short: &str) -> Option<&'static Source> {
    SOURCES
        .iter()
        .find(|page| page.short.eq_ignore_ascii_case(short))
}
