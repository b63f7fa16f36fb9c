//! The form of a `perso.toml`: what serde reads and the JSON Schema shows. The comments here are
//! what an editor shows to the author of the file.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::{Level, Product, TargetError};
use crate::settings::{Entries, Key, List, Table, Written, Wrong, word};
use crate::stdlib::Version;

/// The configuration of a perso project: what its descriptions are written for, how their fields
/// are bound, and how much its rules weigh.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(title = "perso.toml")]
pub(super) struct Form {
    /// What the descriptions are written for. What is not given is taken from the description where
    /// it tells, and is unknown otherwise: rules that need it are silent then.
    pub(super) target: Key<Table<TargetForm>>,
    /// How Identity Manager binds each field, by the name of the field. Default: not known, and the
    /// rules of the family `mapping` are silent.
    pub(super) mapping: Key<Entries<Table<MappingForm>>>,
    /// What the findings of a rule weigh, by the name of the rule. Default: the level that
    /// `perso explain --list` tells.
    pub(super) rules: Key<Entries<LevelWord>>,
    /// Where other files are.
    pub(super) paths: Key<Table<PathsForm>>,
}

/// What the descriptions are written for.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(rename = "Target")]
pub(super) struct TargetForm {
    /// The PKCS#11 middleware, and its version behind a blank if it is known:
    /// `personal-desktop-client 5.7.2`. Default: the one that the library keys of a description
    /// name.
    pub(super) middleware: Key<Product>,
    /// The card: `cosmo-8.2`. Default: not known.
    pub(super) card: Key<String>,
    /// The version of Identity Manager, numbers with dots between them: `23.10.3`. Default: not
    /// known.
    pub(super) identity_manager: Key<Version>,
    /// The program that talks to the card: `smart-id-desktop-app` or `jpki-encoder`. Default: the
    /// one that `Devices` of a description names.
    pub(super) encoder: Key<String>,
}

/// How Identity Manager binds one field.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(rename = "Mapping")]
pub(super) struct MappingForm {
    /// The process variable or pool field that the field is bound to: `${Card_PukRef}`.
    pub(super) to: Key<String>,
    /// Whether Identity Manager keeps the value encrypted. Default: false.
    pub(super) encrypted: Key<bool>,
    /// Whether the value that the encoder returns is read back. Default: false.
    pub(super) read: Key<bool>,
}

/// Where other files are.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(rename = "Paths")]
pub(super) struct PathsForm {
    /// Folders that are searched for the profile that a description names, behind the folder of the
    /// description; relative to this file. Default: none.
    pub(super) profiles: Key<List<String>>,
}

/// What the findings of a rule weigh.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Level")]
pub(super) enum LevelWord {
    /// The rule does not run.
    Off,
    /// A recommendation; never changes the exit code.
    Info,
    /// Changes the exit code with `--deny-warnings` alone.
    Warning,
    /// Ends `perso check` with 1, and nothing is compiled.
    Error,
}

impl From<LevelWord> for Level {
    fn from(word: LevelWord) -> Self {
        match word {
            LevelWord::Off => Self::Off,
            LevelWord::Info => Self::INFO,
            LevelWord::Warning => Self::WARNING,
            LevelWord::Error => Self::ERROR,
        }
    }
}

impl Written for LevelWord {
    const WANTED: &'static str = "text in quotes";

    fn text(text: &str) -> Result<Self, Wrong> {
        word(text, "level")
    }
}

impl Written for Product {
    const WANTED: &'static str = "text in quotes";

    fn text(text: &str) -> Result<Self, Wrong> {
        text.parse().map_err(Wrong::from)
    }
}

impl Written for Version {
    const WANTED: &'static str = "text in quotes";

    fn text(text: &str) -> Result<Self, Wrong> {
        super::version(text).map_err(Wrong::from)
    }
}

impl JsonSchema for Product {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Product".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let pattern = r"^\s*\S+(\s+[0-9]+(\.[0-9]+){0,3})?\s*$";
        json_schema!({ "type": "string", "pattern": pattern })
    }
}

impl JsonSchema for Version {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^[0-9]+(\.[0-9]+){0,3}$" })
    }
}

impl From<TargetError> for Wrong {
    fn from(error: TargetError) -> Self {
        Self::said(error.to_string(), error.help())
    }
}
