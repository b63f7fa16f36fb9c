//! The typed view of one encoding description.

use std::ops::Range;
use std::sync::OnceLock;

use foldhash::HashMap;
use indexmap::IndexMap;

use crate::source::{SourceId, Span};
use crate::stdlib::{self, Key, SectionKind};
use crate::syntax::dsc::DscTree;

use super::field::ResolvedUse;
use super::value::{Flag, Reference, Value};

mod application;
mod platform;
mod read;

pub use application::Application;
pub use platform::{
    EncoderChoice, GEMALTO, IDOPTE, JPKI_ENCODER, MiddlewareChoice, PERSONAL_DESKTOP_CLIENT,
    SMART_ID_DESKTOP_APP,
};

/// What a section is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SectionRole<'t> {
    /// The lines before the first header.
    Preamble,
    /// `[Encoding]`
    Encoding,
    /// `[Fields]`
    Fields,
    /// `[Description]`
    Description,
    /// `[Application_X]`, with its suffix.
    Application(&'t str),
    /// None of these, and near none of them.
    Unknown,
}

/// A section of the description.
#[derive(Clone, Debug)]
pub struct Section<'t> {
    /// What it is for, also when its name is misspelled.
    pub role: SectionRole<'t>,
    /// Whether the role was guessed from a name that is near.
    pub misspelled: bool,
    /// Its name between the brackets.
    pub name: Option<Span>,
    /// Its entries in [`Encoding::entries`]; none for `[Fields]`.
    pub entries: Range<u32>,
}

/// How the name of a key was understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyMatch {
    /// A key of the language.
    Known(Key),
    /// Not a key, but near this one, which it counts as.
    Misspelled(Key),
    /// Not a key, and near none.
    Unknown,
}

impl KeyMatch {
    /// The key, if its name is right.
    #[must_use]
    pub const fn known(self) -> Option<Key> {
        match self {
            Self::Known(key) => Some(key),
            _ => None,
        }
    }

    /// The key it counts as.
    #[must_use]
    pub const fn key(self) -> Option<Key> {
        match self {
            Self::Known(key) | Self::Misspelled(key) => Some(key),
            Self::Unknown => None,
        }
    }
}

/// A `key=value` outside `[Fields]`.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'t> {
    /// The section it stands in: an index into [`Encoding::sections`].
    pub section: u32,
    /// How the key was understood.
    pub matched: KeyMatch,
    /// The name as written.
    pub key_span: Span,
    /// The value without a trailing comment.
    pub value_span: Span,
    /// The value, read as the keyword demands.
    pub value: Value<'t>,
    /// A blank and `#` behind a value that is no text, up to the end of the line.
    pub trailing_comment: Option<Span>,
}

impl<'t> Entry<'t> {
    /// The key it counts as.
    #[must_use]
    pub const fn key(&self) -> Option<Key> {
        self.matched.key()
    }

    /// The value as a reference; `Missing` for a key that takes none.
    #[must_use]
    pub const fn reference(&self) -> Reference<'t> {
        match self.value {
            Value::Reference(reference) => reference,
            _ => Reference::Missing,
        }
    }

    /// Whether it is a flag that counts as on.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        matches!(self.value, Value::Flag(flag) if flag.is_on())
    }

    /// Whether it counts as present: every key does but a flag that is off.
    #[must_use]
    pub const fn is_present(&self) -> bool {
        !matches!(self.value, Value::Flag(flag) if !flag.is_on())
    }
}

/// A line of `[Fields]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldDeclaration<'t> {
    /// The declared name; letter case counts.
    pub name: &'t str,
    /// Its place.
    pub span: Span,
    /// What stands behind `=`; empty at the end of a line without `=`.
    pub value: Span,
}

/// One encoding description.
#[derive(Debug)]
pub struct Encoding<'t> {
    /// The file.
    pub source: SourceId,
    /// Its text.
    pub text: &'t str,
    /// Its tree.
    pub tree: &'t DscTree,
    /// Its sections in order.
    pub sections: Vec<Section<'t>>,
    /// Every `key=value` outside `[Fields]`, in order.
    pub entries: Vec<Entry<'t>>,
    /// Every declaration of a field in order, repeated names included.
    pub declarations: Vec<FieldDeclaration<'t>>,
    /// The first `^` line: a part that the vendor encrypted.
    pub protected: Option<Span>,
    /// Whether it describes a chip: `Type` is 1024, missing or malformed.
    pub is_chip: bool,
    pub(super) fields: IndexMap<&'t str, u32, foldhash::fast::RandomState>,
    /// The fields by their names in lower case, made when it is first asked for.
    pub(super) folded_fields: OnceLock<HashMap<String, u32>>,
    /// Every use of a field, found when the first rule asks for one: most rules do.
    pub(super) uses: OnceLock<Vec<ResolvedUse>>,
    first: [Option<u32>; Key::COUNT],
    /// As `first`, by present names: the entry of a key under it or a former name.
    current: [Option<u32>; Key::COUNT],
}

impl<'t> Encoding<'t> {
    /// The entry of a key: the first in the section where it belongs, else the first anywhere.
    #[must_use]
    pub fn entry(&self, key: Key) -> Option<&Entry<'t>> {
        self.first[key as usize].map(|index| &self.entries[index as usize])
    }

    /// The entry of a key under its present name or a former one.
    #[must_use]
    pub fn current_entry(&self, key: Key) -> Option<&Entry<'t>> {
        self.current[key as usize].map(|index| &self.entries[index as usize])
    }

    /// Whether a key is present. A flag that is off counts as absent.
    #[must_use]
    pub fn has(&self, key: Key) -> bool {
        self.entry(key).is_some_and(Entry::is_present)
    }

    /// The entry of a flag that is on.
    #[must_use]
    pub fn on(&self, key: Key) -> Option<&Entry<'t>> {
        self.entry(key).filter(|entry| entry.is_on())
    }

    /// The role of the section in which an entry stands.
    #[must_use]
    pub fn role_of(&self, entry: &Entry<'t>) -> SectionRole<'t> {
        self.sections[entry.section as usize].role
    }

    /// Whether an entry stands where the meaning of keys is known: under a section that is one of
    /// the language, or near one.
    #[must_use]
    pub fn is_judged(&self, entry: &Entry<'t>) -> bool {
        !matches!(
            self.role_of(entry),
            SectionRole::Unknown | SectionRole::Preamble
        )
    }

    /// The name of the first section in a role, between the brackets of its header.
    #[must_use]
    pub fn section_name(&self, role: SectionRole<'_>) -> Option<Span> {
        self.section(role)?.name
    }

    /// The whole line that holds a place, with its line end.
    #[must_use]
    pub fn line_of(&self, span: Span) -> Span {
        let lines = &self.tree.lines;
        let index = lines.partition_point(|line| line.span.end <= span.start);
        lines.get(index).map_or(span, |line| line.span)
    }

    /// The first section in a role.
    #[must_use]
    pub fn section(&self, role: SectionRole<'_>) -> Option<&Section<'t>> {
        self.sections.iter().find(|section| section.role == role)
    }

    /// Entries of a section.
    #[must_use]
    pub fn entries_of(&self, section: &Section<'t>) -> &[Entry<'t>] {
        &self.entries[section.entries.start as usize..section.entries.end as usize]
    }

    /// The first declaration of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&FieldDeclaration<'t>> {
        self.fields
            .get(name)
            .map(|index| &self.declarations[*index as usize])
    }

    /// Names of the declared fields, each once.
    pub fn field_names(&self) -> impl Iterator<Item = &'t str> {
        self.fields.keys().copied()
    }

    /// The application sections in order.
    pub fn applications(&self) -> impl Iterator<Item = Application<'_, 't>> {
        self.sections
            .iter()
            .zip(0..)
            .filter_map(|(section, index)| match section.role {
                SectionRole::Application(suffix) => Some(Application {
                    encoding: self,
                    section: index,
                    suffix,
                }),
                _ => None,
            })
    }

    /// The number in front of the comma of `Type`.
    #[must_use]
    pub fn type_id(&self) -> Option<u64> {
        let entry = self.entry(Key::Type)?;
        let (id, _) = entry.value_span.of(self.text).split_once(',')?;
        id.trim().parse().ok()
    }

    /// Whether the token is initialised with the profile that `ChipProfile` names.
    #[must_use]
    pub fn binds_profile(&self) -> bool {
        self.on(Key::InitToken).is_some() && self.profile_name().is_some()
    }

    /// The file that `ChipProfile` names.
    #[must_use]
    pub fn profile_name(&self) -> Option<&'t str> {
        let name = self.entry(Key::ChipProfile)?.value_span.of(self.text);
        (!name.is_empty()).then_some(name)
    }

    /// Whether any `CardPinDecryption_Output_*` is present; the first one.
    #[must_use]
    pub fn pin_decryption(&self) -> Option<&Entry<'t>> {
        self.entries
            .iter()
            .find(|entry| entry.key().is_some_and(is_pin_decryption))
    }
}

/// Whether a key is one of `CardPinDecryption_Output_*`.
#[must_use]
pub fn is_pin_decryption(key: Key) -> bool {
    stdlib::credentials()
        .iter()
        .any(|credential| credential.read_by == Some(key))
}

impl SectionRole<'_> {
    /// Whether a key belongs into a section of this role.
    #[must_use]
    pub fn is_home_of(self, key: Key) -> bool {
        match key.keyword().section {
            SectionKind::Encoding => self == Self::Encoding,
            SectionKind::Fields => self == Self::Fields,
            SectionKind::Description => self == Self::Description,
            SectionKind::Application | SectionKind::Magstripe => {
                matches!(self, Self::Application(_))
            }
        }
    }
}

impl Entry<'_> {
    /// The flag, for a key that is one.
    #[must_use]
    pub const fn flag(&self) -> Option<Flag> {
        match self.value {
            Value::Flag(flag) => Some(flag),
            _ => None,
        }
    }
}
