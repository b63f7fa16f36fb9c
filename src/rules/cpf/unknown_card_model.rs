use super::rule;
use crate::diagnostic::{Fix, nearest};
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::stdlib::{self, Certainty};
use crate::syntax::cpf::TermKind;

rule! {
    /// # What it finds
    ///
    /// A `CardModel` that names no card that perso knows.
    ///
    /// # Why it matters
    ///
    /// The model decides how files are made on the card. With a wrong one the initialisation fails;
    /// with one that perso does not know, nothing about the card can be checked.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS5O'
    /// MasterFile
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// On request: the nearest known name.
    ///
    /// # Source
    ///
    /// Implied: `SIEMENS50` is the only published name (SEED). The vendor knows more.
    name: "unknown-card-model",
    family: Family::Cpf,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "SEED",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let Some((name, span)) = cx.profile.card_model_name() else {
        return;
    };
    if stdlib::card_of_model(&name).is_some() {
        return;
    }
    let models = || {
        stdlib::cards()
            .iter()
            .flat_map(|card| card.card_models)
            .copied()
    };
    let draft = findings.report(
        format!("card model `{}` is not known", excerpt(&name)),
        cx.label(span, "no card of this name"),
    );
    let Some(near) = nearest(&name, models()) else {
        let known: Vec<_> = models().map(|model| format!("`{model}`")).collect();
        draft
            .help(format!("known are {}", known.join(", ")))
            .note("the vendor knows more names than are public");
        return;
    };
    let draft = draft.help(format!("did you mean `{near}`?"));
    let term = cx
        .profile
        .card_model
        .and_then(|(_, value)| cx.profile.single_term(value?));
    // A variable is not replaced by the name that it should hold.
    if term.is_some_and(|term| term.kind == TermKind::String) {
        draft.fix(Fix::on_request(
            format!("write `'{near}'`"),
            [cx.edit(span, format!("'{near}'"))],
        ));
    }
}
