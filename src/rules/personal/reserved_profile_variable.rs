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
        let Some(credential) = stdlib::credential_of_variable(parameter.name) else {
            continue;
        };
        let [key, ..] = credential.fed_by else {
            continue;
        };
        if !credential.reserved {
            continue;
        }
        let key = key.name();
        findings
            .report(
                format!(
                    "`{}` is reserved and cannot be a profile parameter",
                    parameter.name
                ),
                cx.label(parameter.span, "set by the encoder itself"),
            )
            .help(format!(
                "take it out of the list and set the value with `{key}=`"
            ))
            .note(format!(
                "the encoder passes `{key}` to the profile as `{}`",
                credential.variable
            ));
    }
}
