use std::hash::Hash;

use foldhash::{HashMap, HashMapExt as _};

use super::rule;
use crate::diagnostic::Fix;
use crate::model::{Encoding, Entry, KeyMatch, Section, SectionRole};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, excerpt};
use crate::source::Span;
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// A section, a key of one section, or a field that is there twice. Two names of one key count
    /// as the same key. `ApplicationList` and `ApplicationListField` together are two definitions
    /// of one list.
    ///
    /// # Why it matters
    ///
    /// Which of the two wins is not documented, so no plan can be made.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// HolderPin=
    /// [Description]
    /// PKCS11Library=module.dll
    /// SetPIN=true
    /// PIN=HolderPin
    /// PIN=!FROM_USER_DIALOG_3_FIELD
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// HolderPin=
    /// [Description]
    /// PKCS11Library=module.dll
    /// SetPIN=true
    /// PIN=!FROM_USER_DIALOG_3_FIELD
    /// ```
    ///
    /// # Fix
    ///
    /// Safe if both lines are the same: delete the second. Else none: which one is meant is for the
    /// author to say.
    ///
    /// # Source
    ///
    /// Ours: nothing is published about repetitions. That some keys have two names is (SEED).
    name: "duplicate-definition",
    family: Family::Dsc,
    level: Level::ERROR,
    certainty: Certainty::Ours,
    source: "SEED",
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    check_sections(cx, findings);
    check_fields(cx, findings);
    let mut keys = SeenKeys::new();
    for section in &cx.encoding.sections {
        check_keys(cx, section, &mut keys, findings);
    }
    check_lists(cx, findings);
}

/// The first place of everything seen so far.
struct Seen<T>(HashMap<T, Span>);

impl<T: Eq + Hash> Seen<T> {
    fn new() -> Self {
        Self(HashMap::new())
    }

    /// The first place of the same thing, if there is one.
    fn first(&mut self, thing: T, at: Span) -> Option<Span> {
        let first = *self.0.entry(thing).or_insert(at);
        (first != at).then_some(first)
    }
}

fn check_sections(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let mut seen = Seen::new();
    for section in &cx.encoding.sections {
        let Some(name) = section.name.filter(|name| !name.is_empty()) else {
            continue;
        };
        let Some(first) = seen.first(cx.text(name).to_lowercase(), name) else {
            continue;
        };
        let help = match section.role {
            SectionRole::Application(_) => "give one of the applications another character",
            _ => "put the lines of both under one header",
        };
        findings
            .report(
                format!("section `[{}]` is there again", excerpt(cx.text(name))),
                cx.label(name, "second section of this name"),
            )
            .because(cx.label(first, "first one here"))
            .help(help);
    }
}

fn check_fields(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    for field in &cx.encoding.declarations {
        let first = cx.encoding.field(field.name).map(|first| first.span);
        if let Some(first) = first.filter(|first| *first != field.span) {
            let what = format!("field `{}` is declared again", excerpt(field.name));
            report(cx, &what, field.span, first, findings);
        }
    }
}

/// The keys of one section after the other.
struct SeenKeys {
    /// By present names: in which section it was seen last, and where first in that section.
    known: [Option<(u32, Span)>; Key::COUNT],
    /// The others, by section and name in lower case.
    others: Seen<(u32, String)>,
}

impl SeenKeys {
    fn new() -> Self {
        Self {
            known: [None; Key::COUNT],
            others: Seen::new(),
        }
    }

    /// The first entry of the same key in the same section, if this is not it.
    fn first(&mut self, encoding: &Encoding<'_>, entry: &Entry<'_>) -> Option<Span> {
        let (section, at) = (entry.section, entry.key_span);
        match entry.matched {
            KeyMatch::Known(key) if key.keyword().pattern.is_none() => {
                let slot = &mut self.known[key.current() as usize];
                let first = slot.filter(|(seen, _)| *seen == section);
                if first.is_none() {
                    *slot = Some((section, at));
                }
                first.map(|(_, first)| first)
            }
            _ => {
                let name = at.of(encoding.text).to_lowercase();
                self.others.first((section, name), at)
            }
        }
    }
}

fn check_keys(
    cx: &EncodingContext<'_>,
    section: &Section<'_>,
    seen: &mut SeenKeys,
    findings: &mut Findings<'_>,
) {
    for entry in cx.encoding.entries_of(section) {
        let Some(first) = seen.first(cx.encoding, entry) else {
            continue;
        };
        let written = excerpt(cx.text(entry.key_span));
        let earlier = excerpt(cx.text(first));
        let what = match earlier.eq_ignore_ascii_case(&written) {
            true => format!("key `{written}` is defined again"),
            false => format!("`{written}` defines `{earlier}` again, under another name"),
        };
        report(cx, &what, entry.key_span, first, findings);
    }
}

fn report(
    cx: &EncodingContext<'_>,
    what: &str,
    second: Span,
    first: Span,
    findings: &mut Findings<'_>,
) {
    let line = cx.encoding.line_of(second);
    let same = cx.text(line).trim() == cx.text(cx.encoding.line_of(first)).trim();
    let draft = findings
        .report(what, cx.label(second, "second definition"))
        .because(cx.label(first, "first one here"));
    if same {
        draft
            .help("delete one of the two lines")
            .fix(Fix::safe("delete the second line", [cx.edit(line, "")]));
    } else {
        draft.help("delete the one that is not meant");
    }
}

fn check_lists(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let entry = |key| cx.encoding.entry(key);
    let (Some(one), Some(other)) = (
        entry(Key::ApplicationList),
        entry(Key::ApplicationListField),
    ) else {
        return;
    };
    let (first, second) = match one.key_span < other.key_span {
        true => (one, other),
        false => (other, one),
    };
    findings
        .report(
            "both `ApplicationList` and `ApplicationListField` are given",
            cx.label(second.key_span, "second list of applications"),
        )
        .because(cx.label(first.key_span, "first one here"))
        .help("keep `ApplicationListField` if each job chooses, else `ApplicationList`");
}
