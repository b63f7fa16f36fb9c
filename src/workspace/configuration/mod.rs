//! `perso.toml`: what the project says about its target, its mapping and its rules.
//!
//! Reading is pure: text in, [`Configuration`] or [`ConfigurationError`] out. What is malformed is
//! an error here; names that perso does not know are kept, because a project may be shared by two
//! versions of perso: a rule reports them.

use crate::source::{SourceId, Span};
use crate::stdlib::Version;

mod product;
mod read;

pub use crate::diagnostic::Level;
pub use product::Product;
pub use read::read;

/// A value and where it stands in `perso.toml`; no place means it was given on the command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Its bytes in the configuration.
    pub span: Option<Span>,
}

/// All that `perso.toml` says, in the order of the file.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Configuration {
    /// Its text; none without a file.
    pub source: Option<SourceId>,
    /// `[target]`: what the descriptions are written for.
    pub target: Target,
    /// `[mapping]`: how Identity Manager binds the fields; none without the table.
    pub mapping: Option<Vec<Mapping>>,
    /// `[rules]`: levels by rule name.
    pub rules: Vec<RuleLevel>,
    /// `[paths] profiles`: folders with profiles, relative to the file.
    pub profiles: Vec<Setting<String>>,
    /// Tables, keys and products that perso does not know.
    pub unknown: Vec<Unknown>,
}

/// What the descriptions are written for.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Target {
    /// The PKCS#11 middleware, with a version if given: `personal-desktop-client 5.7.2`.
    pub middleware: Option<Setting<Product>>,
    /// The card: `cosmo-8.2`.
    pub card: Option<Setting<String>>,
    /// The version of Identity Manager.
    pub identity_manager: Option<Setting<Version>>,
    /// The encoder: `smart-id-desktop-app` or `jpki-encoder`.
    pub encoder: Option<Setting<String>>,
}

/// One entry of `[mapping]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mapping {
    /// The field of the description.
    pub field: Setting<String>,
    /// The process variable or pool field: `${Card_PukRef}`.
    pub to: Option<Setting<String>>,
    /// Whether Identity Manager keeps the value encrypted.
    pub encrypted: Option<Setting<bool>>,
    /// Whether the value that the encoder returns is read back.
    pub read: Option<Setting<bool>>,
}

/// One entry of `[rules]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleLevel {
    /// The name of the rule, known or not.
    pub rule: Setting<String>,
    /// What its findings weigh.
    pub level: Level,
}

/// A table, key or product that perso does not know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unknown {
    /// The table that holds it; none at the top of the file.
    pub table: Option<&'static str>,
    /// The key that it is the value of; none for a key itself.
    pub key: Option<&'static str>,
    /// The name.
    pub name: Setting<String>,
    /// The names that are known there.
    pub known: Vec<&'static str>,
    /// The names that stand there already, and cannot stand there twice.
    pub taken: Vec<String>,
}

/// What is wrong with a configuration, and where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ConfigurationError {
    /// The file.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The bytes that are wrong.
    pub span: Span,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// The keys of `[target]`.
pub const TARGET_KEYS: &[&str] = &["middleware", "card", "identity-manager", "encoder"];

impl Target {
    /// Sets the key of `[target]` with this name.
    ///
    /// # Errors
    ///
    /// The key is not known, or its version is not readable.
    pub fn set(&mut self, key: &str, value: &str, span: Option<Span>) -> Result<(), TargetError> {
        let text = || Setting {
            value: value.to_owned(),
            span,
        };
        match key {
            "middleware" => {
                let value = value.parse()?;
                self.middleware = Some(Setting { value, span });
            }
            "identity-manager" => {
                let value = version(value)?;
                self.identity_manager = Some(Setting { value, span });
            }
            "card" => self.card = Some(text()),
            "encoder" => self.encoder = Some(text()),
            _ => return Err(TargetError::UnknownKey),
        }
        Ok(())
    }
}

/// Reads a version.
fn version(text: &str) -> Result<Version, TargetError> {
    text.parse()
        .map_err(|_| TargetError::Version(text.to_owned()))
}

/// Why a target cannot be set.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TargetError {
    /// Not one of [`TARGET_KEYS`].
    #[error("the target has no such key")]
    UnknownKey,
    /// Not numbers with dots between them.
    #[error("`{0}` is no version")]
    Version(String),
}

impl TargetError {
    /// What to write instead.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::UnknownKey => format!("the keys are {}", TARGET_KEYS.join(", ")),
            Self::Version(_) => "a version is numbers with dots, such as `23.10.3`".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
