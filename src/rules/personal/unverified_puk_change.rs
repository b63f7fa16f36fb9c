use super::rule;
use crate::model::{MiddlewareChoice, Target};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{self, Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// `PUK`, while `[target]` does not say the card, the version of Personal Desktop Client or the
    /// version of Identity Manager.
    ///
    /// # Why it matters
    ///
    /// Few cards let their PUK be changed, and only with recent versions. Elsewhere the run fails at
    /// the card.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// HolderPin=
    /// OldPuk=
    /// NewPuk=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// SetPIN=true
    /// PIN=HolderPin
    /// InitialPUK=OldPuk
    /// PUK=NewPuk
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
    /// OldPuk=
    /// NewPuk=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// SetPIN=true
    /// PIN=HolderPin
    /// InitialPUK=OldPuk
    /// PUK=NewPuk
    /// ```
    ///
    /// ```toml
    /// [target]
    /// middleware = "personal-desktop-client 5.8"
    /// card = "cosmo-8.2"
    /// identity-manager = "23.10.3"
    /// ```
    ///
    /// # Fix
    ///
    /// None: add the settings to `[target]` in `perso.toml`.
    ///
    /// # Source
    ///
    /// Stated: the cards and versions with which a PUK can be changed (SEED).
    name: "unverified-puk-change",
    family: Family::Personal,
    level: Level::WARNING,
    certainty: Certainty::Stated,
    source: "SEED",
    scope: Scope::PersonalFile,
    yields_to: &["unsupported-puk-change", "puk-without-setpin"],
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let MiddlewareChoice::Known(middleware) = cx.middleware else {
        return;
    };
    let (Some(entry), Some(conditions)) = (cx.encoding.entry(Key::PUK), &middleware.puk_change)
    else {
        return;
    };
    let unknown = unknown(&cx.project.target);
    if unknown.is_empty() {
        return;
    }
    let cards: Vec<_> = conditions
        .cards
        .iter()
        .map(|id| stdlib::card(id).map_or(*id, |card| card.name))
        .collect();
    findings
        .report(
            "it is not known whether the PUK can be changed",
            cx.label(entry.key_span, format!("not given: {}", unknown.join(", "))),
        )
        .help("say in `[target]` what the description is written for")
        .note(format!(
            "it needs {}, {} {} and Identity Manager {}, or later versions",
            cards.join(" or "),
            middleware.name,
            conditions.middleware,
            conditions.identity_manager
        ));
}

/// What `[target]` does not say.
fn unknown(target: &Target) -> Vec<&'static str> {
    let client = target.middleware.as_ref().and_then(|given| given.value.1);
    [
        (target.card.is_none(), "the card"),
        (client.is_none(), "the version of the middleware"),
        (
            target.identity_manager.is_none(),
            "the version of Identity Manager",
        ),
    ]
    .into_iter()
    .filter_map(|(missing, what)| missing.then_some(what))
    .collect()
}
