use super::rule;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{self, Certainty};

rule! {
    /// # What it finds
    ///
    /// `ProfileParameters` names `SEC_PIN1`, `SEC_PIN2`, `SEC_PUK` or `SEC_OP`, in any letter case.
    ///
    /// # Why it matters
    ///
    /// These four names carry the PINs of the encoding into the card profile. Setting a PIN takes
    /// more than handing over its value, so the encoder sets these variables itself, from the keys
    /// that exist for it. A value passed under one of the names collides with that.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8710
    /// [Fields]
    /// UserPuk=
    /// SEC_PUK=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// InitToken=true
    /// InitialPUK=UserPuk
    /// ChipProfile=profile.cpf
    /// ProfileParameters=SEC_PUK
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8710
    /// [Fields]
    /// UserPuk=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// InitToken=true
    /// InitialPUK=UserPuk
    /// ChipProfile=profile.cpf
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: take the name out of the list and use the key that the message names.
    ///
    /// # Source
    ///
    /// Stated (SEED): the four names must not be used as variable names.
    name: "reserved-profile-variable",
    family: Family::Personal,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SEED",
    scope: Scope::PersonalFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    for parameter in cx.encoding.profile_parameters() {
        let reserved =
            stdlib::credential_of_variable(parameter.name).filter(|credential| credential.reserved);
        let Some((credential, key)) = reserved.and_then(|it| Some((it, it.fed_by.first()?))) else {
            continue;
        };
        let feeds = credential.fed_by.iter().any(|key| cx.encoding.has(*key));
        let key = key.name();
        let help = if feeds {
            format!("take it out of the list; `{key}` sets the value already")
        } else {
            format!("take it out of the list and set the value with `{key}=`")
        };
        findings
            .report(
                format!("`{}` cannot be a profile parameter", parameter.name),
                cx.label(parameter.span, "reserved: the encoder sets it itself"),
            )
            .help(help)
            .note(format!(
                "the encoder passes `{key}` to the profile as `{}`",
                credential.variable
            ));
    }
}
