use super::rule;
use crate::model::SectionRole;
use crate::rules::{Absence, Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A description of a chip that names no middleware: no key `PKCS11Library…` and no
    /// `MiniDriverLibrary`.
    ///
    /// # Why it matters
    ///
    /// Everything that is done to the card goes through the middleware. APDU scripts need one too.
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
    /// SetPIN=true
    /// PIN=!FROM_USER_DIALOG_3_FIELD
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
    /// SetPIN=true
    /// PIN=!FROM_USER_DIALOG_3_FIELD
    /// ```
    ///
    /// # Fix
    ///
    /// None: which middleware the card needs is for the author to say.
    ///
    /// # Source
    ///
    /// Stated for scripts (APDU), implied for the rest (STRUCT).
    name: "missing-middleware",
    family: Family::Middleware,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "APDU, STRUCT",
    scope: Scope::ChipFile,
    absence: Absence::InFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let encoding = cx.encoding;
    let header = encoding
        .section_name(SectionRole::Description)
        .or_else(|| encoding.section_name(SectionRole::Encoding));
    let Some(header) = header.filter(|_| encoding.libraries().next().is_none()) else {
        return;
    };
    findings
        .report(
            "no middleware is named",
            cx.label(header, "expected the key of a library in `[Description]`"),
        )
        .help("add `PKCS11Library=`, or `PKCS11LibraryWindows32=` for Personal Desktop Client");
}
