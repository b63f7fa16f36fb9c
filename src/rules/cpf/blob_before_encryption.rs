use super::rule;
use crate::rules::{Check, Family, Findings, Level, ProfileContext};
use crate::stdlib::{Certainty, ResultKind, builtin};

rule! {
    /// # What it finds
    ///
    /// `PERSINFO_SEC()` or `PERSINFO_PUT_PUBRSA_AND_SEC()` is used, and no `PERSINFO_ENCRYPT_SEC()`
    /// stands before it.
    ///
    /// # Why it matters
    ///
    /// The encrypted PINs do not exist before that call, so there is nothing to write to the card.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// PERSINFO_PUT_SEC(SEC_PIN1)
    /// MasterFile
    /// CreateEf EFPINS id=0x4401 maxsize=900 read=always update=never
    /// Endfile
    /// File Dynamic EFPINS
    /// data = PERSINFO_SEC()
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// PERSINFO_PUT_SEC(SEC_PIN1)
    /// PERSINFO_ENCRYPT_SEC()
    /// MasterFile
    /// CreateEf EFPINS id=0x4401 maxsize=900 read=always update=never
    /// Endfile
    /// File Dynamic EFPINS
    /// data = PERSINFO_SEC()
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: call `PERSINFO_ENCRYPT_SEC()` above, behind the last secret that is collected.
    ///
    /// # Source
    ///
    /// Implied by the order of the published example (SEED).
    name: "blob-before-encryption",
    family: Family::Cpf,
    level: Level::ERROR,
    certainty: Certainty::Implied,
    source: "SEED",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let encryption = cx.profile.calls_as(builtin::ENCRYPT_SECRETS).next();
    for call in &cx.profile.calls {
        let gives_blob = call
            .function
            .is_some_and(|function| function.result == ResultKind::Bytes);
        let is_late = encryption.is_some_and(|encryption| encryption.span.start < call.span.start);
        // A blob that goes nowhere is `invalid-call`.
        if !gives_blob || !call.as_value || is_late {
            continue;
        }
        let encrypt = builtin::ENCRYPT_SECRETS;
        let draft = findings
            .report(
                format!("`{}` is used before the PINs are encrypted", call.name),
                cx.label(call.span, "there are no encrypted PINs yet"),
            )
            .help(format!(
                "call `{encrypt}()` above, behind the last `{}`",
                builtin::PUT_SECRET
            ));
        if let Some(encryption) = encryption {
            draft.because(cx.label(encryption.span, "encrypted only here"));
        }
    }
}
