use super::rule;
use foldhash::{HashMap, HashMapExt as _};

use crate::model::FieldUse;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// One field that feeds two credentials.
    ///
    /// # Why it matters
    ///
    /// Whoever knows the PIN then knows the PUK too. Most often it is a slip of copying.
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
    /// InitialPUK=HolderPin
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
    /// None: give each credential a field of its own.
    ///
    /// # Source
    ///
    /// Ours.
    name: "shared-credential-field",
    family: Family::Security,
    level: Level::WARNING,
    certainty: Certainty::Ours,
    source: "PERSO",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let mut fed: HashMap<&str, FieldUse<'_>> = HashMap::new();
    for used in cx.encoding.secret_fields() {
        let first = *fed.entry(used.name).or_insert(used);
        if first.key != used.key {
            findings
                .report(
                    format!("field `{}` feeds two credentials", excerpt(used.name)),
                    cx.label(used.span, format!("for `{}`", used.key.name())),
                )
                .because(cx.label(first.span, format!("and for `{}`", first.key.name())))
                .help("give each credential a field of its own");
        }
    }
}
