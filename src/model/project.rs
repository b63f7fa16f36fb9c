//! Descriptions and profiles joined: who binds whom, and what is handed over.

use std::collections::{HashMap, HashSet};

use crate::source::{SourceId, Span};
use crate::stdlib::{self, Key};

use super::value::{list_items, looks_constant};
use super::{Encoding, ListItem, Mapping, Profile, Reference, Target, Value};

/// What became of a file that a description names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Companion {
    /// It was read.
    Found(SourceId),
    /// There is none of this name.
    Missing {
        /// A name beside it that is near.
        near: Option<String>,
        /// Where it was looked for, or why it was not; words for a label.
        reason: String,
    },
    /// It is there and cannot be read, or its name leads out of the project.
    Unusable {
        /// Why, for people.
        reason: String,
    },
}

/// Which key names the companion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompanionKind {
    /// `ChipProfile`
    Profile,
    /// `ApduFile`
    ApduScript,
}

/// The companions of the descriptions of a project, as found on disk or in an archive.
pub type ProjectFiles = HashMap<(SourceId, CompanionKind), Companion>;

/// Everything that is checked or compiled together.
#[derive(Debug)]
pub struct Project<'t> {
    /// The descriptions.
    pub encodings: Vec<Encoding<'t>>,
    /// The profiles, also those that were only read as companions.
    pub profiles: Vec<Profile<'t>>,
    /// What it is all written for.
    pub target: Target,
    /// How Identity Manager binds the fields; none where nothing is said of it.
    pub mapping: Option<Mapping>,
    companions: ProjectFiles,
    profile_of_source: HashMap<SourceId, usize>,
    binders: HashMap<SourceId, Vec<usize>>,
}

/// What hands a value to a profile variable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SuppliedBy<'t> {
    /// An entry of `ProfileParameters`.
    Parameter(ListItem<'t>),
    /// A credential key: `PIN` feeds `SEC_PIN1`, and so on (SEED).
    Credential(Key, Span),
}

/// A profile variable that a description gives a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Supply<'t> {
    /// The variable.
    pub variable: &'t str,
    /// What gives it.
    pub by: SuppliedBy<'t>,
}

impl Supply<'_> {
    /// The place in the description.
    #[must_use]
    pub const fn span(&self) -> Span {
        match self.by {
            SuppliedBy::Parameter(item) => item.span,
            SuppliedBy::Credential(_, span) => span,
        }
    }
}

impl<'t> Project<'t> {
    /// Joins what was read.
    #[must_use]
    pub fn new(
        encodings: Vec<Encoding<'t>>,
        profiles: Vec<Profile<'t>>,
        companions: ProjectFiles,
        target: Target,
    ) -> Self {
        let profile_of_source: HashMap<_, _> = profiles
            .iter()
            .enumerate()
            .map(|(index, profile)| (profile.source, index))
            .collect();
        let mut binders: HashMap<SourceId, Vec<usize>> = HashMap::new();
        for (index, encoding) in encodings.iter().enumerate() {
            let companion = companions.get(&(encoding.source, CompanionKind::Profile));
            if let Some(Companion::Found(profile)) = companion
                && encoding.is_chip
                && encoding.binds_profile()
            {
                binders.entry(*profile).or_default().push(index);
            }
        }
        Self {
            encodings,
            profiles,
            target,
            mapping: None,
            companions,
            profile_of_source,
            binders,
        }
    }

    /// What became of a companion that a description names.
    #[must_use]
    pub fn companion(&self, encoding: &Encoding<'_>, kind: CompanionKind) -> Option<&Companion> {
        self.companions.get(&(encoding.source, kind))
    }

    /// The profile that a description names, whether or not it initialises a token with it.
    #[must_use]
    pub fn profile_of(&self, encoding: &Encoding<'_>) -> Option<&Profile<'t>> {
        match self.companion(encoding, CompanionKind::Profile)? {
            Companion::Found(source) => self
                .profile_of_source
                .get(source)
                .map(|index| &self.profiles[*index]),
            _ => None,
        }
    }

    /// The bound profile: the one that a description initialises its token with.
    #[must_use]
    pub fn bound_profile(&self, encoding: &Encoding<'_>) -> Option<&Profile<'t>> {
        self.profile_of(encoding)
            .filter(|_| encoding.is_chip && encoding.binds_profile())
    }

    /// The variables that any description hands to this profile, in lower case.
    #[must_use]
    pub fn supplied_variables(&self, profile: &Profile<'_>) -> HashSet<String> {
        self.binders(profile)
            .flat_map(Encoding::supplies)
            .map(|supply| supply.variable.to_ascii_lowercase())
            .collect()
    }

    /// The descriptions that initialise a token with this profile.
    pub fn binders(&self, profile: &Profile<'_>) -> impl Iterator<Item = &Encoding<'t>> {
        let indices = self
            .binders
            .get(&profile.source)
            .map_or(&[][..], Vec::as_slice);
        indices.iter().map(|index| &self.encodings[*index])
    }
}

impl Encoding<'_> {
    /// Literals of credential keys, also where the `#` was forgotten: what must not be shown.
    pub fn secret_literals(&self) -> impl Iterator<Item = Span> {
        self.entries.iter().filter_map(|entry| {
            let literal = match entry.reference() {
                Reference::Literal(_) => true,
                Reference::Field(name) => looks_constant(name),
                Reference::UnknownDialog(text) => !text.starts_with("!FROM_"),
                _ => false,
            };
            let credential = entry.key().is_some_and(|key| key.keyword().credential);
            (literal && credential).then_some(entry.value_span)
        })
    }
}

impl<'t> Encoding<'t> {
    /// The entries of `ProfileParameters` that have a name.
    pub fn profile_parameters(&self) -> impl Iterator<Item = ListItem<'t>> {
        let text = self.text;
        let span = self
            .entry(Key::ProfileParameters)
            .filter(|entry| matches!(entry.value, Value::Fields(_)))
            .map_or(Span::default(), |entry| entry.value_span);
        list_items(text, span).filter(|item| !item.name.is_empty())
    }

    /// Everything that this description hands to the profile it binds.
    #[must_use]
    pub fn supplies(&self) -> Vec<Supply<'t>> {
        let credentials = stdlib::credentials().iter().flat_map(|credential| {
            let entry = credential
                .fed_by
                .iter()
                .find_map(|key| Some((*key, self.entry(*key)?)));
            entry.map(|(key, entry)| Supply {
                variable: credential.variable,
                by: SuppliedBy::Credential(key, entry.key_span),
            })
        });
        let parameters = self.profile_parameters().map(|item| Supply {
            variable: item.name,
            by: SuppliedBy::Parameter(item),
        });
        parameters.chain(credentials).collect()
    }

    /// What this description hands to one variable; letter case does not count.
    #[must_use]
    pub fn supply_of(&self, variable: &str) -> Option<Supply<'t>> {
        self.supplies()
            .into_iter()
            .find(|supply| supply.variable.eq_ignore_ascii_case(variable))
    }
}
