use super::rule;
use std::ops::RangeInclusive;

use crate::model::{MiddlewareChoice, Reference};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// With TCOS, a constant `PIN` that is shorter than 6 or longer than 24 characters, or a constant
    /// `InitialPUK` or `PUK` shorter than 8 or longer than 24. The value is not shown.
    ///
    /// # Why it matters
    ///
    /// The middleware refuses it.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// CardPuk=
    /// [Description]
    /// PKCS11Library=tcospkcs11.dll
    /// SetPIN=true
    /// InitialPUK=CardPuk
    /// PIN=#1234
    /// ```
    ///
    /// # Instead
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// CardPuk=
    /// [Description]
    /// PKCS11Library=tcospkcs11.dll
    /// SetPIN=true
    /// InitialPUK=CardPuk
    /// PIN=#123456
    /// ```
    ///
    /// # Fix
    ///
    /// None: choose a value of the right length.
    ///
    /// # Source
    ///
    /// Stated (TCOS).
    name: "pin-length-outside-tcos-limits",
    family: Family::Middleware,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "TCOS",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let MiddlewareChoice::Known(middleware) = cx.middleware else {
        return;
    };
    let Some(limits) = &middleware.pin_limits else {
        return;
    };
    let credentials = [
        (Key::PIN, &limits.pin),
        (Key::InitialPUK, &limits.puk),
        (Key::PUK, &limits.puk),
    ];
    for (key, limit) in credentials {
        check_length(cx, key, limit, middleware.name, findings);
    }
}

fn check_length(
    cx: &EncodingContext<'_>,
    key: Key,
    limit: &RangeInclusive<u8>,
    middleware: &str,
    findings: &mut Findings<'_>,
) {
    let Some(entry) = cx.encoding.entry(key) else {
        return;
    };
    let Reference::Literal(value) = entry.reference() else {
        return;
    };
    let length = value.chars().count();
    if u8::try_from(length).is_ok_and(|length| limit.contains(&length)) {
        return;
    }
    let (least, most) = (limit.start(), limit.end());
    findings
        .report(
            format!("`{}` has {length} characters", key.name()),
            cx.label(
                entry.value_span,
                format!("expected {least} to {most} characters"),
            ),
        )
        .help(format!(
            "choose {least} to {most} characters for {middleware}"
        ));
}
