use super::rule;
use crate::model::GEMALTO;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// `InitialPUK` and `CardManagerKey` together; or, with Gemalto, a PIN that is set with
    /// `InitialPUK` instead of `CardManagerKey`.
    ///
    /// # Why it matters
    ///
    /// A card has one or the other. Wrong tries count: after five of them a Gemalto card is destroyed.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// HolderPin=
    /// CardPuk=
    /// CardKey=
    /// [Description]
    /// PKCS11Library=module.dll
    /// SetPIN=true
    /// PIN=HolderPin
    /// InitialPUK=CardPuk
    /// CardManagerKey=CardKey
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
    /// CardKey=
    /// [Description]
    /// PKCS11Library=module.dll
    /// SetPIN=true
    /// PIN=HolderPin
    /// CardManagerKey=CardKey
    /// ```
    ///
    /// # Fix
    ///
    /// None: name the credential that the card has.
    ///
    /// # Source
    ///
    /// Implied (BLOCK, GEM).
    name: "mismatched-admin-credential",
    family: Family::Middleware,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "BLOCK, GEM",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let encoding = cx.encoding;
    let Some(puk) = encoding.entry(Key::InitialPUK) else {
        return;
    };
    if let Some(manager) = encoding.entry(Key::CardManagerKey) {
        findings
            .report(
                "`InitialPUK` and `CardManagerKey` stand together",
                cx.label(puk.key_span, "one credential"),
            )
            .because(cx.label(manager.key_span, "the other"))
            .help("keep the one that the card has");
        return;
    }
    let unblocks = encoding.has(Key::SetPIN) && !encoding.has(Key::InitToken);
    if unblocks && cx.middleware.is(GEMALTO) {
        findings
            .report(
                "Gemalto sets a PIN with `CardManagerKey`, not with `InitialPUK`",
                cx.label(puk.key_span, "the card may take this for a wrong key"),
            )
            .help("write `CardManagerKey=` with the field that holds the key of the card")
            .note("five wrong tries destroy the card");
    }
}
