use super::rule;
use crate::model::{Encoding, Entry, SectionRole};
use crate::rules::{Check, EncodingContext, Family, Findings, Level};
use crate::source::Span;
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// `[Encoding]` is missing, or does not say what the description is for: `Type` is missing or
    /// is not `integer,name`; a smart card (`Type` 1024) has no `Devices`, or not exactly one
    /// decimal id there, or a `Subtype`; another technology has both `Subtype` and `Devices`.
    ///
    /// # Why it matters
    ///
    /// The header decides which technology and which device a description is for. Without it
    /// nothing can process the rest.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=Chip
    /// Devices=8711
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// ```
    ///
    /// # Fix
    ///
    /// None: which device is meant is for the author to say.
    ///
    /// # Source
    ///
    /// Stated (STRUCT): the meaning of the three keys, one device for smart cards, and that
    /// `Subtype` is an alternative to `Devices` that smart cards do not have.
    name: "malformed-encoding-header",
    family: Family::Dsc,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "STRUCT",
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let encoding = cx.encoding;
    // What is missing may stand in the part that the vendor encrypted.
    let is_whole = encoding.protected.is_none();
    let Some(section) = encoding.section(SectionRole::Encoding) else {
        if is_whole {
            report_missing_section(cx, findings);
        }
        return;
    };
    let header = section.name.unwrap_or_default();
    let Some(kind) = encoding.entry(Key::Type) else {
        if is_whole {
            findings
                .report(
                    "`[Encoding]` has no `Type`",
                    cx.label(header, "expected `Type` here"),
                )
                .help("add `Type=1024,Chip` for a smart card");
        }
        return;
    };
    match type_of(cx.text(kind.value_span)) {
        None => {
            findings
                .report(
                    "`Type` is not `number,name`",
                    cx.label(
                        place_of_value(kind),
                        "expected a number, a comma and a name",
                    ),
                )
                .help("write `Type=1024,Chip` for a smart card");
        }
        Some(_) if encoding.is_chip => check_chip(cx, header, findings),
        Some(_) => check_other(cx, findings),
    }
}

fn report_missing_section(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    findings
        .report(
            "`[Encoding]` is missing",
            cx.label(Span::empty(0), "expected the section in this file"),
        )
        .help("begin with `[Encoding]`, `Type=1024,Chip` and `Devices=`")
        .note("a part of a description cannot be checked or compiled alone");
}

/// A smart card: exactly one device, and no subtype.
fn check_chip(cx: &EncodingContext<'_>, header: Span, findings: &mut Findings<'_>) {
    const HELP: &str = "write `8710` for JPKIEncoder or `8711` for Smart ID Desktop App";
    let encoding = cx.encoding;
    match encoding.entry(Key::Devices) {
        None if encoding.protected.is_none() => {
            findings
                .report(
                    "`[Encoding]` has no `Devices`",
                    cx.label(header, "expected `Devices` here"),
                )
                .help(HELP);
        }
        Some(devices) if !is_number(cx.text(devices.value_span)) => {
            findings
                .report(
                    "`Devices` is not exactly one decimal id",
                    cx.label(place_of_value(devices), "expected one decimal number"),
                )
                .help(HELP);
        }
        _ => {}
    }
    if let Some(subtype) = encoding.entry(Key::Subtype) {
        findings
            .report(
                "`Subtype` is not for smart cards",
                cx.label(subtype.key_span, "not beside `Type=1024`"),
            )
            .help("delete the line; `Devices` says which device is meant");
    }
}

/// Another technology: a subtype in place of devices.
fn check_other(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let encoding: &Encoding<'_> = cx.encoding;
    let (Some(subtype), Some(devices)) =
        (encoding.entry(Key::Subtype), encoding.entry(Key::Devices))
    else {
        return;
    };
    findings
        .report(
            "`Subtype` stands beside `Devices`",
            cx.label(subtype.key_span, "one of the two, not both"),
        )
        .because(cx.label(devices.key_span, "the other one"))
        .help("keep the one that the device needs");
}

/// The place of a value, or of its key where there is none.
fn place_of_value(entry: &Entry<'_>) -> Span {
    match entry.value_span.is_empty() {
        true => entry.key_span,
        false => entry.value_span,
    }
}

/// The number of a value of the form `number,name`.
fn type_of(value: &str) -> Option<&str> {
    let (id, name) = value.split_once(',')?;
    let (id, name) = (id.trim(), name.trim());
    (is_number(id) && !name.is_empty() && !name.contains(',')).then_some(id)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
