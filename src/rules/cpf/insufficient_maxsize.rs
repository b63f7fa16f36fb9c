use std::cmp::Reverse;

use foldhash::{HashMap, HashMapExt as _};

use super::rule;
use crate::diagnostic::Fix;
use crate::model::{DataSize, File, FileIndex, FileKind, Size};
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::source::Span;
use crate::stdlib::{AttributeValue, Certainty};

rule! {
    /// # What it finds
    ///
    /// Constant data of a file that is longer than the `maxsize` of the file, or a directory whose
    /// files of known size add up to more than its `maxsize`.
    ///
    /// # Why it matters
    ///
    /// The card refuses to write past the end of a file, or to make a file for which there is no room
    /// (6A84). The initialisation stops in the middle.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=4 read=always update=PIN1
    /// Endfile
    /// File Static EFNOTE
    /// data = 0x{ 01 02 03 04 05 }
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=5 read=always update=PIN1
    /// Endfile
    /// File Static EFNOTE
    /// data = 0x{ 01 02 03 04 05 }
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// On request: the size that is needed, where it is 65535 bytes or less.
    ///
    /// # Source
    ///
    /// Ours: a directory counts as large as its files; what a card needs beside them is not public.
    name: "insufficient-maxsize",
    family: Family::Cpf,
    level: Level::ERROR,
    certainty: Certainty::Ours,
    source: "ISO 7816-9",
    yields_to: &["invalid-attribute-value"],
    check: Check::Profile(check),
}

/// Most children of a directory that a finding points at.
const MAX_CHILDREN: usize = 3;

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    for (index, file) in cx.profile.iter_files() {
        if file.kind == FileKind::Ef {
            check_data(cx, index, file, findings);
        }
    }
    check_directories(cx, findings);
}

/// Data that is longer than its file.
fn check_data(
    cx: &ProfileContext<'_>,
    index: FileIndex,
    file: &File<'_>,
    findings: &mut Findings<'_>,
) {
    let (Some((size, span)), Some((needed, data))) = (fixed_size(cx, file), constant(cx, index))
    else {
        return;
    };
    if needed <= size {
        return;
    }
    let draft = findings
        .report(
            format!(
                "file `{}` has room for {}, but its data takes {needed}",
                excerpt(file.name),
                bytes(size)
            ),
            cx.label(span, format!("expected {needed} or more")),
        )
        .because(cx.label(data, bytes(needed)))
        .help("enlarge `maxsize`, or write `maxsize=auto`");
    if AttributeValue::Size.admits(needed) {
        draft.fix(enlarge(cx, span, needed));
    }
}

/// Directories that are smaller than their files together.
fn check_directories(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let mut children: HashMap<FileIndex, Vec<(u64, Span)>> = HashMap::new();
    // Files stand behind their directories, so each sum is complete when it is asked for.
    for (at, file) in cx.profile.files.iter().enumerate().rev() {
        let index = FileIndex(u32::try_from(at).unwrap_or(u32::MAX));
        let inside = children.remove(&index).unwrap_or_default();
        let needed = inside.iter().map(|(size, _)| size).sum();
        if let Some((size, span)) = fixed_size(cx, file)
            && needed > size
            && file.kind != FileKind::Ef
        {
            report_directory(cx, file, (size, span), (needed, inside), findings);
        }
        if let Some(parent) = file.parent {
            let size = size_on_card(cx, index, file, needed);
            children.entry(parent).or_default().push((size, file.span));
        }
    }
}

fn report_directory(
    cx: &ProfileContext<'_>,
    file: &File<'_>,
    (size, span): (u64, Span),
    (needed, mut inside): (u64, Vec<(u64, Span)>),
    findings: &mut Findings<'_>,
) {
    inside.sort_by_key(|(size, span)| (Reverse(*size), span.start));
    let mut draft = findings
        .report(
            format!(
                "directory `{}` has room for {}, but its files take {needed}",
                excerpt(file.name),
                bytes(size)
            ),
            cx.label(span, format!("expected {needed} or more")),
        )
        .help("enlarge `maxsize` of the directory, or make its files smaller");
    for (size, place) in inside.into_iter().take(MAX_CHILDREN) {
        draft = draft.because(cx.label(place, bytes(size)));
    }
    if AttributeValue::Size.admits(needed) {
        draft.fix(enlarge(cx, span, needed));
    }
}

fn enlarge(cx: &ProfileContext<'_>, span: Span, needed: u64) -> Fix {
    let edit = cx.edit(span, needed.to_string());
    Fix::on_request(format!("write {needed}"), [edit])
}

/// A size that a card can give; other numbers are `invalid-attribute-value`.
fn fixed_size(cx: &ProfileContext<'_>, file: &File<'_>) -> Option<(u64, Span)> {
    match cx.profile.max_size(file)? {
        (Size::Bytes(size), span) if AttributeValue::Size.admits(size) => Some((size, span)),
        _ => None,
    }
}

/// What a file takes in its directory, as far as it is known; `inside` is the sum of its children.
fn size_on_card(cx: &ProfileContext<'_>, index: FileIndex, file: &File<'_>, inside: u64) -> u64 {
    match (fixed_size(cx, file), file.kind) {
        (Some((size, _)), _) => size,
        (None, FileKind::Ef) => constant(cx, index).map_or_else(
            || public_key(cx, index).unwrap_or_default(),
            |(size, _)| size,
        ),
        (None, _) => inside,
    }
}

/// Length and place of the data of a file, where it is constant.
fn constant(cx: &ProfileContext<'_>, index: FileIndex) -> Option<(u64, Span)> {
    let content = cx.profile.content_of(index)?;
    let (_, value) = content.data.first()?;
    match content.facts?.size {
        DataSize::Known(size) => Some((size, cx.profile.tree.span((*value)?))),
        _ => None,
    }
}

/// Length of the public key that a file receives.
fn public_key(cx: &ProfileContext<'_>, index: FileIndex) -> Option<u64> {
    let key = cx.profile.key_into(index)?;
    Some(cx.profile.key_kind(key)?.public_key_bytes())
}

fn bytes(count: u64) -> String {
    match count {
        1 => "1 byte".to_owned(),
        _ => format!("{count} bytes"),
    }
}
