use super::rule;
use crate::diagnostic::Fix;
use crate::model::{DataSize, FileIndex, Size};
use crate::rules::{Check, Draft, Family, Findings, Level, ProfileContext, excerpt};
use crate::source::Span;
use crate::stdlib::{AttributeValue, Certainty};
use crate::syntax::cpf::FileMode;

rule! {
    /// # What it finds
    ///
    /// A file with constant data whose `maxsize` is at least four times, and 512 bytes, more than the
    /// data need; or a `maxsize` above 32767 on a file with static data.
    ///
    /// # Why it matters
    ///
    /// Software reads whole files, the empty rest included, in pieces of 256 bytes: every look at the
    /// card pays for it. Behind byte 32767 OpenSC cannot read at all.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFNOTE id=0x4401 maxsize=2000 read=always update=PIN1
    /// Endfile
    /// File Static EFNOTE
    /// data = 'ready'
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
    /// Endfile
    /// File Static EFNOTE
    /// data = 'ready'
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// On request: `maxsize=auto`. It leaves no room for what is added later.
    ///
    /// # Source
    ///
    /// Measured: OpenSC lists a card with 42 commands where exact sizes make it 16. It refuses
    /// offsets above 7FFF.
    name: "wasteful-maxsize",
    family: Family::Pkcs15,
    level: Level::INFO,
    certainty: Certainty::Measured,
    source: "OpenSC",
    yields_to: &["insufficient-maxsize", "invalid-attribute-value"],
    check: Check::Profile(check),
}

/// Last byte of a file that OpenSC can read.
const MAX_OFFSET: u64 = 0x7FFF;

/// A file is wasteful from so many times its data, …
const FACTOR: u64 = 4;

/// … and so many bytes above them.
const SURPLUS: u64 = 512;

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    for (index, file) in cx.profile.iter_files() {
        let Some((Size::Bytes(size), span)) = cx.profile.max_size(file) else {
            continue;
        };
        let (true, Some((data, place))) =
            (AttributeValue::Size.admits(size), static_data(cx, index))
        else {
            continue;
        };
        let name = excerpt(file.name);
        if let DataSize::Known(needed) = data
            && size >= needed.saturating_mul(FACTOR)
            && size >= needed + SURPLUS
        {
            let draft = findings
                .report(
                    format!("file `{name}` has {size} bytes for {needed} bytes of data"),
                    cx.label(span, format!("the data take {needed}")),
                )
                .because(cx.label(place, "the data"));
            advise(cx, span, draft);
        } else if size > MAX_OFFSET {
            let draft = findings
                .report(
                    format!("file `{name}` is larger than OpenSC can read"),
                    cx.label(span, format!("expected {MAX_OFFSET} or less")),
                )
                .because(cx.label(place, "the data"));
            advise(cx, span, draft);
        }
    }
}

fn advise(cx: &ProfileContext<'_>, span: Span, draft: Draft<'_>) {
    draft
        .help("write `maxsize=auto`, unless room is kept for what is added later")
        .note("software reads whole files: each 256 bytes are a command to the card")
        .fix(Fix::on_request("write `auto`", [cx.edit(span, "auto")]));
}

/// Size and place of the data of a file that has static data.
fn static_data(cx: &ProfileContext<'_>, index: FileIndex) -> Option<(DataSize, Span)> {
    let content = cx.profile.content_of(index)?;
    let is_static = content
        .mode
        .is_some_and(|(mode, _)| mode == FileMode::Static);
    let (statement, value) = content.data.first()?;
    let value = (*value)?;
    let is_sound = !cx.profile.is_malformed(*statement);
    (is_static && is_sound).then(|| {
        (
            cx.profile.facts(value, *statement).size,
            cx.profile.tree.span(value),
        )
    })
}
