use super::rule;
use crate::model::MiddlewareChoice;
use crate::rules::{Check, EncodingContext, Family, Findings, Level, Scope};
use crate::stdlib::{Certainty, Key};

rule! {
    /// # What it finds
    ///
    /// `WriteP12Data` with TCOS, unless `[target]` names a version that can import keys.
    ///
    /// # Why it matters
    ///
    /// Version 1.8.3 cannot import private keys: the application fails.
    ///
    /// # Example
    ///
    /// ```dsc
    /// [Encoding]
    /// Type=1024,Chip
    /// Devices=8711
    /// [Fields]
    /// HolderPin=
    /// KeyFile=
    /// KeyCode=
    /// [Description]
    /// PKCS11Library=tcospkcs11.dll
    /// PIN=HolderPin
    /// ApplicationList=A
    /// [Application_A]
    /// CertTempl=LabArchive
    /// WriteP12Data=true
    /// Certificate=KeyFile
    /// P12PASSWORD=KeyCode
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
    /// [Description]
    /// PKCS11Library=tcospkcs11.dll
    /// PIN=HolderPin
    /// ApplicationList=A
    /// [Application_A]
    /// CertTempl=LabLogin
    /// KeySize=2048
    /// ```
    ///
    /// # Fix
    ///
    /// None: let the card make the key, or say the version in `[target]`.
    ///
    /// # Source
    ///
    /// Stated (TCOS).
    name: "key-import-on-tcos",
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
    let target = cx.project.target.middleware.as_ref();
    if middleware.imports_keys(target.and_then(|given| given.value.1)) {
        return;
    }
    for application in cx.encoding.applications() {
        if let Some(entry) = application
            .entry(Key::WriteP12Data)
            .filter(|one| one.is_on())
        {
            findings
                .report(
                    format!("{} cannot import keys", middleware.name),
                    cx.label(entry.key_span, "brings a private key to the card"),
                )
                .help("let the card make the key, or name a version in `[target]` that can");
        }
    }
}
