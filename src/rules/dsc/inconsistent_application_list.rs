use super::rule;
use std::collections::HashMap;

use crate::diagnostic::Fix;
use crate::model::Entry;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, excerpt};
use crate::source::Span;
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// An application that `ApplicationList` leaves out, or a character that stands in it twice.
    ///
    /// # Why it matters
    ///
    /// What is not in the list never runs. What a repeated character does is not documented.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Serial=
    /// [Description]
    /// PKCS11Library=module.dll
    /// iccsnfield=Serial
    /// ApplicationList=A
    /// [Application_A]
    /// ApduFile=setup.apdu
    /// [Application_B]
    /// BlockCard=true
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Serial=
    /// [Description]
    /// PKCS11Library=module.dll
    /// iccsnfield=Serial
    /// ApplicationList=AB
    /// [Application_A]
    /// ApduFile=setup.apdu
    /// [Application_B]
    /// BlockCard=true
    /// ```
    ///
    /// # Fix
    ///
    /// Unsafe: append the character to the list, or delete the second one.
    ///
    /// # Source
    ///
    /// Implied: the list names the applications in their order (SIGN). The repeated character is ours.
    name: "inconsistent-application-list",
    family: Family::Dsc,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "SIGN",
    yields_to: &["duplicate-definition"],
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let Some(list) = cx.encoding.entry(Key::ApplicationList) else {
        return;
    };
    let mut listed: HashMap<String, Span> = HashMap::new();
    for (character, span) in cx.encoding.application_letters() {
        let folded = character.to_lowercase().to_string();
        match listed.get(&folded) {
            None => _ = listed.insert(folded, span),
            Some(first) => report_repeated(cx, character, span, *first, findings),
        }
    }
    for application in cx.encoding.applications() {
        let suffix = application.suffix;
        if !suffix.is_empty() && !listed.contains_key(&suffix.to_lowercase()) {
            report_unlisted(cx, list, suffix, application.name_span(), findings);
        }
    }
}

fn report_repeated(
    cx: &EncodingContext<'_>,
    character: char,
    span: Span,
    first: Span,
    findings: &mut Findings<'_>,
) {
    findings
        .report(
            format!("application `{character}` is listed twice"),
            cx.label(span, "listed again"),
        )
        .because(cx.label(first, "first listed here"))
        .help("list each application once")
        .fix(Fix::on_request(
            "delete the second one",
            [cx.edit(span, "")],
        ));
}

fn report_unlisted(
    cx: &EncodingContext<'_>,
    list: &Entry<'_>,
    suffix: &str,
    name: Span,
    findings: &mut Findings<'_>,
) {
    let draft = findings
        .report(
            format!("application `{}` never runs", excerpt(suffix)),
            cx.label(name, "not in `ApplicationList`"),
        )
        .because(cx.label(list.value_span, "the applications that run"))
        .help("add it to the list, or delete the section");
    let mut letters = suffix.chars();
    if let (Some(letter), None) = (letters.next(), letters.next())
        && letter.is_alphanumeric()
    {
        let end = Span::empty(list.value_span.end);
        draft.fix(Fix::on_request(
            format!("append `{letter}` to the list"),
            [cx.edit(end, letter)],
        ));
    }
}
