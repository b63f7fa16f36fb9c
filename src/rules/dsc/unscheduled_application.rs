use super::rule;
use crate::rules::{Absence, Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// Applications in a description with neither `ApplicationList` nor `ApplicationListField`.
    /// Reported once.
    ///
    /// # Why it matters
    ///
    /// Which applications then run, and in which order, is not documented.
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
    /// [Application_A]
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
    /// ApplicationList=A
    /// [Application_A]
    /// BlockCard=true
    /// ```
    ///
    /// # Fix
    ///
    /// None: list the applications in the order in which they shall run.
    ///
    /// # Source
    ///
    /// Ours: the documentation says nothing about it.
    name: "unscheduled-application",
    family: Family::Dsc,
    level: Level::INFO,
    certainty: Certainty::Ours,
    source: "PERSO",
    scope: Scope::ChipFile,
    absence: Absence::InFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let encoding = cx.encoding;
    let listed = encoding.has(Key::ApplicationList) || encoding.has(Key::ApplicationListField);
    let Some(first) = encoding.applications().next().filter(|_| !listed) else {
        return;
    };
    findings
        .report(
            "nothing says which applications run",
            cx.label(first.name_span(), "is in no list"),
        )
        .help("add `ApplicationList=` with the letters of the applications, in their order");
}
