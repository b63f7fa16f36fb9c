use std::collections::HashSet;

use super::rule;
use crate::diagnostic::Label;
use crate::model::{Entry, MiddlewareChoice, PERSONAL_DESKTOP_CLIENT, is_pin_decryption};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// `ChipProfile`, `ProfileParameters`, `DeleteProfile`, `Operator_Pin`, `OperatorPinIsSOCredential`
    /// or an output of encrypted PINs in a description for another middleware than Personal Desktop
    /// Client. A library that names no `personal` file counts as another one; without any library key
    /// the rule is silent.
    ///
    /// # Why it matters
    ///
    /// Card profiles, the operator PIN and encrypted PINs exist with Personal Desktop Client alone.
    /// Another middleware initialises the card its own way and leaves these keys aside, so the card
    /// comes out other than the description says.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8710
    /// [Fields]
    /// UserPin=
    /// OperatorPin=
    /// [Description]
    /// PKCS11LibraryWindows32=idprimepkcs11.dll
    /// PIN=UserPin
    /// Operator_Pin=OperatorPin
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8710
    /// [Fields]
    /// UserPin=
    /// OperatorPin=
    /// [Description]
    /// PKCS11LibraryWindows32=personal.dll
    /// PIN=UserPin
    /// Operator_Pin=OperatorPin
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: delete the key, or name the library of Personal Desktop Client.
    ///
    /// # Source
    ///
    /// Stated for `DeleteProfile`, implied for the others (SEED). The middleware is found by `[target]`
    /// or the library key.
    name: "personal-key-on-other-middleware",
    family: Family::Personal,
    level: Level::ERROR,
    certainty: Certainty::Implied,
    source: "SEED",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let middleware = match cx.middleware {
        MiddlewareChoice::Known(middleware) if middleware.id == PERSONAL_DESKTOP_CLIENT => return,
        MiddlewareChoice::Known(middleware) => middleware.name,
        MiddlewareChoice::Other => "this library",
        MiddlewareChoice::Unknown => return,
    };
    let mut told = HashSet::new();
    for entry in &cx.encoding.entries {
        let Some(key) = entry.key().filter(|key| key.keyword().is_personal_only()) else {
            continue;
        };
        // The outputs of encrypted PINs are one feature and count once.
        let subject = if is_pin_decryption(key) {
            None
        } else {
            Some(key)
        };
        if !entry.is_present() || !told.insert(subject) {
            continue;
        }
        report(cx, entry, key.name(), middleware, findings);
    }
}

fn report(
    cx: &EncodingContext<'_>,
    entry: &Entry<'_>,
    key: &str,
    middleware: &str,
    findings: &mut Findings<'_>,
) {
    let draft = findings
        .report(
            format!("`{key}` exists with Personal Desktop Client only"),
            cx.label(entry.key_span, format!("has no meaning for {middleware}")),
        )
        .help("delete this line, or name the library of Personal Desktop Client");
    if let Some(cause) = cause(cx, middleware) {
        draft.because(cause);
    }
}

/// What says that it is another middleware.
fn cause(cx: &EncodingContext<'_>, middleware: &str) -> Option<Label> {
    let says = format!("the description is for {middleware}");
    if let Some(choice) = &cx.project.target.middleware {
        let (source, span) = choice.place?;
        return Some(Label::new(source, span, says));
    }
    let library = cx.encoding.deciding_library()?;
    Some(cx.label(library.key_span, says))
}
