use super::rule;
use crate::diagnostic::Label;
use crate::model::{Application, MiddlewareChoice};
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// An application for the signature slot with a middleware that is known and has none.
    ///
    /// # Why it matters
    ///
    /// The slot is not found and the application fails.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// HolderPin=
    /// SignPin=
    /// [Description]
    /// PKCS11Library=cvP11.dll
    /// PIN=HolderPin
    /// SignPIN=SignPin
    /// ApplicationList=A
    /// [Application_A]
    /// CertTempl=LabSign
    /// KeySize=2048
    /// Location=#Signature
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
    /// SignPin=
    /// [Description]
    /// PKCS11Library=idprimepkcs11.dll
    /// PIN=HolderPin
    /// SignPIN=SignPin
    /// ApplicationList=A
    /// [Application_A]
    /// CertTempl=LabSign
    /// KeySize=2048
    /// Location=#Signature
    /// ```
    ///
    /// # Fix
    ///
    /// None: use the default slot, or a middleware with a signature slot.
    ///
    /// # Source
    ///
    /// Stated: the list of middlewares with a signature slot (SIGN).
    name: "signature-slot-on-unsupported-middleware",
    family: Family::Middleware,
    level: Level::ERROR,
    certainty: Certainty::Stated,
    source: "SIGN",
    scope: Scope::ChipFile,
    check: Check::Encoding(check),
}

fn check(cx: &EncodingContext<'_>, findings: &mut Findings<'_>) {
    let MiddlewareChoice::Known(middleware) = cx.middleware else {
        return;
    };
    if middleware.signature_slot != Some(false) {
        return;
    }
    let mut applications = cx.encoding.applications();
    let signature = applications.find(Application::is_signature);
    let Some(location) = signature.and_then(|one| one.entry(Key::Location)) else {
        return;
    };
    let draft = findings
        .report(
            format!("{} has no signature slot", middleware.name),
            cx.label(location.value_span, "writes to the signature slot"),
        )
        .help("delete `Location`, or use a middleware that has this slot");
    let says = format!("the description is for {}", middleware.name);
    if let Some(choice) = &cx.project.target.middleware {
        if let Some((source, span)) = choice.place {
            draft.because(Label::new(source, span, says));
        }
    } else if let Some(library) = cx.encoding.deciding_library() {
        draft.because(cx.label(library.key_span, says));
    }
}
