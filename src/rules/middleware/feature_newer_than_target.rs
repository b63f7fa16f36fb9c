use super::rule;
use crate::diagnostic::Label;
use crate::model::{Application, Entry, MiddlewareChoice};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{self, Certainty, Feature, Key, ValueKind, Version};

rule! {
    /// # What it finds
    ///
    /// A feature that the Identity Manager of `[target]` does not have yet: the signature slot of
    /// Personal Desktop Client (22.10.2) or Idopte (23.04.4), Idopte itself (23.04.9, but not 23.10.0
    /// to 23.10.2), `ApduFile` (20.11), TCOS 1.12 or 1.13 (22.10).
    ///
    /// # Why it matters
    ///
    /// The key is not understood there, and the job fails or leaves it out.
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
    /// iccsnfield=Serial
    /// ```
    ///
    /// ```toml
    /// [target]
    /// identity-manager = "23.04.5"
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
    /// ```toml
    /// [target]
    /// identity-manager = "23.04.9"
    /// ```
    ///
    /// # Fix
    ///
    /// None: do without the feature, or correct `[target]` if it is out of date.
    ///
    /// # Source
    ///
    /// Stated (SIGN, IDOPTE, APDU, TCOS).
    name: "feature-newer-than-target",
    family: Family::Middleware,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SIGN, IDOPTE, APDU, TCOS",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let Some(manager) = &cx.project.target.identity_manager else {
        return;
    };
    let lacking = stdlib::features()
        .iter()
        .filter(|feature| !feature.is_in(manager.value) && is_in_question(cx, feature));
    for feature in lacking {
        let used = feature.keys.iter().find_map(|key| use_of(cx, *key));
        let Some(entry) = used else { continue };
        let version = manager.value;
        let draft = findings
            .report(
                format!(
                    "Identity Manager {version} does not support {}",
                    feature.name
                ),
                cx.label(entry.key_span, needs(feature, version)),
            )
            .help("do without it, or correct `[target]` if it is out of date")
            .note(feature.meaning);
        if let Some((source, span)) = manager.place {
            draft.because(Label::new(source, span, format!("says {version}")));
        }
    }
}

/// Which versions have a feature that this one lacks.
fn needs(feature: &Feature, version: Version) -> String {
    let first = feature.needs_identity_manager;
    match feature.except {
        Some((from, to)) if version >= first => {
            format!("not in Identity Manager {from} to {to}")
        }
        _ => format!("needs Identity Manager {first} or later"),
    }
}

/// Whether a feature is one of the middleware that the description is for.
fn is_in_question(cx: &EncodingContext<'_>, feature: &Feature) -> bool {
    let Some(id) = feature.middleware else {
        return true;
    };
    let MiddlewareChoice::Known(middleware) = cx.middleware else {
        return false;
    };
    let given = cx.project.target.middleware.as_ref();
    let version = given.and_then(|given| given.value.1);
    let series = feature.middleware_versions;
    let in_series = series
        .iter()
        .any(|series| version.is_some_and(|version| version.is_within(*series)));
    middleware.id == id && (series.is_empty() || in_series)
}

/// The entry that uses a feature: a `Location` only where it is the signature slot, a library key
/// only where it tells the middleware.
fn use_of<'p>(cx: &EncodingContext<'p>, key: Key) -> Option<&'p Entry<'p>> {
    let encoding = cx.encoding;
    if key == Key::Location {
        let signature = encoding.applications().find(Application::is_signature);
        return signature.and_then(|one| one.entry(Key::Location));
    }
    if key.keyword().kind == ValueKind::LibraryPath {
        let library = encoding.deciding_library();
        return library.filter(|library| library.key() == Some(key));
    }
    encoding.entry(key)
}
