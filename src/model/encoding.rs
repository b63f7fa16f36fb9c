//! The typed view of one encoding description.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use indexmap::IndexMap;

use crate::diagnostic::nearest;
use crate::source::{SourceId, Span};
use crate::stdlib::{self, Encoder, Key, Middleware, SectionKind, ValueKind};
use crate::syntax::dsc::{DscTree, LineKind};

use super::Target;
use super::value::{Flag, Reference, Value, ends_at_comment, len};

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

/// An `[Application_X]` section.
#[derive(Clone, Copy, Debug)]
pub struct Application<'e, 't> {
    encoding: &'e Encoding<'t>,
    section: u32,
    /// The characters behind `Application_`.
    pub suffix: &'t str,
}

/// The middleware that a chip file is written for.
#[derive(Clone, Copy, Debug)]
pub enum MiddlewareChoice {
    /// One that stdlib knows.
    Known(&'static Middleware),
    /// A library that is known to be none of those that stdlib knows by its file name.
    Other,
    /// Nothing tells.
    Unknown,
}

impl MiddlewareChoice {
    /// Whether it is the middleware with this identity.
    #[must_use]
    pub fn is(self, id: &str) -> bool {
        matches!(self, Self::Known(middleware) if middleware.id == id)
    }

    /// Whether anything is known about it.
    #[must_use]
    pub const fn is_known(self) -> bool {
        !matches!(self, Self::Unknown)
    }
}

/// The program that talks to the card, and what told so.
#[derive(Clone, Copy, Debug)]
pub struct EncoderChoice {
    /// The program.
    pub encoder: &'static Encoder,
    /// Whether `[target]` said it, not `Devices`.
    pub from_target: bool,
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
    pub(super) fields: IndexMap<&'t str, u32>,
    /// The fields by their names in lower case, made when it is first asked for.
    pub(super) folded_fields: OnceLock<HashMap<String, u32>>,
    first: [Option<u32>; Key::COUNT],
}

/// Unknown keys for which a near one is looked for; bounds the work on junk.
const MAX_PROPOSALS: u32 = 1_000;

impl<'t> Encoding<'t> {
    /// Reads a tree.
    #[must_use]
    pub fn new(source: SourceId, text: &'t str, tree: &'t DscTree) -> Self {
        let mut encoding = Self {
            source,
            text,
            tree,
            sections: Vec::with_capacity(tree.sections.len()),
            entries: Vec::new(),
            declarations: Vec::new(),
            protected: None,
            is_chip: true,
            fields: IndexMap::new(),
            folded_fields: OnceLock::new(),
            first: [None; Key::COUNT],
        };
        encoding.read_sections();
        encoding.is_chip = encoding.type_id().is_none_or(|id| id == CHIP);
        encoding
    }

    fn read_sections(&mut self) {
        let tree = self.tree;
        let mut proposals = MAX_PROPOSALS;
        for section in &tree.sections {
            let (role, misspelled) = role_of(section.name.map(|name| name.of(self.text)));
            let index = count(self.sections.len());
            let from = count(self.entries.len());
            for line in &tree.lines[section.lines.start as usize..section.lines.end as usize] {
                match line.kind {
                    LineKind::Protected => {
                        self.protected.get_or_insert(line.span);
                    }
                    LineKind::Property { key, value } if role == SectionRole::Fields => {
                        self.declare(key, value);
                    }
                    LineKind::Bare { text } if role == SectionRole::Fields => {
                        self.declare(text, Span::empty(text.end));
                    }
                    LineKind::Property { key, value } => {
                        self.read_entry(index, role, key, value, &mut proposals);
                    }
                    _ => {}
                }
            }
            let entries = from..count(self.entries.len());
            self.sections.push(Section {
                role,
                misspelled,
                name: section.name,
                entries,
            });
        }
    }

    fn declare(&mut self, name: Span, value: Span) {
        let index = count(self.declarations.len());
        let text = name.of(self.text);
        self.declarations.push(FieldDeclaration {
            name: text,
            span: name,
            value,
        });
        self.fields.entry(text).or_insert(index);
    }

    fn read_entry(
        &mut self,
        section: u32,
        role: SectionRole<'_>,
        key_span: Span,
        whole: Span,
        proposals: &mut u32,
    ) {
        let matched = match_key(key_span.of(self.text), role, proposals);
        let kind = matched
            .key()
            .map_or(ValueKind::Unknown, |key| key.keyword().kind);
        let (value_span, trailing_comment) = split_comment(self.text, whole, kind);
        let value = Value::read(kind, value_span.of(self.text));
        let index = count(self.entries.len());
        if let Some(key) = matched.key() {
            self.remember(key, role, index);
        }
        self.entries.push(Entry {
            section,
            matched,
            key_span,
            value_span,
            value,
            trailing_comment,
        });
    }

    /// Keeps the entry that [`Self::entry`] answers: the first in the section where the key
    /// belongs, else the first anywhere.
    fn remember(&mut self, key: Key, role: SectionRole<'_>, index: u32) {
        let slot = &mut self.first[key as usize];
        match *slot {
            None => *slot = Some(index),
            Some(held) => {
                let section = self.entries[held as usize].section as usize;
                let held_role = self
                    .sections
                    .get(section)
                    .map_or(role, |section| section.role);
                if role.is_home_of(key) && !held_role.is_home_of(key) {
                    *slot = Some(index);
                }
            }
        }
    }

    /// The entry of a key: the first in the section where it belongs, else the first anywhere.
    #[must_use]
    pub fn entry(&self, key: Key) -> Option<&Entry<'t>> {
        self.first[key as usize].map(|index| &self.entries[index as usize])
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

    /// Entries that name a library: `PKCS11Library…`, `MiniDriverLibrary`.
    pub fn libraries(&self) -> impl Iterator<Item = &Entry<'t>> {
        self.entries.iter().filter(|entry| {
            entry
                .key()
                .is_some_and(|key| key.keyword().kind == ValueKind::LibraryPath)
        })
    }

    /// The middleware: what `target` says, else what the library keys say, else Personal Desktop
    /// Client when a key is present that only it has.
    #[must_use]
    pub fn middleware(&self, target: &Target) -> MiddlewareChoice {
        if let Some(choice) = &target.middleware {
            return MiddlewareChoice::Known(choice.value.0);
        }
        let mut named = false;
        for entry in self.libraries() {
            named = true;
            let mini_driver = entry.key() == Some(Key::MiniDriverLibrary);
            let value = entry.value_span.of(self.text);
            if let Some(found) = stdlib::recognise_library(mini_driver, value) {
                return MiddlewareChoice::Known(found);
            }
        }
        if named {
            return MiddlewareChoice::Other;
        }
        let own = self.entries.iter().any(|entry| {
            entry.is_present()
                && entry
                    .key()
                    .is_some_and(|key| key.keyword().is_only_on(PERSONAL_DESKTOP_CLIENT))
        });
        match stdlib::middleware(PERSONAL_DESKTOP_CLIENT) {
            Some(personal) if own => MiddlewareChoice::Known(personal),
            _ => MiddlewareChoice::Unknown,
        }
    }

    /// The library key that tells the middleware: the first whose library is known, else the first.
    #[must_use]
    pub fn deciding_library(&self) -> Option<&Entry<'t>> {
        let known = |entry: &&Entry<'t>| {
            let mini_driver = entry.key() == Some(Key::MiniDriverLibrary);
            stdlib::recognise_library(mini_driver, entry.value_span.of(self.text)).is_some()
        };
        self.libraries()
            .find(known)
            .or_else(|| self.libraries().next())
    }

    /// The encoder: what `target` says, else what `Devices` says.
    #[must_use]
    pub fn encoder(&self, target: &Target) -> Option<EncoderChoice> {
        if let Some(choice) = &target.encoder {
            return Some(EncoderChoice {
                encoder: choice.value,
                from_target: true,
            });
        }
        let device: u32 = self
            .entry(Key::Devices)?
            .value_span
            .of(self.text)
            .parse()
            .ok()?;
        let encoder = stdlib::encoder_of_device(device)?;
        Some(EncoderChoice {
            encoder,
            from_target: false,
        })
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

impl<'e, 't> Application<'e, 't> {
    /// Its section.
    #[must_use]
    pub fn section(&self) -> &'e Section<'t> {
        &self.encoding.sections[self.section as usize]
    }

    /// Its entries.
    #[must_use]
    pub fn entries(&self) -> &'e [Entry<'t>] {
        self.encoding.entries_of(self.section())
    }

    /// The place of its name.
    #[must_use]
    pub fn name_span(&self) -> Span {
        self.section().name.unwrap_or_default()
    }

    /// The first entry of a key.
    #[must_use]
    pub fn entry(&self, key: Key) -> Option<&'e Entry<'t>> {
        self.entries().iter().find(|entry| entry.key() == Some(key))
    }

    /// Whether a key is present; a flag that is off counts as absent.
    #[must_use]
    pub fn has(&self, key: Key) -> bool {
        self.entry(key).is_some_and(Entry::is_present)
    }

    /// Whether it writes to the signature slot: `Location=#Signature` in any letter case (SIGN).
    #[must_use]
    pub fn is_signature(&self) -> bool {
        self.entry(Key::Location).is_some_and(|entry| {
            matches!(entry.reference(), Reference::Literal(slot) if slot.eq_ignore_ascii_case("signature"))
        })
    }

    /// Whether its slot is only known at run time.
    #[must_use]
    pub fn has_slot_from_field(&self) -> bool {
        self.entry(Key::Location)
            .is_some_and(|entry| entry.reference().field().is_some())
    }

    /// Whether it brings a certificate: `CertTempl`, or `WriteP12Data` on.
    #[must_use]
    pub fn brings_certificate(&self) -> bool {
        self.has(Key::CertTempl) || self.has(Key::WriteP12Data)
    }

    /// Whether it holds a key whose meaning is not known, which may be what it seems to lack.
    #[must_use]
    pub fn has_unknown_key(&self) -> bool {
        self.entries().iter().any(|entry| {
            entry
                .key()
                .is_none_or(|key| key.keyword().status == stdlib::Status::Tolerated)
        })
    }
}

/// `Type` id of a smart card (STRUCT).
const CHIP: u64 = 1024;

/// Identity of Personal Desktop Client in stdlib.
pub const PERSONAL_DESKTOP_CLIENT: &str = "personal-desktop-client";

/// Identity of JPKIEncoder in stdlib.
pub const JPKI_ENCODER: &str = "jpki-encoder";

/// Identity of Smart ID Desktop App in stdlib.
pub const SMART_ID_DESKTOP_APP: &str = "smart-id-desktop-app";

/// Whether a key is one of `CardPinDecryption_Output_*`.
#[must_use]
pub fn is_pin_decryption(key: Key) -> bool {
    stdlib::credentials()
        .iter()
        .any(|credential| credential.read_by == Some(key))
}

fn role_of(name: Option<&str>) -> (SectionRole<'_>, bool) {
    const PLAIN: [(&str, SectionRole<'static>); 3] = [
        ("Encoding", SectionRole::Encoding),
        ("Fields", SectionRole::Fields),
        ("Description", SectionRole::Description),
    ];
    let Some(name) = name else {
        return (SectionRole::Preamble, false);
    };
    if let Some((_, role)) = PLAIN
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
    {
        return (*role, false);
    }
    if let Some((head, suffix)) = name.split_once('_') {
        let exact = head.eq_ignore_ascii_case("Application");
        if exact || nearest(head, ["Application"]).is_some() {
            return (SectionRole::Application(suffix), !exact);
        }
    }
    let near = nearest(name, PLAIN.map(|(known, _)| known));
    let role = PLAIN
        .iter()
        .find(|(known, _)| Some(*known) == near)
        .map(|(_, role)| *role);
    role.map_or((SectionRole::Unknown, false), |role| (role, true))
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

fn match_key(name: &str, role: SectionRole<'_>, proposals: &mut u32) -> KeyMatch {
    if let Some(key) = Key::find(name) {
        return KeyMatch::Known(key);
    }
    if *proposals == 0 || role == SectionRole::Unknown {
        return KeyMatch::Unknown;
    }
    *proposals -= 1;
    let names = |home: bool| {
        Key::ALL
            .iter()
            .filter(move |key| role.is_home_of(**key) == home)
            .filter(|key| key.keyword().status != stdlib::Status::Tolerated)
            .filter(|key| key.keyword().section != SectionKind::Magstripe)
            .map(|key| key.name())
    };
    nearest(name, names(true))
        .or_else(|| nearest(name, names(false)))
        .and_then(Key::find)
        .map_or(KeyMatch::Unknown, KeyMatch::Misspelled)
}

/// Cuts a comment off a value in which `#` behind a blank cannot be text.
fn split_comment(text: &str, value: Span, kind: ValueKind) -> (Span, Option<Span>) {
    let written = value.of(text);
    if !ends_at_comment(kind) || written.starts_with('#') {
        return (value, None);
    }
    let Some(at) = written.find(" #").or_else(|| written.find("\t#")) else {
        return (value, None);
    };
    let kept = written[..at].trim_end();
    let hash = value.start + len(&written[..=at]);
    (
        Span::new(value.start, value.start + len(kept)),
        Some(Span::new(hash, value.end)),
    )
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
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
