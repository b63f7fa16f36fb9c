//! One pass over the tree of a description.

use std::sync::OnceLock;

use indexmap::IndexMap;

use super::{Encoding, Entry, FieldDeclaration, KeyMatch, Section, SectionRole};
use crate::diagnostic::nearest;
use crate::model::value::{Value, ends_at_comment, len};
use crate::source::{SourceId, Span};
use crate::stdlib::{self, Key, SectionKind, ValueKind};
use crate::syntax::dsc::{DscTree, LineKind};

/// Unknown keys for which a near one is looked for; bounds the work on junk.
const MAX_PROPOSALS: u32 = 1_000;

/// `Type` id of a smart card (STRUCT).
const CHIP: u64 = 1024;

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
            fields: IndexMap::default(),
            folded_fields: OnceLock::new(),
            uses: OnceLock::new(),
            first: [None; Key::COUNT],
            current: [None; Key::COUNT],
        };
        encoding.read_sections();
        encoding.remember_current();
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
}

impl Encoding<'_> {
    fn remember_current(&mut self) {
        for key in Key::ALL {
            let slot = &mut self.current[key.current() as usize];
            *slot = slot.or(self.first[*key as usize]);
        }
    }
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

fn match_key(name: &str, role: SectionRole<'_>, proposals: &mut u32) -> KeyMatch {
    if let Some(key) = Key::find(name) {
        return near_member(key, name).map_or(KeyMatch::Known(key), KeyMatch::Misspelled);
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

/// The key that a name of a family of names is most likely a slip of: `PKCS11LibraryWindow32` is
/// no system of its own.
fn near_member(family: Key, name: &str) -> Option<Key> {
    let prefix = family.keyword().pattern?.prefix;
    let suffix = name.get(prefix.len()..)?;
    // One character behind the plain name is a slip of the pen.
    if suffix.chars().count() == 1 {
        return Key::find(prefix);
    }
    let members = || {
        Key::ALL
            .iter()
            .filter(|key| key.keyword().pattern.is_none())
            .filter_map(|key| Some((*key, key.name().strip_prefix(prefix)?)))
    };
    let near = nearest(suffix, members().map(|(_, suffix)| suffix))?;
    members()
        .find(|(_, suffix)| *suffix == near)
        .map(|(key, _)| key)
}

/// Cuts a comment off a value in which `#` behind a blank cannot be text.
fn split_comment(text: &str, value: Span, kind: ValueKind) -> (Span, Option<Span>) {
    let written = value.of(text);
    if !ends_at_comment(kind) || written.starts_with('#') {
        return (value, None);
    }
    let bytes = written.as_bytes();
    let behind_blank = |hash: &usize| matches!(bytes[*hash - 1], b' ' | b'\t');
    let Some(at) = memchr::memchr_iter(b'#', bytes).find(behind_blank) else {
        return (value, None);
    };
    let kept = written[..at].trim_end();
    let hash = value.start + len(&written[..at]);
    (
        Span::new(value.start, value.start + len(kept)),
        Some(Span::new(hash, value.end)),
    )
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
