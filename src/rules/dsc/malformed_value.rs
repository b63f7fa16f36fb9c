use super::rule;
use crate::diagnostic::nearest;
use crate::model::{
    BadPart, Entry, Part, PartError, Reference, Value, attribute_errors, expression_error,
    filter_errors, label_parts, list_items,
};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, excerpt};
use crate::source::Span;
use crate::stdlib::{self, Certainty, Key, ValueKind};

rule! {
    /// # What it finds
    ///
    /// A value that does not have the form its key demands: an unknown `!…` value; nothing where a
    /// field, a list or a file name is needed; a constant on a key that the encoder fills; a word
    /// of `ExtendedErrorMode` that does not exist; an `ObjectCriteria` that is not
    /// `class,attribute,type,"value"`; an unknown or wrong attribute in `AttributesDataObject`;
    /// `!{` without `}` or name; a `KeySize` that is no number; anything but letters and digits in
    /// `ApplicationList`. In descriptions that are not for chips, a right side in `[Fields]` that
    /// is no expression.
    ///
    /// # Why it matters
    ///
    /// The value cannot be understood, so no plan can be made.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Holder=
    /// [Description]
    /// PKCS11Library=module.dll
    /// PIN=Holder
    /// ApplicationList=A
    /// [Application_A]
    /// CertTempl=Login
    /// KeySize=2k
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Holder=
    /// [Description]
    /// PKCS11Library=module.dll
    /// PIN=Holder
    /// ApplicationList=A
    /// [Application_A]
    /// CertTempl=Login
    /// KeySize=2048
    /// ```
    ///
    /// # Fix
    ///
    /// None: the message says what was expected.
    ///
    /// # Source
    ///
    /// Stated for `!` values (INIT), error modes (ERR), attributes and `!{…}` (DATA), right sides
    /// (SDK); implied for filters (SEED); ours for constants on outputs.
    name: "malformed-value",
    family: Family::Dsc,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "INIT, ERR, DATA, SDK, SEED",
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    if !cx.encoding.is_chip {
        check_expressions(cx, findings);
        return;
    }
    for entry in &cx.encoding.entries {
        if let Some(key) = entry.key().filter(|_| cx.encoding.is_judged(entry)) {
            check_value(cx, entry, key, findings);
        }
    }
}

/// Right sides of `[Fields]` where Card SDK reads them.
fn check_expressions(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    for field in &cx.encoding.declarations {
        let Some(bad) = expression_error(cx.encoding.text, field.value) else {
            continue;
        };
        let place = if bad.is_empty() { field.value } else { bad };
        findings
            .report(
                format!("malformed value of field `{}`", excerpt(field.name)),
                cx.label(place, "does not fit here"),
            )
            .help("join fields, texts in double quotes and `Format(field,\"mask\")` with `+`");
    }
}

fn check_value(cx: &EncodingContext<'_>, entry: &Entry<'_>, key: Key, findings: &mut Findings<'_>) {
    let text = cx.text(entry.value_span);
    let kind = key.keyword().kind;
    if text.is_empty() {
        if needs_text(kind) {
            report_empty(cx, entry, findings);
        }
        return;
    }
    match (kind, entry.value) {
        (_, Value::Reference(reference)) => check_reference(cx, entry, key, reference, findings),
        (_, Value::Fields(_)) => check_list(cx, entry, findings),
        (ValueKind::Enum(words), _) if !key.keyword().open && !is_one_of(words, text) => {
            let expected = format!("`{}`", words.join("` or `"));
            report_part(cx, entry, entry.value_span, &expected, findings);
        }
        (ValueKind::Filter, _) => {
            let bad = filter_errors(cx.encoding.text, entry.value_span);
            report_parts(cx, entry, bad, findings);
        }
        (ValueKind::Attributes, _) => {
            let bad = attribute_errors(cx.encoding.text, entry.value_span, key);
            report_parts(cx, entry, bad, findings);
        }
        (ValueKind::Text, _) => check_parts(cx, entry, findings),
        // The header has a rule of its own.
        (ValueKind::Integer, _) if key != Key::Subtype => {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            if !digits || text.bytes().all(|byte| byte == b'0') {
                report_part(
                    cx,
                    entry,
                    entry.value_span,
                    "a positive whole number",
                    findings,
                );
            }
        }
        (ValueKind::Letters, _) => check_letters(cx, entry, findings),
        _ => {}
    }
}

fn is_one_of(words: &[&str], text: &str) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a value of this kind cannot be empty.
const fn needs_text(kind: ValueKind) -> bool {
    matches!(
        kind,
        ValueKind::Reference
            | ValueKind::Field
            | ValueKind::FlagReference
            | ValueKind::FieldList
            | ValueKind::FileName
            | ValueKind::Letters
    )
}

fn report_empty(cx: &EncodingContext<'_>, entry: &Entry<'_>, findings: &mut Findings<'_>) {
    findings
        .report(
            format!("`{}` has no value", cx.text(entry.key_span)),
            cx.label(entry.key_span, "expected a value behind `=`"),
        )
        .help("write the value, or delete the line");
}

fn check_reference(
    cx: &EncodingContext<'_>,
    entry: &Entry<'_>,
    key: Key,
    reference: Reference<'_>,
    findings: &mut Findings<'_>,
) {
    let name = cx.text(entry.key_span);
    match reference {
        Reference::UnknownDialog(text) => {
            let dialogs = || stdlib::dialogs().iter().map(|dialog| dialog.text);
            let help = match nearest(text, dialogs()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    "write a field, `#` and a constant, or one of the `!FROM_…` values".to_owned()
                }
            };
            findings
                .report(
                    format!("`{name}` has an unknown `!` value"),
                    cx.label(entry.value_span, "not one of the `!FROM_…` values"),
                )
                .help(help);
        }
        Reference::Literal(_) if key.keyword().is_output() => {
            findings
                .report(
                    format!("`{name}` needs a field, not a constant"),
                    cx.label(entry.value_span, "the encoder writes its result here"),
                )
                .help("name a field of `[Fields]` that receives the value");
        }
        _ => {}
    }
}

fn check_list(cx: &EncodingContext<'_>, entry: &Entry<'_>, findings: &mut Findings<'_>) {
    for item in list_items(cx.encoding.text, entry.value_span) {
        if item.name.is_empty() {
            report_part(cx, entry, item.span, "the name of a field", findings);
        }
    }
}

fn check_parts(cx: &EncodingContext<'_>, entry: &Entry<'_>, findings: &mut Findings<'_>) {
    for part in label_parts(cx.encoding.text, entry.value_span) {
        let Part::Malformed(error, span) = part else {
            continue;
        };
        let expected = match error {
            PartError::Unclosed => "`}` behind the name",
            PartError::Unnamed => "the name of a field between the braces",
        };
        report_part(cx, entry, span, expected, findings);
    }
}

/// Each run of characters that name no application.
fn check_letters(cx: &EncodingContext<'_>, entry: &Entry<'_>, findings: &mut Findings<'_>) {
    let text = cx.text(entry.value_span);
    let mut behind = 0;
    for run in text.split(char::is_alphanumeric) {
        let start = behind;
        let end = start + run.len();
        behind = end + text[end..].chars().next().map_or(0, char::len_utf8);
        // A value is shorter than what 32 bits count (see `Span`).
        let (Ok(from), Ok(to)) = (u32::try_from(start), u32::try_from(end)) else {
            return;
        };
        if from < to {
            let span = Span::new(from, to).shifted(entry.value_span.start);
            let expected = "letters and digits without anything between them";
            report_part(cx, entry, span, expected, findings);
        }
    }
}

fn report_parts(
    cx: &EncodingContext<'_>,
    entry: &Entry<'_>,
    bad: Vec<BadPart>,
    findings: &mut Findings<'_>,
) {
    for part in bad {
        report_part(cx, entry, part.span, &part.expected, findings);
    }
}

fn report_part(
    cx: &EncodingContext<'_>,
    entry: &Entry<'_>,
    span: Span,
    expected: &str,
    findings: &mut Findings<'_>,
) {
    findings
        .report(
            format!("malformed value of `{}`", cx.text(entry.key_span)),
            cx.label(span, format!("expected {expected}")),
        )
        .help(format!("write {expected}"));
}
