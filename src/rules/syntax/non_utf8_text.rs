use super::rule;
use crate::diagnostic::Fix;
use crate::rules::{Check, Family, Findings, Level, TextContext};
use crate::source::{Span, TextEncoding};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// Bytes that are not UTF-8. The file is read as Windows-1252, and its check goes on.
    ///
    /// # Why it matters
    ///
    /// The bytes of a label or of a string reach the card. Which encoding the product expects is
    /// not documented, and the same file shows other letters on another machine.
    ///
    /// # Example
    ///
    /// ```dsc card.dsc windows-1252
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// # für die Zentrale
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// # für die Zentrale
    /// ```
    ///
    /// # Fix
    ///
    /// Unsafe: save the file as UTF-8. Until that is done, no other fix is offered for it.
    ///
    /// # Source
    ///
    /// Ours: the encoding of the files is not documented.
    name: "non-utf8-text",
    family: Family::Syntax,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "PERSO",
    check: Check::Text(check),
}

fn check(cx: &TextContext<'_>, findings: &mut Findings<'_>) {
    let TextEncoding::Windows1252 { first_invalid } = cx.file.encoding() else {
        return;
    };
    let rest = &cx.file.text()[first_invalid as usize..];
    let Some(character) = rest.chars().next() else {
        return;
    };
    // At most four bytes.
    let length = u32::try_from(character.len_utf8()).unwrap_or(1);
    let span = Span::new(first_invalid, first_invalid + length);
    findings
        .report(
            "the file is not UTF-8",
            cx.label(span, format!("first such byte, read as `{character}`")),
        )
        .help("save the file as UTF-8, and look whether all letters are right")
        .note("it is read as Windows-1252")
        // Whatever is written to the file is written as UTF-8.
        .fix(Fix::on_request(
            "save the file as UTF-8",
            [cx.edit(span, character)],
        ));
}
