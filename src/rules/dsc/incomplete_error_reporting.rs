use super::rule;
use std::collections::HashMap;

use crate::rules::{Absence, Check, EncodingContext, Family, Findings, Level, Scope, excerpt};
use crate::source::Span;
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// `ExtendedErrorMode` without a field for the status, or fields for the steps while an application
    /// has no `EncodingStep` or repeats that of another.
    ///
    /// # Why it matters
    ///
    /// With the extended error mode an error ends as success. If no field takes the status, nobody
    /// learns of it; without a name of its own a step cannot be told from the others.
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
    /// ExtendedErrorMode=APPLY_ON_APP_ERRORS_ONLY
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
    /// Status=
    /// [Description]
    /// PKCS11Library=module.dll
    /// iccsnfield=Serial
    /// ExtendedErrorMode=APPLY_ON_APP_ERRORS_ONLY
    /// ResponseStatusIdField=Status
    /// ```
    ///
    /// # Fix
    ///
    /// None: add the field or the step.
    ///
    /// # Source
    ///
    /// Implied: the example has all of them (ERR).
    name: "incomplete-error-reporting",
    family: Family::Dsc,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "ERR",
    scope: Scope::ChipFile,
    absence: Absence::InApplication,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let encoding = cx.encoding;
    let status = [Key::ResponseStatusIdField, Key::ResponseStatusTextField];
    if let Some(mode) = encoding.entry(Key::ExtendedErrorMode)
        && !status.iter().any(|key| encoding.has(*key))
    {
        findings
            .report(
                "errors turn into success and nobody sees them",
                cx.label(mode.key_span, "no field takes the status"),
            )
            .help("add `ResponseStatusIdField` or `ResponseStatusTextField`");
    }
    let steps = [Key::EncodingStepsAllField, Key::EncodingStepsDoneField];
    if let Some(field) = steps.iter().find_map(|key| encoding.entry(*key)) {
        check_steps(cx, field.key_span, findings);
    }
}

fn check_steps(cx: &EncodingContext<'_>, field: Span, findings: &mut Findings<'_>) {
    let mut names: HashMap<&str, Span> = HashMap::new();
    for application in cx.encoding.applications() {
        let suffix = excerpt(application.suffix);
        let Some(step) = application.sees(Key::EncodingStep) else {
            findings
                .report(
                    format!("application `{suffix}` has no `EncodingStep`"),
                    cx.label(application.name_span(), "not among the steps"),
                )
                .because(cx.label(field, "the steps are reported here"))
                .help("add `EncodingStep=` with a name of its own");
            continue;
        };
        let name = cx.text(step.value_span);
        let first = *names.entry(name).or_insert(step.value_span);
        if first != step.value_span {
            findings
                .report(
                    format!("step `{}` has two applications", excerpt(name)),
                    cx.label(step.value_span, "named again"),
                )
                .because(cx.label(first, "first named here"))
                .help("give each application a step of its own");
        }
    }
}
