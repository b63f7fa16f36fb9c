use super::rule;
use crate::model::{Encoding, Reference};
use crate::rules::{Absence, Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{Certainty, DialogKind, Key};

rule! {
    /// # What it finds
    ///
    /// `SetPIN` without anything that allows it: no `InitToken`, no `InitialPUK`, no
    /// `CardManagerKey`, and no `Operator_Pin` that logs in as security officer. It is not needed
    /// where the card holder enters the present PIN (dialog 3 or the PIN pad) and no PUK is set.
    ///
    /// # Why it matters
    ///
    /// A card takes a new PIN only from someone who is allowed to set it. Each try without that may
    /// cost one of its tries.
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
    /// SetPIN=true
    /// PIN=HolderPin
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
    /// CardPuk=
    /// [Description]
    /// PKCS11Library=module.dll
    /// SetPIN=true
    /// PIN=HolderPin
    /// InitialPUK=CardPuk
    /// ```
    ///
    /// # Fix
    ///
    /// None: add the credential that the card has.
    ///
    /// # Source
    ///
    /// Stated (BLOCK): the present PUK authorises, or the card manager key.
    name: "setpin-without-authorization",
    family: Family::Dsc,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "BLOCK",
    scope: Scope::ChipFile,
    absence: Absence::InFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let encoding = cx.encoding;
    let Some(trigger) = encoding.on(Key::SetPIN) else {
        return;
    };
    let (pin, puk) = (encoding.entry(Key::PIN), encoding.entry(Key::PUK));
    // With neither, `trigger-without-input` has said so.
    let Some(set) = puk.or(pin) else { return };
    let by_holder = puk.is_none() && pin.is_some_and(|pin| asks_for_present_pin(pin.reference()));
    if by_holder || encoding.has(Key::InitToken) || is_authorised(encoding) {
        return;
    }
    let set_key = cx.text(set.key_span);
    findings
        .report(
            "`SetPIN` has nothing that authorises it",
            cx.label(trigger.key_span, "the card would refuse"),
        )
        .because(cx.label(set.key_span, format!("`{set_key}` is to be set")))
        .help("add `InitialPUK=` with the present PUK of the card")
        .note("`CardManagerKey` does the same on cards that have one");
}

fn is_authorised(encoding: &Encoding<'_>) -> bool {
    let operator = encoding
        .entry(Key::OperatorPinIsSOCredential)
        .is_some_and(|entry| {
            !matches!(entry.reference(), Reference::Literal(word) if word.eq_ignore_ascii_case("false"))
        });
    encoding.has(Key::InitialPUK)
        || encoding.has(Key::CardManagerKey)
        || (operator && encoding.has(Key::OperatorPin))
}

/// Whether the holder enters the present PIN during the run, which authorises the new one.
fn asks_for_present_pin(pin: Reference<'_>) -> bool {
    let Reference::Dialog(dialog) = pin else {
        return false;
    };
    matches!(
        dialog.kind,
        DialogKind::ChangePin | DialogKind::ProtectedPath
    )
}
