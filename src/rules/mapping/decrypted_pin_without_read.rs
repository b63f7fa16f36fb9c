use super::rule;
use std::collections::HashSet;

use crate::diagnostic::{Edit, Fix, Label};
use crate::model::Binding;
use crate::rules::{Check, Family, Findings, Level, Output, ProjectContext, excerpt};
use crate::source::{SourceId, Span};
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
                Some(binding) if !binding.is_read() => report_unread(binding, &output, findings),
                Some(_) => {}
            }
        }
    }
}

fn report_unbound(output: &Output<'_>, findings: &mut Findings<'_>) {
    let name = excerpt(output.used.name);
    findings
        .report(
            format!("decrypted PIN `{name}` is not read back"),
            Label::new(
                output.source,
                output.used.span,
                "has no entry in `[mapping]`",
            ),
        )
        .help("add an entry with `to`, `encrypted = true` and `read = true`");
}

fn report_unread(binding: &Binding, output: &Output<'_>, findings: &mut Findings<'_>) {
    let (source, span) = binding.place;
    let draft = findings
        .report(
            format!(
                "decrypted PIN `{}` is not read back",
                excerpt(&binding.field)
            ),
            Label::new(source, span, "lacks `read = true`"),
        )
        .because(output.label())
        .help("add `read = true`");
    let written = binding.read.as_ref().and_then(|read| read.place);
    if let Some((source, span)) = written {
        draft.fix(read_back(source, span));
    }
}

fn read_back(source: SourceId, span: Span) -> Fix {
    let text = "true".to_owned();
    Fix::on_request("write `true`", [Edit { source, span, text }])
}
