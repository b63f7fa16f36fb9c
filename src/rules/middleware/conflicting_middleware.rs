use super::rule;
use crate::model::{Entry, IDOPTE};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// Two middlewares in one description: `idopte` beside the key of another library, or
    /// `MiniDriverLibrary` beside a `PKCS11Library…` key.
    ///
    /// # Why it matters
    ///
    /// A card is driven by one middleware. Which one is taken is not documented.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Serial=
    /// [Description]
    /// PKCS11Library=idopte
    /// MiniDriverLibrary=driver.dll
    /// iccsnfield=Serial
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// Serial=
    /// [Description]
    /// PKCS11Library=idopte
    /// iccsnfield=Serial
    /// ```
    ///
    /// # Fix
    ///
    /// None: which middleware the card needs is for the author to say.
    ///
    /// # Source
    ///
    /// Stated for Idopte (IDOPTE); ours for the mini driver.
    name: "conflicting-middleware",
    family: Family::Middleware,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "IDOPTE",
    scope: Scope::ChipFile,
    yields_to: &["duplicate-definition"],
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let mut libraries = cx.encoding.libraries();
    let Some(first) = libraries.next() else {
        return;
    };
    let Some(second) = libraries.find(|second| conflict(cx, first, second)) else {
        return;
    };
    findings
        .report(
            "two middlewares are named",
            cx.label(second.key_span, "names another middleware"),
        )
        .because(cx.label(first.key_span, "names the first"))
        .help("keep the key of the middleware that the card needs");
}

fn conflict(cx: &EncodingContext<'_>, first: &Entry<'_>, second: &Entry<'_>) -> bool {
    let is_mini_driver = |entry: &Entry<'_>| entry.key() == Some(Key::MiniDriverLibrary);
    let is_idopte = |entry: &Entry<'_>| {
        cx.text(entry.value_span)
            .trim()
            .eq_ignore_ascii_case(IDOPTE)
    };
    is_mini_driver(first) != is_mini_driver(second) || is_idopte(first) != is_idopte(second)
}
