use std::collections::HashSet;

use super::rule;
use crate::model::CallSite;
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::stdlib::{Certainty, ResultKind, builtin, credential_of_variable};
use crate::syntax::cpf::TermKind;

rule! {
    /// # What it finds
    ///
    /// Encrypted PINs that are not what they should be: a secret is collected after the encryption or
    /// without any; the encryption has nothing to encrypt, or no file gets its result; or, in a profile
    /// with `CreatePin`, a secret that the profile sets is handed out and is the `value` of no PIN.
    ///
    /// # Why it matters
    ///
    /// The PIN letter lacks a PIN, or names one that the card does not have. Nobody notices before the
    /// holder stands there with it.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// PERSINFO_PUT_SEC(SEC_PIN1)
    /// PERSINFO_ENCRYPT_SEC()
    /// PERSINFO_PUT_SEC(SEC_PUK)
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
    /// PERSINFO_PUT_SEC(SEC_PUK)
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
    /// None is applied: move the call, or complete the profile.
    ///
    /// # Source
    ///
    /// Implied by the order of the published example (SEED); ours for `CreatePin`.
    name: "incomplete-pin-blob",
    family: Family::Cpf,
    level: Level::WARNING,
    certainty: Certainty::Implied,
    source: "SEED",
    yields_to: &["invalid-call"],
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let puts: Vec<_> = cx.profile.calls_as(builtin::PUT_SECRET).collect();
    let is_used = cx.profile.calls.iter().any(|call| {
        let function = call.counts_as;
        call.as_value && function.is_some_and(|function| function.result == ResultKind::Bytes)
    });
    match cx.profile.calls_as(builtin::ENCRYPT_SECRETS).next() {
        Some(encryption) => check_encryption(cx, encryption, &puts, is_used, findings),
        None if is_used => {} // `blob-before-encryption`
        None => {
            if let Some(first) = puts.first() {
                findings
                    .report(
                        "a secret is collected, but nothing encrypts it",
                        cx.label(first.span, "goes nowhere"),
                    )
                    .help(format!(
                        "call `{}()` behind the last of these calls",
                        builtin::ENCRYPT_SECRETS
                    ));
            }
        }
    }
    check_pins(cx, &puts, findings);
}

fn check_encryption(
    cx: &ProfileContext<'_>,
    encryption: &CallSite<'_>,
    puts: &[&CallSite<'_>],
    is_used: bool,
    findings: &mut Findings<'_>,
) {
    for late in puts
        .iter()
        .filter(|put| put.span.start > encryption.span.start)
    {
        findings
            .report(
                "a secret is collected after the encryption",
                cx.label(late.span, "comes too late"),
            )
            .because(cx.label(encryption.span, "encrypted here"))
            .help("move it in front of the encryption");
    }
    if puts.is_empty() {
        findings
            .report(
                format!("`{}` has nothing to encrypt", encryption.name),
                cx.label(encryption.span, "no secret was collected before"),
            )
            .help(format!(
                "collect secrets with `{}` above",
                builtin::PUT_SECRET
            ));
    } else if !is_used {
        findings
            .report(
                "the encrypted PINs are written to no file",
                cx.label(encryption.span, "what this makes is lost"),
            )
            .help("write them with `data = PERSINFO_SEC()` in a `File Dynamic` block");
    }
}

/// Secrets that are handed out, and that no PIN of the profile has.
fn check_pins(cx: &ProfileContext<'_>, puts: &[&CallSite<'_>], findings: &mut Findings<'_>) {
    let profile = cx.profile;
    if profile.pins.is_empty() {
        return;
    }
    let values: HashSet<String> = profile
        .pins
        .iter()
        .filter_map(|pin| profile.attribute(pin.attributes, "value"))
        .flat_map(|attribute| profile.tree.terms(attribute.value))
        .map(|term| cx.text(term.span).to_ascii_lowercase())
        .collect();
    for put in puts {
        let [argument] = profile.tree.arguments(put.arguments) else {
            continue;
        };
        let span = profile.tree.span(*argument);
        let name = cx.text(span);
        let is_name = profile
            .single_term(*argument)
            .is_some_and(|term| term.kind == TermKind::Name);
        let Some(credential) = credential_of_variable(name).filter(|_| is_name) else {
            continue;
        };
        // What a description gives becomes a PIN of the card without `CreatePin`.
        let is_given = !credential.fed_by.is_empty() && profile.assignment(name).is_none();
        if !is_given && !values.contains(&name.to_ascii_lowercase()) {
            findings
                .report(
                    format!(
                        "secret `{}` goes into the encrypted PINs, but no PIN of the card has it",
                        excerpt(name)
                    ),
                    cx.label(span, "the `value` of no `CreatePin`"),
                )
                .help(format!(
                    "write `CreatePin {} value={name}`",
                    credential.name
                ));
        }
    }
}
