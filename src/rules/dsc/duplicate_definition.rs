use std::collections::HashMap;
use std::hash::Hash;

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
    for section in &cx.encoding.sections {
        check_keys(cx, section, findings);
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
    let mut seen = Seen::new();
    for field in &cx.encoding.declarations {
        if let Some(first) = seen.first(field.name, field.span) {
            let what = format!("field `{}` is declared again", excerpt(field.name));
            report(cx, &what, field.span, first, findings);
        }
    }
}

/// What makes two keys the same.
#[derive(PartialEq, Eq, Hash)]
enum Identity {
    /// A key of the language, under its present name.
    Key(Key),
    /// A name that is none, or one of a family of names, in lower case.
    Name(String),
}

impl Identity {
    fn of(encoding: &Encoding<'_>, entry: &Entry<'_>) -> Self {
        match entry.matched {
            KeyMatch::Known(key) if key.keyword().pattern.is_none() => Self::Key(key.current()),
            _ => Self::Name(entry.key_span.of(encoding.text).to_lowercase()),
        }
    }
}

fn check_keys(cx: &EncodingContext<'_>, section: &Section<'_>, findings: &mut Findings<'_>) {
    let mut seen = Seen::new();
    for entry in cx.encoding.entries_of(section) {
        let identity = Identity::of(cx.encoding, entry);
        let Some(first) = seen.first(identity, entry.key_span) else {
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
