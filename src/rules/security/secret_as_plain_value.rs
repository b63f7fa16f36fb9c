use super::rule;
use foldhash::{HashMap, HashMapExt as _};

use crate::model::FieldUse;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope, excerpt};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// A field that holds a credential and is also used in the open: as a label, a serial number, a
    /// data object, a slot, a list of applications or the name of a server.
    ///
    /// # Why it matters
    ///
    /// The PIN is then printed, logged or written to the card where everyone can read it.
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
    /// [Description]
    /// PKCS11Library=module.dll
    /// InitToken=true
    /// PIN=HolderPin
    /// InitialPUK=CardPuk
    /// InitialLabel=HolderPin
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
    /// Label=
    /// [Description]
    /// PKCS11Library=module.dll
    /// InitToken=true
    /// PIN=HolderPin
    /// InitialPUK=CardPuk
    /// InitialLabel=Label
    /// ```
    ///
    /// # Fix
    ///
    /// None: use a field of its own for the open value.
    ///
    /// # Source
    ///
    /// Ours.
    name: "secret-as-plain-value",
    family: Family::Security,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "PERSO",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

/// Keys whose value is for everyone to see.
const OPEN: [Key; 9] = [
    Key::InitialLabel,
    Key::LabelExpressionDataObject,
    Key::DataObject,
    Key::CMSCardSerialNumber,
    Key::CardSerialNumberField,
    Key::SelectCriteriaIccsn,
    Key::Location,
    Key::ApplicationListField,
    Key::MessagingServerField,
];

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let mut secrets = HashMap::new();
    for used in cx.encoding.secret_fields() {
        secrets.entry(used.name).or_insert(used);
    }
    let in_the_open = |used: &FieldUse<'_>| OPEN.contains(&used.key);
    for used in cx.encoding.field_uses().filter(in_the_open) {
        let Some(secret) = secrets.get(used.name) else {
            continue;
        };
        findings
            .report(
                format!("secret field `{}` is used in the open", excerpt(used.name)),
                cx.label(
                    used.span,
                    format!("`{}` does not keep it secret", used.key.name()),
                ),
            )
            .because(cx.label(
                secret.span,
                format!("a secret, because of `{}`", secret.key.name()),
            ))
            .help("use a field of its own here");
    }
}
