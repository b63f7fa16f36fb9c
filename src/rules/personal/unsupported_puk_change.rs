use super::rule;
use crate::diagnostic::Label;
use crate::model::{MiddlewareChoice, Target};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::source::{SourceId, Span};
use crate::stdlib::{self, Certainty, Key, Middleware, PukChange};

rule! {
    /// # What it finds
    ///
    /// `PUK` is present, which changes the PUK of the card, and `[target]` of the project names a card,
    /// a version of Personal Desktop Client or a version of Identity Manager with which that cannot be
    /// done.
    ///
    /// # Why it matters
    ///
    /// The PUK stays as it was while the new one is already stored at the server: when the holder
    /// blocks the PIN, the card cannot be unblocked any more.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8710
    /// [Fields]
    /// NewPin=
    /// OldPuk=
    /// NewPuk=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// SetPIN=true
    /// PIN=NewPin
    /// InitialPUK=OldPuk
    /// PUK=NewPuk
    /// ```
    ///
    /// ```toml
    /// [target]
    /// card = "cardos-5.0"
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8710
    /// [Fields]
    /// NewPin=
    /// OldPuk=
    /// NewPuk=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// SetPIN=true
    /// PIN=NewPin
    /// InitialPUK=OldPuk
    /// PUK=NewPuk
    /// ```
    ///
    /// ```toml
    /// [target]
    /// card = "cosmo-8.2"
    /// middleware = "personal-desktop-client 5.7.2"
    /// identity-manager = "21.04.3"
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: delete `PUK`, or correct `[target]`.
    ///
    /// # Source
    ///
    /// Stated (SEED): the PUK can be changed on Cosmo 7 and Cosmo 8.2, from Personal Desktop Client
    /// 5.7.2 and Identity Manager 21.04.3 on.
    name: "unsupported-puk-change",
    family: Family::Personal,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SEED",
    scope: Scope::PersonalFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let Some(entry) = cx.encoding.entry(Key::PUK) else {
        return;
    };
    let MiddlewareChoice::Known(middleware) = cx.middleware else {
        return;
    };
    let Some(conditions) = &middleware.puk_change else {
        return;
    };
    let against = contradictions(&cx.project.target, middleware, conditions);
    let [first, ..] = against.as_slice() else {
        return;
    };
    let mut draft = findings
        .report(
            format!("the PUK cannot be changed {}", first.with),
            cx.label(entry.key_span, "asks for a change of the PUK"),
        )
        .help("delete `PUK`, or correct `[target]` if it is out of date")
        .note(requirement(middleware, conditions));
    for Contradiction { with, place } in &against {
        if let Some((source, span)) = *place {
            draft = draft.because(Label::new(
                source,
                span,
                format!("no change of the PUK {with}"),
            ));
        }
    }
}

/// A setting of `[target]` with which the PUK cannot be changed.
struct Contradiction {
    with: String,
    place: Option<(SourceId, Span)>,
}

fn contradictions(
    target: &Target,
    middleware: &Middleware,
    conditions: &PukChange,
) -> Vec<Contradiction> {
    let mut list = Vec::new();
    if let Some(card) = &target.card
        && !conditions.cards.contains(&card.value.id)
    {
        let with = format!("on {}", card.value.name);
        list.push(Contradiction {
            with,
            place: card.place,
        });
    }
    if let Some(client) = &target.middleware
        && let Some(version) = client.value.1
        && version < conditions.middleware
    {
        let with = format!("with {} {version}", middleware.name);
        list.push(Contradiction {
            with,
            place: client.place,
        });
    }
    if let Some(manager) = &target.identity_manager
        && manager.value < conditions.identity_manager
    {
        let with = format!("with Identity Manager {}", manager.value);
        list.push(Contradiction {
            with,
            place: manager.place,
        });
    }
    list
}

fn requirement(middleware: &Middleware, conditions: &PukChange) -> String {
    let cards: Vec<_> = conditions
        .cards
        .iter()
        .map(|id| stdlib::card(id).map_or(*id, |card| card.name))
        .collect();
    format!(
        "it needs {}, {} {} and Identity Manager {}, or later versions",
        cards.join(" or "),
        middleware.name,
        conditions.middleware,
        conditions.identity_manager
    )
}
