use super::rule;
use crate::model::is_pin_decryption;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::source::Span;
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// `RetrieveAllTokens` beside anything else to do: `InitToken`, `SetPIN`, `DeleteProfile`,
    /// `UseSelectCriteriaIccsn`, `iccsnfield`, `CMSCardSerialNumber`, `CardPinDecryption_Output_…`,
    /// a list of applications, an application.
    ///
    /// # Why it matters
    ///
    /// The serial numbers of all cards are read and then the job ends. Everything else in the
    /// description is skipped without a word.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Serials=
    /// HolderPin=
    /// CardPuk=
    /// [Description]
    /// PKCS11Library=module.dll
    /// RetrieveAllTokens=true
    /// AllTokensIccsnsField=Serials
    /// SetPIN=true
    /// PIN=HolderPin
    /// InitialPUK=CardPuk
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Serials=
    /// [Description]
    /// PKCS11Library=module.dll
    /// RetrieveAllTokens=true
    /// AllTokensIccsnsField=Serials
    /// ```
    ///
    /// # Fix
    ///
    /// None: split the description in two.
    ///
    /// # Source
    ///
    /// Stated (READER).
    name: "retrieve-all-with-other-commands",
    family: Family::Dsc,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "READER",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

/// Keys of `[Description]` that ask for something else.
const COMMANDS: [Key; 8] = [
    Key::InitToken,
    Key::SetPIN,
    Key::DeleteProfile,
    Key::UseSelectCriteriaIccsn,
    Key::Iccsnfield,
    Key::CMSCardSerialNumber,
    Key::ApplicationList,
    Key::ApplicationListField,
];

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let Some(trigger) = cx.encoding.on(Key::RetrieveAllTokens) else {
        return;
    };
    let others = other_commands(cx);
    if others.is_empty() {
        return;
    }
    let mut draft = findings
        .report(
            "`RetrieveAllTokens` stands beside other commands",
            cx.label(
                trigger.key_span,
                "reads the serial numbers, and ends the job",
            ),
        )
        .help("put the other commands into a description of their own");
    for other in others {
        draft = draft.because(cx.label(other, "would be skipped"));
    }
}

/// What else there is to do, in order of place; of the applications, the first.
fn other_commands(cx: &EncodingContext<'_>) -> Vec<Span> {
    let encoding = cx.encoding;
    let keys = COMMANDS
        .iter()
        .filter_map(|key| encoding.entry(*key))
        .filter(|entry| entry.is_present());
    let decrypted = Key::ALL
        .iter()
        .filter(|key| is_pin_decryption(**key))
        .filter_map(|key| encoding.entry(*key));
    let first = encoding.applications().next();
    let mut spans: Vec<Span> = keys
        .chain(decrypted)
        .map(|entry| entry.key_span)
        .chain(first.map(|application| application.name_span()))
        .collect();
    spans.sort();
    spans
}
