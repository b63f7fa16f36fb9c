use super::rule;
use std::collections::HashMap;

use crate::model::{Application, Encoding};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope, excerpt};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// `BlockCard` in an application that is not the last one to run: of `ApplicationList`, or of the
    /// file where there is no list.
    ///
    /// # Why it matters
    ///
    /// The applications behind it can no longer log in to the card.
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
    /// PIN=HolderPin
    /// ApplicationList=AB
    /// [Application_A]
    /// BlockCard=true
    /// [Application_B]
    /// CertTempl=LabLogin
    /// KeySize=2048
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
    /// PIN=HolderPin
    /// ApplicationList=BA
    /// [Application_A]
    /// BlockCard=true
    /// [Application_B]
    /// CertTempl=LabLogin
    /// KeySize=2048
    /// ```
    ///
    /// # Fix
    ///
    /// None: move the application to the end of the list.
    ///
    /// # Source
    ///
    /// Implied: a card is blocked at the end of its personalisation (BLOCK).
    name: "early-card-block",
    family: Family::Dsc,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "BLOCK",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let order = running_order(cx.encoding);
    let Some((last, earlier)) = order.split_last() else {
        return;
    };
    for application in earlier {
        let Some(block) = application
            .entry(Key::BlockCard)
            .filter(|block| block.is_on())
        else {
            continue;
        };
        let later = excerpt(last.suffix);
        findings
            .report(
                format!("the card is blocked before application `{later}`"),
                cx.label(block.key_span, "what follows cannot log in"),
            )
            .because(cx.label(last.name_span(), "runs later"))
            .help("block the card in the last application");
    }
}

/// The applications in the order in which they run, each once; none where only a field tells it.
fn running_order<'e, 't>(encoding: &'e Encoding<'t>) -> Vec<Application<'e, 't>> {
    if !encoding.has(Key::ApplicationList) {
        let told_later = encoding.has(Key::ApplicationListField);
        return encoding.applications().filter(|_| !told_later).collect();
    }
    let mut by_letter: HashMap<String, Application<'_, '_>> = HashMap::new();
    for application in encoding.applications() {
        let letter = application.suffix.to_lowercase();
        by_letter.entry(letter).or_insert(application);
    }
    encoding
        .application_letters()
        .filter_map(|(letter, _)| by_letter.remove(&letter.to_lowercase().to_string()))
        .collect()
}
