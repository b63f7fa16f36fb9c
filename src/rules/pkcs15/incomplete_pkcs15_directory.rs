use super::{NewFile, add_file, rule};
use crate::der::asn1::NamedBits;
use crate::der::pkcs15::{TokenInfo, fid, token_flags};
use crate::model::{File, FileIndex};
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A PKCS#15 directory that lacks a part without which it cannot be found or read: EF.ODF (5031),
    /// which lists the directories; EF.TokenInfo (5032), which describes the token; or the `aid`. Each
    /// missing part is a finding.
    ///
    /// # Why it matters
    ///
    /// OpenSC rejects a card without EF.TokenInfo as "Unsupported card", however good the rest is.
    /// Without EF.ODF there is nothing to find, and without `aid` the directory cannot be selected by
    /// its name.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateDf DFAPP id=0x5015 maxsize=900 create=PIN1 aid=0x{A0 00 00 00 63 50 4B 43 53 2D 31 35}
    /// CreateEf EFODF id=0x5031 maxsize=300 read=always update=PIN1
    /// EndDF
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
    /// On request: the smallest EF.TokenInfo that OpenSC accepts, with its `File` block.
    ///
    /// # Source
    ///
    /// Measured with OpenSC on a simulated card; ISO/IEC 7816-15. A profile without `aid` gives a card
    /// that OpenSC cannot find (OpenSC issue 2963).
    name: "incomplete-pkcs15-directory",
    family: Family::Pkcs15,
    level: Level::WARNING,
    certainty: Certainty::Measured,
    source: "OpenSC",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let layout = cx.profile.pkcs15();
    for index in layout.applications.iter().copied() {
        let file = cx.profile.file(index);
        let lacks = |id| layout.child(index, id).is_none() && layout.knows_all_of(index);
        if lacks(fid::ODF) {
            findings
                .report(
                    headline(file, "EF.ODF (5031)"),
                    cx.label(file.span, "no EF with id=0x5031"),
                )
                .help("declare it and fill it with one entry for each directory");
        }
        if lacks(fid::TOKEN_INFO) {
            report_token_info(cx, index, file, findings);
        }
        if cx.profile.attribute(file.attributes, "aid").is_none() {
            findings
                .report(headline(file, "`aid`"), cx.label(file.span, "has no `aid`"))
                .help("write `aid=0x{A0 00 00 00 63 50 4B 43 53 2D 31 35}`");
        }
    }
}

fn headline(file: &File<'_>, part: &str) -> String {
    format!("PKCS#15 directory `{}` has no {part}", excerpt(file.name))
}

fn report_token_info(
    cx: &ProfileContext<'_>,
    index: FileIndex,
    file: &File<'_>,
    findings: &mut Findings<'_>,
) {
    let draft = findings
        .report(
            headline(file, "EF.TokenInfo (5032)"),
            cx.label(file.span, "no EF with id=0x5032"),
        )
        .help("declare it and fill it with version and flags, at least")
        .note("OpenSC rejects a card without EF.TokenInfo");
    let new = NewFile {
        name: "EFTOKENINFO",
        id: fid::TOKEN_INFO,
        content: smallest_token_info().encode(),
    };
    if let Some(fix) = add_file(cx, index, &new) {
        draft.fix(fix);
    }
}

/// Version and flags: every card of Table E makes random numbers.
fn smallest_token_info() -> TokenInfo {
    let flags: NamedBits = token_flags::PRN_GENERATION;
    TokenInfo {
        flags,
        ..TokenInfo::default()
    }
}
