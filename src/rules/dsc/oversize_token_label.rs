use super::rule;
use crate::model::Reference;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::source::Span;
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// A constant `InitialLabel` of more than 32 bytes in UTF-8.
    ///
    /// # Why it matters
    ///
    /// The label of a token has room for 32 bytes. What is longer is cut off or refused.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// CardPuk=
    /// [Description]
    /// PKCS11Library=module.dll
    /// InitToken=true
    /// InitialPUK=CardPuk
    /// InitialLabel=#Card of the department of accounting
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// CardPuk=
    /// [Description]
    /// PKCS11Library=module.dll
    /// InitToken=true
    /// InitialPUK=CardPuk
    /// InitialLabel=#Card of accounting
    /// ```
    ///
    /// # Fix
    ///
    /// None: shorten the label.
    ///
    /// # Source
    ///
    /// Standard: `CK_TOKEN_INFO` of PKCS#11.
    name: "oversize-token-label",
    family: Family::Dsc,
    level: Level::WARNING,
    certainty: Certainty::Standard,
    source: "PKCS#11, SEED",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

/// Bytes of `label` in `CK_TOKEN_INFO`.
const ROOM: usize = 32;

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let Some(entry) = cx.encoding.entry(Key::InitialLabel) else {
        return;
    };
    let Reference::Literal(label) = entry.reference() else {
        return;
    };
    if label.len() <= ROOM {
        return;
    }
    let is_cut = |at: &usize| label.is_char_boundary(*at);
    let kept = (0..=ROOM).rev().find(is_cut).unwrap_or(0);
    let kept = u32::try_from(kept).unwrap_or(0);
    // The literal begins behind its hash sign.
    let surplus = Span::new(entry.value_span.start + 1 + kept, entry.value_span.end);
    let (bytes, characters) = (label.len(), label.chars().count());
    findings
        .report(
            format!("the token label has {bytes} bytes ({characters} characters)"),
            cx.label(surplus, format!("behind the first {ROOM} bytes")),
        )
        .help(format!("shorten it to {ROOM} bytes in UTF-8"));
}
