use super::rule;
use crate::diagnostic::Label;
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::stdlib::{self, Certainty};

rule! {
    /// # What it finds
    ///
    /// The `CardModel` of a card profile stands for another card than `[target] card` of the project
    /// names. A model that perso does not know is not judged here.
    ///
    /// # Why it matters
    ///
    /// A profile for another card makes the initialisation fail, and may leave a half-made card behind.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// ```toml
    /// [target]
    /// card = "cardos-5.3"
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS53'
    /// MasterFile
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// ```toml
    /// [target]
    /// card = "cardos-5.3"
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: correct `CardModel`, or `[target] card`.
    ///
    /// # Source
    ///
    /// Stated (SEED): a profile that does not fit the type of the card lets the initialisation fail.
    /// Which name stands for which card is implied for `SIEMENS50`, and ours for the others.
    name: "card-model-mismatch",
    family: Family::Personal,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SEED",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let Some(target) = &cx.project.target.card else {
        return;
    };
    let Some((name, span)) = cx.profile.card_model_name() else {
        return;
    };
    let Some(card) = stdlib::card_of_model(&name) else {
        return;
    };
    if card.id == target.value.id {
        return;
    }
    let draft = findings
        .report(
            format!(
                "card model `{}` is {}, but the target is {}",
                excerpt(&name),
                card.name,
                target.value.name
            ),
            cx.label(span, format!("expected a model of {}", target.value.name)),
        )
        .help(help(target.value));
    if let Some((source, target_span)) = target.place {
        draft.because(Label::new(source, target_span, "the target of the project"));
    }
}

fn help(card: &stdlib::Card) -> String {
    match card.card_models {
        [] => "use a profile that was made for this card, or correct `[target] card`".to_owned(),
        [model, ..] => format!("write `CardModel '{model}'`, or correct `[target] card`"),
    }
}
