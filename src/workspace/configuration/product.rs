//! A product and its version.

use std::str::FromStr;

use super::TargetError;
use crate::stdlib::Version;

/// A product, with its version where that is known: `personal-desktop-client 5.7.2`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Product {
    /// Its name; whether perso knows it is for a rule to say.
    pub name: String,
    /// Its version.
    pub version: Option<Version>,
}

impl FromStr for Product {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let (name, version) = match text.trim().split_once(char::is_whitespace) {
            Some((name, version)) => (name, Some(super::version(version.trim())?)),
            None => (text.trim(), None),
        };
        Ok(Self {
            name: name.to_owned(),
            version,
        })
    }
}
