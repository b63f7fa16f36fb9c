use std::collections::HashSet;

use super::{label_bytes, rule};
use crate::der::pkcs15::outline::{self, ApplicationOutline};
use crate::model::{Constant, Destination, FileIndex, FileKind, Pkcs15File, Pkcs15Role};
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// An entry of EF.DIR (2F00) without a path (tag 51), or with an application identifier that no
    /// declared directory has.
    ///
    /// # Why it matters
    ///
    /// Without the path OpenSC selects the application by its identifier, takes the paths inside it as
    /// relative, and cannot read a single certificate, although it lists the token. An identifier that
    /// no directory has cannot be selected at all.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFDIR id=0x2F00 maxsize=auto read=always update=never
    /// CreateDf DFDOORS id=0x4D00 maxsize=90 create=PIN1 aid=0x{F0 44 4F 4F 52 53}
    /// EndDF
    /// Endfile
    /// File Static EFDIR
    /// data = 0x{ 61 08 4F 06 F0 44 4F 4F 52 53 }
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Instead
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateEf EFDIR id=0x2F00 maxsize=auto read=always update=never
    /// CreateDf DFDOORS id=0x4D00 maxsize=90 create=PIN1 aid=0x{F0 44 4F 4F 52 53}
    /// EndDF
    /// Endfile
    /// File Static EFDIR
    /// data = 0x{ 61 0E 4F 06 F0 44 4F 4F 52 53 51 04 3F 00 4D 00 }
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: add the path, or correct the identifier.
    ///
    /// # Source
    ///
    /// Measured with OpenSC; ISO/IEC 7816-4 clause 12.2.1.
    name: "unusable-dir-entry",
    family: Family::Pkcs15,
    level: Level::WARNING,
    certainty: Certainty::Measured,
    source: "OpenSC",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let files = &cx.profile.pkcs15().files;
    let Some(dir) = files
        .iter()
        .find(|file| file.role == Pkcs15Role::Applications)
    else {
        return;
    };
    let Some(constant) = dir.sound() else { return };
    let known = Identifiers::of(cx);
    for entry in outline::applications(&constant.bytes) {
        if entry.path.is_none() {
            report_path(cx, dir, constant, &entry, findings);
        }
        check_identifier(cx, dir, constant, &entry, &known, findings);
    }
}

/// The identifiers of the declared directories.
struct Identifiers {
    all: HashSet<Vec<u8>>,
    /// One could not be read.
    is_open: bool,
}

impl Identifiers {
    fn of(cx: &ProfileContext<'_>) -> Self {
        let profile = cx.profile;
        let directories = profile
            .files
            .iter()
            .filter(|file| file.kind == FileKind::Df);
        let (mut all, mut is_open) = (HashSet::new(), false);
        for file in directories {
            match profile.aid(file) {
                Some((aid, _)) => _ = all.insert(aid),
                None => is_open |= profile.attribute(file.attributes, "aid").is_some(),
            }
        }
        is_open |= profile
            .pkcs15()
            .master_file
            .is_none_or(|mf| !profile.pkcs15().knows_all_of(mf));
        Self { all, is_open }
    }
}

fn report_path(
    cx: &ProfileContext<'_>,
    dir: &Pkcs15File,
    constant: &Constant,
    entry: &ApplicationOutline,
    findings: &mut Findings<'_>,
) {
    let start = entry.element.start;
    findings
        .report(
            format!("an entry in file `{}` has no path", name(cx, dir)),
            label_bytes(
                cx,
                constant,
                start..start + entry.element.tag.len(),
                "no tag 51 in here",
            ),
        )
        .help("add the path of the application, such as `51 04 3F 00 50 15`")
        .note("OpenSC cannot read certificates of an application that it finds without a path");
}

fn check_identifier(
    cx: &ProfileContext<'_>,
    dir: &Pkcs15File,
    constant: &Constant,
    entry: &ApplicationOutline,
    known: &Identifiers,
    findings: &mut Findings<'_>,
) {
    let Some(aid) = &entry.aid else { return };
    let bytes = aid.bytes(&constant.bytes);
    if known.is_open || known.all.contains(bytes) || bytes.is_empty() {
        return;
    }
    let meant = entry.path.as_ref().and_then(|path| {
        let path = path.bytes(&constant.bytes);
        match cx.profile.pkcs15().resolve(path, dir.application) {
            Destination::File(file) => Some(file),
            _ => None,
        }
    });
    // Without an identifier the directory itself is what is wrong.
    if meant.is_some_and(|meant| lacks_identifier(cx, meant)) {
        return;
    }
    let draft = findings
        .report(
            format!(
                "an entry in file `{}` names an application that is not declared",
                name(cx, dir)
            ),
            label_bytes(
                cx,
                constant,
                aid.value.clone(),
                "no directory has this `aid`",
            ),
        )
        .help("write the `aid` of the directory here");
    let place = meant.and_then(|meant| cx.profile.aid(cx.profile.file(meant)));
    if let Some((_, place)) = place {
        draft.because(cx.label(place, "the directory that the path leads to"));
    }
}

fn lacks_identifier(cx: &ProfileContext<'_>, file: FileIndex) -> bool {
    let file = cx.profile.file(file);
    file.kind == FileKind::Df && cx.profile.attribute(file.attributes, "aid").is_none()
}

fn name(cx: &ProfileContext<'_>, file: &Pkcs15File) -> String {
    excerpt(cx.profile.file(file.file).name).into_owned()
}
