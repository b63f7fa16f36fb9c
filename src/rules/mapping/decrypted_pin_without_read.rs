use std::collections::HashSet;

use super::{report_unread, rule};
use crate::diagnostic::Label;
use crate::rules::{Check, Family, Findings, Level, Output, ProjectContext, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A field that a decrypted PIN comes to, whose entry in `[mapping]` lacks `read = true`, or that
    /// has no entry.
    ///
    /// # Why it matters
    ///
    /// The PIN is read from the card and thrown away.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// FirstPin=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// CardPinDecryption_Output_PIN1=FirstPin
    /// ```
    ///
    /// ```toml
    /// [mapping]
    /// FirstPin = { to = "${Card_Pin1}", encrypted = true }
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// FirstPin=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// CardPinDecryption_Output_PIN1=FirstPin
    /// ```
    ///
    /// ```toml
    /// [mapping]
    /// FirstPin = { to = "${Card_Pin1}", encrypted = true, read = true }
    /// ```
    ///
    /// # Fix
    ///
    /// Unsafe: write `read = true` where the entry says `false`.
    ///
    /// # Source
    ///
    /// Stated (SEED).
    name: "decrypted-pin-without-read",
    family: Family::Mapping,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SEED",
    check: Check::Project(check),
}

fn check(cx: &ProjectContext<'_>, findings: &mut Findings<'_>) {
    let Some(mapping) = &cx.project.mapping else {
        return;
    };
    let bindings = mapping.by_field();
    let mut told = HashSet::new();
    for output in cx.outputs().filter(Output::is_decrypted_pin) {
        if told.insert(output.used.name) {
            match bindings.get(output.used.name) {
                None => report_unbound(&output, findings),
                Some(binding) if !binding.is_read() => {
                    report_unread(binding, &output, headline(&binding.field), findings);
                }
                Some(_) => {}
            }
        }
    }
}

fn report_unbound(output: &Output<'_>, findings: &mut Findings<'_>) {
    findings
        .report(
            headline(output.used.name),
            Label::new(
                output.source,
                output.used.span,
                "has no entry in `[mapping]`",
            ),
        )
        .help("add an entry with `to`, `encrypted = true` and `read = true`");
}

fn headline(field: &str) -> String {
    format!("decrypted PIN `{}` is not read back", excerpt(field))
}
