use super::{label_bytes, rule};
use crate::der::pkcs15::{ObjectKind, outline};
use crate::model::{Constant, Pkcs15File, Pkcs15Role};
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// An entry of a PKCS#15 file that lacks what readers need: an entry of EF.ODF whose tag is none
    /// of A0 to A8, or without a path; an object without its common attributes or, PINs excepted,
    /// without a path; an EF.TokenInfo that is no SEQUENCE with version and flags.
    ///
    /// An object whose value stands in the entry itself, or at an address on the net, needs no path.
    ///
    /// # Why it matters
    ///
    /// Readers skip the entry or stop there. A wrong EF.TokenInfo makes OpenSC reject the whole card.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateDf DFAPP id=0x5015 maxsize=900 create=PIN1 aid=0x{A0 00 00 00 63 50 4B 43 53 2D 31 35}
    /// CreateEf EFODF id=0x5031 maxsize=300 read=always update=PIN1
    /// CreateEf EFTOKENINFO id=0x5032 maxsize=auto read=always update=never
    /// EndDF
    /// Endfile
    /// File Static EFTOKENINFO
    /// data = 0x{ 30 03 02 01 00 }         ; the version alone
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
    /// CreateEf EFODF id=0x5031 maxsize=300 read=always update=PIN1
    /// CreateEf EFTOKENINFO id=0x5032 maxsize=auto read=always update=never
    /// EndDF
    /// Endfile
    /// File Static EFTOKENINFO
    /// data = 0x{ 30 07 02 01 00 03 02 05 20 }
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: complete the entry.
    ///
    /// # Source
    ///
    /// ISO/IEC 7816-15; for EF.TokenInfo also measured with OpenSC.
    name: "malformed-pkcs15-entry",
    family: Family::Pkcs15,
    level: Level::WARNING,
    certainty: Certainty::Standard,
    source: "ISO 7816-15",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    for file in &cx.profile.pkcs15().files {
        let Some(constant) = file.sound() else {
            continue;
        };
        match file.role {
            Pkcs15Role::Applications => {}
            Pkcs15Role::TokenInfo => check_token_info(cx, file, constant, findings),
            Pkcs15Role::ObjectDirectories => check_directories(cx, file, constant, findings),
            Pkcs15Role::Objects(kind) => check_objects(cx, file, constant, kind, findings),
        }
    }
}

fn check_token_info(
    cx: &ProfileContext<'_>,
    file: &Pkcs15File,
    constant: &Constant,
    findings: &mut Findings<'_>,
) {
    let Some(info) = outline::token_info(&constant.bytes).filter(|info| !info.complete) else {
        return;
    };
    findings
        .report(
            format!("file `{}` is no complete EF.TokenInfo", name(cx, file)),
            label_bytes(
                cx,
                constant,
                info.tag,
                "expected a SEQUENCE (30) with version and flags",
            ),
        )
        .help("write a version (`02 01 00`) and flags (`03 02 05 20`), at least")
        .note("OpenSC rejects a card without a complete EF.TokenInfo");
}

fn check_directories(
    cx: &ProfileContext<'_>,
    file: &Pkcs15File,
    constant: &Constant,
    findings: &mut Findings<'_>,
) {
    for (kind, entry) in outline::directory(&constant.bytes) {
        let (label, help) = match (kind, &entry.path) {
            (None, _) => (
                format!("expected tag A0 to A8, found {}", entry.element.tag),
                "write the tag of what the directory lists: A4 for certificates, A8 for PINs",
            ),
            (Some(_), None) => (
                "has no path".to_owned(),
                "write the path of the directory file: `30 08 04 06 3F 00 50 15 44 04`",
            ),
            (Some(_), Some(_)) => continue,
        };
        let start = entry.element.start;
        findings
            .report(
                format!("an entry in file `{}` names no directory", name(cx, file)),
                label_bytes(cx, constant, start..start + entry.element.tag.len(), label),
            )
            .help(help);
    }
}

fn check_objects(
    cx: &ProfileContext<'_>,
    file: &Pkcs15File,
    constant: &Constant,
    kind: ObjectKind,
    findings: &mut Findings<'_>,
) {
    for entry in outline::objects(&constant.bytes, kind) {
        let needs_path = kind != ObjectKind::AuthenticationObjects && !entry.lies_elsewhere;
        let (label, help) = if entry.common.is_none() {
            (
                "expected the common attributes, a SEQUENCE (30), first in here",
                "write a SEQUENCE with label and flags in front of the others",
            )
        } else if needs_path && entry.path.is_none() {
            (
                "has no path",
                "write the path of the object's file: `30 08 04 06 3F 00 50 15 45 01`",
            )
        } else {
            continue;
        };
        let start = entry.element.start;
        findings
            .report(
                format!("an object in file `{}` is not complete", name(cx, file)),
                label_bytes(cx, constant, start..start + entry.element.tag.len(), label),
            )
            .help(help);
    }
}

fn name(cx: &ProfileContext<'_>, file: &Pkcs15File) -> String {
    excerpt(cx.profile.file(file.file).name).into_owned()
}
