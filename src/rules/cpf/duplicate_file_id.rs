use std::hash::Hash;

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};
use unicase::Ascii;

use super::rule;
use crate::model::{File, FileIndex, FileKind};
use crate::rules::{Check, Family, Findings, Level, ProfileContext};
use crate::source::Span;
use crate::stdlib::{AttributeValue, Certainty};

rule! {
    /// # What it finds
    ///
    /// Two files in one directory with the same `id` or the same `sfi`, or two directories with the
    /// same `aid`.
    ///
    /// # Why it matters
    ///
    /// A card refuses to make the second file. The initialisation stops in the middle, with the status
    /// 6A89 or 6A8A and a half-made card.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=auto read=always update=PIN1
    /// CreateEf EFPLAN id=0x4401 maxsize=auto read=always update=PIN1
    /// Endfile
    /// File Static EFNOTE
    /// data = 'ready'
    /// Endfile
    /// File Static EFPLAN
    /// data = 'later'
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=auto read=always update=PIN1
    /// CreateEf EFPLAN id=0x4402 maxsize=auto read=always update=PIN1
    /// Endfile
    /// File Static EFNOTE
    /// data = 'ready'
    /// Endfile
    /// File Static EFPLAN
    /// data = 'later'
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: choose another value for one of the two.
    ///
    /// # Source
    ///
    /// ISO 7816-9, CREATE FILE: the status words 6A89 (file exists) and 6A8A (DF name exists).
    name: "duplicate-file-id",
    family: Family::Cpf,
    level: Level::ERROR,
    certainty: Certainty::Standard,
    source: "ISO 7816-9",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let mut seen = Seen {
        cx,
        findings,
        ids: HashMap::new(),
        short_ids: HashMap::new(),
        aids: HashMap::new(),
    };
    let mut names = HashSet::new();
    for file in &cx.profile.files {
        // A file that is declared twice is `duplicate-declaration`, not a matter of its id.
        if file.kind != FileKind::Mf && names.insert(Ascii::new(file.name)) {
            seen.see(file);
        }
    }
}

struct Seen<'c, 'p, 'f, 'r> {
    cx: &'c ProfileContext<'p>,
    findings: &'f mut Findings<'r>,
    ids: HashMap<(FileIndex, u64), Span>,
    short_ids: HashMap<(FileIndex, u64), Span>,
    aids: HashMap<Vec<u8>, Span>,
}

impl Seen<'_, '_, '_, '_> {
    fn see(&mut self, file: &File<'_>) {
        let profile = self.cx.profile;
        if let (Some(parent), Some((id, span))) = (file.parent, profile.file_id(file))
            && AttributeValue::FileId.admits(id)
            && let Some(first) = repeated(&mut self.ids, (parent, id), span)
        {
            self.report(
                format!("two files in one directory have the id 0x{id:04X}"),
                span,
                first,
            );
        }
        if let (Some(parent), Some((sfi, span))) = (file.parent, short_id(self.cx, file))
            && AttributeValue::Sfi.admits(sfi)
            && let Some(first) = repeated(&mut self.short_ids, (parent, sfi), span)
        {
            self.report(
                format!("two files in one directory have the short id {sfi}"),
                span,
                first,
            );
        }
        if file.kind == FileKind::Df
            && let Some((aid, span)) = profile.aid(file)
            && let Some(first) = repeated(&mut self.aids, aid, span)
        {
            self.report(
                "two directories have the same `aid`".to_owned(),
                span,
                first,
            );
        }
    }

    fn report(&mut self, message: String, second: Span, first: Span) {
        self.findings
            .report(message, self.cx.label(second, "used again here"))
            .because(self.cx.label(first, "first used here"))
            .help("choose another value for one of the two");
    }
}

/// The place where a value was first seen, if it was.
fn repeated<K: Eq + Hash>(seen: &mut HashMap<K, Span>, value: K, span: Span) -> Option<Span> {
    let first = *seen.entry(value).or_insert(span);
    (first != span).then_some(first)
}

fn short_id(cx: &ProfileContext<'_>, file: &File<'_>) -> Option<(u64, Span)> {
    let value = cx.profile.attribute(file.attributes, "sfi")?.value;
    Some((cx.profile.number(value)?, cx.profile.tree.span(value)))
}
