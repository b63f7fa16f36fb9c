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
    /// Names that stdlib does not know; what they stand for is as if it were not given.
    pub unknown: Vec<UnknownName>,
}

/// A name in `[target]` that stdlib does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// The setting: `middleware`, `card`, `encoder`.
    pub key: &'static str,
    /// The name, without a version.
    pub name: String,
    /// Where it stands; none when it came from the command line.
    pub place: Option<(SourceId, Span)>,
}

/// Why a `[target]` setting says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetError {
    /// There is no such setting.
    UnknownKey,
    /// The setting is known, its value is no name that stdlib knows; it is among
    /// [`Target::unknown`].
    UnknownName,
    /// The setting is known, its value is no version.
    MalformedVersion,
}

impl Target {
    /// The settings of `[target]`.
    pub const KEYS: [&'static str; 4] = ["middleware", "card", "identity-manager", "encoder"];

    /// The names that stdlib knows for a setting; none for a version.
    #[must_use]
    pub fn names(key: &str) -> Vec<&'static str> {
        match key {
            "middleware" => {
                let all = stdlib::middlewares().iter();
                all.flat_map(|it| it.target_names).copied().collect()
            }
            "card" => stdlib::cards().iter().map(|card| card.id).collect(),
            "encoder" => stdlib::encoders().iter().map(|it| it.id).collect(),
            _ => Vec::new(),
        }
    }

    /// Takes one setting of `[target]` in. A middleware may be followed by its version:
    /// `personal-desktop-client 5.7.2`.
    ///
    /// # Errors
    ///
    /// [`TargetError`] when the setting or its value is not known; no setting changes then.
    pub fn set(
        &mut self,
        key: &str,
        value: &str,
        place: Option<(SourceId, Span)>,
    ) -> Result<(), TargetError> {
        match key {
            "middleware" => {
                let (name, version) = split_version(value)?;
                let found = self.known("middleware", name, place, stdlib::middleware(name))?;
                let value = (found, version);
                self.middleware = Some(Located { value, place });
            }
            "card" => {
                let value = self.known("card", value, place, stdlib::card(value))?;
                self.card = Some(Located { value, place });
            }
            "identity-manager" => {
                let version = value.parse();
                let value = version.map_err(|_| TargetError::MalformedVersion)?;
                self.identity_manager = Some(Located { value, place });
            }
            "encoder" => {
                let value = self.known("encoder", value, place, stdlib::encoder(value))?;
                self.encoder = Some(Located { value, place });
            }
            _ => return Err(TargetError::UnknownKey),
        }
        Ok(())
    }

    fn known<T>(
        &mut self,
        key: &'static str,
        name: &str,
        place: Option<(SourceId, Span)>,
        found: Option<T>,
    ) -> Result<T, TargetError> {
        found.ok_or_else(|| {
            let name = name.to_owned();
            self.unknown.push(UnknownName { key, name, place });
            TargetError::UnknownName
        })
    }
}

/// `name` or `name version`.
fn split_version(value: &str) -> Result<(&str, Option<Version>), TargetError> {
    match value.trim().split_once(char::is_whitespace) {
        None => Ok((value.trim(), None)),
        Some((name, version)) => {
            let version = version.trim().parse();
            let version = version.map_err(|_| TargetError::MalformedVersion)?;
            Ok((name, Some(version)))
        }
    }
}
