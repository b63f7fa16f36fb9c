//! Ready card profiles that a description names in angle brackets, such as `<pkcs15.cpf>`.

use super::lookup;
use super::tables::{PROFILE_NAMES, PROFILES};

/// A card profile that ships with perso.
#[derive(Debug)]
pub struct Profile {
    /// File name without brackets.
    pub name: &'static str,
    /// The whole text.
    pub text: &'static str,
}

/// All profiles that ship with perso.
pub fn profiles() -> &'static [Profile] {
    PROFILES
}

/// The text of the profile of this file name (without the angle brackets).
pub fn profile(name: &str) -> Option<&'static str> {
    lookup::find(PROFILE_NAMES, PROFILES, name).map(|profile| profile.text)
}
