//! Features that need a minimum version of Identity Manager, and the encoders it drives.

use super::provenance::{Certainty, Status};
use super::tables::{ENCODERS, FEATURES, Key};
use super::version::Version;

/// A feature that older versions of Identity Manager lack (Table D of the rules).
#[derive(Debug)]
pub struct Feature {
    /// The feature in words.
    pub name: &'static str,
    /// The keys that show its use, the most telling first. `Location` counts only where it is
    /// `#Signature`, a library key only where it stands for [`Feature::middleware`].
    pub keys: &'static [Key],
    /// The middleware the entry holds for; `None`: any.
    pub middleware: Option<&'static str>,
    /// The series of that middleware the entry holds for; empty: all.
    pub middleware_versions: &'static [Version],
    /// The first version that has the feature.
    pub needs_identity_manager: Version,
    /// First and last of the later versions that lack it again.
    pub except: Option<(Version, Version)>,
    /// Documented, ours or tolerated.
    pub status: Status,
    /// How sure that is.
    pub certainty: Certainty,
    /// What an author should know.
    pub meaning: &'static str,
    /// Short names of the pages it comes from.
    pub source: &'static str,
}

/// The program that carries out a description at the card.
#[derive(Debug)]
pub struct Encoder {
    /// Our id, as `[target] encoder` names it.
    pub id: &'static str,
    /// The product's name.
    pub name: &'static str,
    /// Its id in `Devices`.
    pub device: u32,
    /// Documented, ours or tolerated.
    pub status: Status,
    /// How sure that is.
    pub certainty: Certainty,
    /// What it is.
    pub meaning: &'static str,
    /// Short names of the pages it comes from.
    pub source: &'static str,
}

/// All version gates.
pub fn features() -> &'static [Feature] {
    FEATURES
}

/// All encoders.
pub fn encoders() -> &'static [Encoder] {
    ENCODERS
}

/// The encoder with this id.
pub fn encoder(id: &str) -> Option<&'static Encoder> {
    ENCODERS
        .iter()
        .find(|encoder| encoder.id.eq_ignore_ascii_case(id))
}

/// The encoder that a `Devices` id stands for.
pub fn encoder_of_device(device: u32) -> Option<&'static Encoder> {
    ENCODERS.iter().find(|encoder| encoder.device == device)
}

impl Feature {
    /// Whether an Identity Manager of this version has the feature.
    pub fn is_in(&self, identity_manager: Version) -> bool {
        let lacks_again = self
            .except
            .is_some_and(|(first, last)| (first..=last).contains(&identity_manager));
        identity_manager >= self.needs_identity_manager && !lacks_again
    }
}
