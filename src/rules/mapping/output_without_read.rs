use super::rule;
use crate::diagnostic::{Edit, Fix, Label};
use crate::rules::{Check, Family, Findings, Level, ProjectContext, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A field that the encoder fills, whose entry in `[mapping]` lacks `read = true`. Decrypted PINs
    /// have a rule of their own.
    ///
    /// # Why it matters
    ///
    /// The value comes back and is thrown away.
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
    /// ```
    ///
    /// ```toml
    /// [mapping]
    /// Serial = { to = "${Card_Serial}" }
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
    /// ```
    ///
    /// ```toml
    /// [mapping]
    /// Serial = { to = "${Card_Serial}", read = true }
    /// ```
    ///
    /// # Fix
    ///
    /// Unsafe: write `read = true` where the entry says `false`.
    ///
    /// # Source
    ///
    /// Implied: what comes back is read with this setting (SEED).
    name: "output-without-read",
    family: Family::Mapping,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "SEED",
    check: Check::Project(check),
}

fn check(cx: &ProjectContext<'_>, findings: &mut Findings<'_>) {
    for (binding, output) in cx.bound_outputs() {
        if binding.is_read() || output.is_decrypted_pin() {
            continue;
        }
        let (source, span) = binding.place;
        let draft = findings
            .report(
                format!(
                    "what comes back in `{}` is thrown away",
                    excerpt(&binding.field)
                ),
                Label::new(source, span, "lacks `read = true`"),
            )
            .because(output.label())
            .help("add `read = true`");
        let written = binding.read.as_ref().and_then(|read| read.place);
        if let Some((source, span)) = written {
            let text = "true".to_owned();
            let edit = Edit { source, span, text };
            draft.fix(Fix::on_request("write `true`", [edit]));
        }
    }
}
