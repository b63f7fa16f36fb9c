use std::collections::HashSet;

use super::rule;
use crate::rules::{Absence, Check, EncodingContext, Family, Findings, Level};
use crate::source::Span;
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// A character of `ApplicationList` for which there is no section `[Application_X]`.
    ///
    /// # Why it matters
    ///
    /// Nothing tells what the encoder should do for it.
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
    /// PIN=HolderPin
    /// ApplicationList=AB
    /// [Application_A]
    /// CertTempl=Login
    /// KeySize=2048
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
    /// PIN=HolderPin
    /// ApplicationList=A
    /// [Application_A]
    /// CertTempl=Login
    /// KeySize=2048
    /// ```
    ///
    /// # Fix
    ///
    /// None: add the section, or take the character out of the list.
    ///
    /// # Source
    ///
    /// Implied: one character for each application (SIGN).
    name: "undefined-application",
    family: Family::Dsc,
    level: Level::ERROR,
    certainty: Certainty::Implied,
    source: "SIGN",
    absence: Absence::InFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let Some(list) = cx.encoding.entry(Key::ApplicationList) else {
        return;
    };
    let mut known: HashSet<String> = cx
        .encoding
        .applications()
        .map(|application| application.suffix.to_lowercase())
        .collect();
    let mut at = list.value_span.start;
    for character in cx.text(list.value_span).chars() {
        // At most four bytes.
        let end = at + u32::try_from(character.len_utf8()).unwrap_or(1);
        let span = Span::new(at, end);
        at = end;
        // What is no letter or digit is malformed; a second one of the same is not told again.
        if !character.is_alphanumeric() || !known.insert(character.to_lowercase().to_string()) {
            continue;
        }
        findings
            .report(
                format!("application `{character}` is not defined"),
                cx.label(span, format!("no section `[Application_{character}]`")),
            )
            .help(format!(
                "add `[Application_{character}]`, or take `{character}` out of the list"
            ));
    }
}
