//! What a description is written for: middleware, card, Identity Manager, encoder.

use crate::source::{SourceId, Span};
use crate::stdlib::{self, Card, Encoder, Middleware, Version};

/// A value and, when it stands in a file, its place there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it stands; none when it came from the command line.
    pub place: Option<(SourceId, Span)>,
}

/// The `[target]` of a project. What is not given is unknown, and rules that need it stay silent.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The middleware, and its version if one is named.
    pub middleware: Option<Located<(&'static Middleware, Option<Version>)>>,
    /// The card.
    pub card: Option<Located<&'static Card>>,
    /// The version of Identity Manager.
    pub identity_manager: Option<Located<Version>>,
    /// The program that talks to the card.
    pub encoder: Option<Located<&'static Encoder>>,
}

/// Why a `[target]` setting says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetError {
    /// There is no such setting.
    UnknownKey,
    /// The setting is known, its value is not; it is then as if it were not given.
    UnknownValue,
}

impl Target {
    /// The settings of `[target]`.
    pub const KEYS: [&'static str; 4] = ["middleware", "card", "identity-manager", "encoder"];

    /// Takes one setting of `[target]` in. A middleware may be followed by its version:
    /// `personal-desktop-client 5.7.2`.
    ///
    /// # Errors
    ///
    /// [`TargetError`] when the setting or its value is not known; nothing changes then.
    pub fn set(
        &mut self,
        key: &str,
        value: &str,
        place: Option<(SourceId, Span)>,
    ) -> Result<(), TargetError> {
        let unknown = TargetError::UnknownValue;
        match key {
            "middleware" => {
                let (name, version) = split_version(value).ok_or(unknown)?;
                let found = stdlib::middleware(name).ok_or(unknown)?;
                self.middleware = Some(Located {
                    value: (found, version),
                    place,
                });
            }
            "card" => {
                let found = stdlib::card(value).ok_or(unknown)?;
                self.card = Some(Located {
                    value: found,
                    place,
                });
            }
            "identity-manager" => {
                let version = value.parse().map_err(|_| unknown)?;
                self.identity_manager = Some(Located {
                    value: version,
                    place,
                });
            }
            "encoder" => {
                let found = stdlib::encoder(value).ok_or(unknown)?;
                self.encoder = Some(Located {
                    value: found,
                    place,
                });
            }
            _ => return Err(TargetError::UnknownKey),
        }
        Ok(())
    }
}

/// `name` or `name version`; none when the second word is no version.
fn split_version(value: &str) -> Option<(&str, Option<Version>)> {
    match value.trim().split_once(char::is_whitespace) {
        None => Some((value.trim(), None)),
        Some((name, version)) => Some((name, Some(version.trim().parse().ok()?))),
    }
}
