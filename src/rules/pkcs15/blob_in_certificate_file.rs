use std::collections::HashSet;

use super::{label_bytes, rule};
use crate::der::pkcs15::{ObjectKind, outline};
use crate::diagnostic::Label;
use crate::model::{Destination, FileIndex, Pkcs15Role};
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::source::Span;
use crate::stdlib::{Certainty, ResultKind};

rule! {
    /// # What it finds
    ///
    /// A certificate directory promises a certificate in a file that gets something else: the
    /// encrypted PINs, or constant bytes that are no SEQUENCE. A file that is empty, or filled with
    /// 00 or FF, still waits for its certificate and is not meant.
    ///
    /// # Why it matters
    ///
    /// Software lists the certificate and cannot read it: OpenSC says "Invalid ASN.1 object", and
    /// PKCS#11 shows no certificate at all. If the card is finished later and gets its certificate
    /// then, that is as it should be.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateDf DFAPP id=0x5015 maxsize=900 create=PIN1 aid=0x{A0 00 00 00 63 50 4B 43 53 2D 31 35}
    /// CreateEf EFODF id=0x5031 maxsize=auto read=always update=never
    /// CreateEf EFCDF id=0x4404 maxsize=auto read=always update=never
    /// CreateEf EFCERT id=0x4501 maxsize=200 read=always update=PIN1
    /// EndDF
    /// Endfile
    /// File Static EFODF
    /// data = 0x{ A4 0A 30 08 04 06 3F 00 50 15 44 04 }
    /// Endfile
    /// File Static EFCDF
    /// data = 0x{
    /// 30 1D
    ///    30 06 0C 04 4E 6F 74 65
    ///    30 03 04 01 45
    ///    A1 0E 30 0C 30 0A 04 06 3F 00 50 15 45 01 02 00
    /// }
    /// Endfile
    /// File Static EFCERT
    /// data = 'see the card letter'
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateDf DFAPP id=0x5015 maxsize=900 create=PIN1 aid=0x{A0 00 00 00 63 50 4B 43 53 2D 31 35}
    /// CreateEf EFODF id=0x5031 maxsize=auto read=always update=never
    /// CreateEf EFDODF id=0x4405 maxsize=auto read=always update=never
    /// CreateEf EFNOTE id=0x4501 maxsize=200 read=always update=PIN1
    /// EndDF
    /// Endfile
    /// File Static EFODF
    /// data = 0x{ A7 0A 30 08 04 06 3F 00 50 15 44 05 }
    /// Endfile
    /// File Static EFDODF
    /// data = 0x{
    /// 30 18
    ///    30 06 0C 04 4E 6F 74 65
    ///    30 02 0C 00
    ///    A1 0A 30 08 04 06 3F 00 50 15 45 01
    /// }
    /// Endfile
    /// File Static EFNOTE
    /// data = 'see the card letter'
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: list the file as a data object, or write the certificate.
    ///
    /// # Source
    ///
    /// Measured with OpenSC. The published example (SEED) does it on purpose, for a card that is
    /// finished later.
    name: "blob-in-certificate-file",
    family: Family::Pkcs15,
    level: Level::INFO,
    certainty: Certainty::Measured,
    source: "OpenSC",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let mut told = HashSet::new();
    let layout = cx.profile.pkcs15();
    for directory in &layout.files {
        let (Pkcs15Role::Objects(kind), Some(constant)) = (directory.role, directory.sound())
        else {
            continue;
        };
        if !promises_certificates(kind) {
            continue;
        }
        for entry in outline::objects(&constant.bytes, kind) {
            let path = entry.path.map(|path| path.bytes(&constant.bytes).to_vec());
            let target = path.map(|path| layout.resolve(&path, directory.application));
            if let Some(Destination::File(file)) = target
                && told.insert(file)
            {
                let tag = entry.element.start..entry.element.start + entry.element.tag.len();
                let entry =
                    label_bytes(cx, constant, tag, "this entry promises a certificate there");
                check_file(cx, file, entry, findings);
            }
        }
    }
}

const fn promises_certificates(kind: ObjectKind) -> bool {
    matches!(
        kind,
        ObjectKind::Certificates | ObjectKind::TrustedCertificates | ObjectKind::UsefulCertificates
    )
}

fn check_file(cx: &ProfileContext<'_>, file: FileIndex, entry: Label, findings: &mut Findings<'_>) {
    let Some((found, place)) = foreign_data(cx, file) else {
        return;
    };
    let name = excerpt(cx.profile.file(file).name);
    findings
        .report(
            format!("file `{name}` is listed as a certificate, but gets {found}"),
            cx.label(place, format!("{found}, no certificate")),
        )
        .because(entry)
        .help("list the file as a data object, unless a certificate is written to it later");
}

/// What a file gets instead of a certificate, with its place.
fn foreign_data(cx: &ProfileContext<'_>, file: FileIndex) -> Option<(&'static str, Span)> {
    const SEQUENCE: u8 = 0x30;
    let (statement, value) = cx.profile.content_of(file)?.data.first()?;
    let value = (*value)?;
    let facts = cx.profile.facts(value, *statement);
    if let Some(call) = facts.call {
        return gives_blob(cx, call).then_some(("the encrypted PINs", cx.profile.tree.span(value)));
    }
    let bytes = cx.profile.constant_bytes(value, *statement)?;
    let waits = bytes.iter().all(|byte| matches!(byte, 0x00 | 0xFF));
    let is_foreign =
        !waits && bytes.first() != Some(&SEQUENCE) && !cx.profile.is_malformed(*statement);
    is_foreign.then_some(("other bytes", cx.profile.tree.span(value)))
}

/// Whether the call at a place gives the encrypted PINs.
fn gives_blob(cx: &ProfileContext<'_>, call: Span) -> bool {
    let calls = &cx.profile.calls;
    let at = calls.partition_point(|site| site.whole.start < call.start);
    let function = calls.get(at).and_then(|site| site.function);
    function.is_some_and(|function| function.result == ResultKind::Bytes)
}
