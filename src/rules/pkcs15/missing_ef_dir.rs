use super::{NewFile, add_file, rule};
use crate::der::pkcs15::{Application, encode_all, fid};
use crate::model::FileIndex;
use crate::rules::{Check, Family, Findings, Level, ProfileContext};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A card with a PKCS#15 directory whose master file has no EF.DIR (2F00), the list of the
    /// applications on the card.
    ///
    /// # Why it matters
    ///
    /// OpenSC finds the directory by itself; other middleware may look into EF.DIR only, and then sees
    /// an empty card.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateDf DFAPP id=0x5015 maxsize=900 create=PIN1 aid=0x{A0 00 00 00 63 50 4B 43 53 2D 31 35}
    /// CreateEf EFODF id=0x5031 maxsize=300 read=always update=PIN1
    /// CreateEf EFTOKENINFO id=0x5032 maxsize=60 read=always update=PIN1
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
    /// CreateEf EFDIR id=0x2F00 maxsize=auto read=always update=never
    /// CreateDf DFAPP id=0x5015 maxsize=900 create=PIN1 aid=0x{A0 00 00 00 63 50 4B 43 53 2D 31 35}
    /// CreateEf EFODF id=0x5031 maxsize=300 read=always update=PIN1
    /// CreateEf EFTOKENINFO id=0x5032 maxsize=60 read=always update=PIN1
    /// EndDF
    /// Endfile
    /// File Static EFDIR
    /// data = 0x{ 61 14 4F 0C A0 00 00 00 63 50 4B 43 53 2D 31 35 51 04 3F 00 50 15 }
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// On request: EF.DIR with an entry for each PKCS#15 directory.
    ///
    /// # Source
    ///
    /// Measured: OpenSC reads a card without EF.DIR. That others may not is ours, from ISO/IEC 7816-4
    /// clause 12.2.1.
    name: "missing-ef-dir",
    family: Family::Pkcs15,
    level: Level::INFO,
    certainty: Certainty::Measured,
    source: "OpenSC",
    check: Check::Profile(check),
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let layout = cx.profile.pkcs15();
    let (Some(mf), [first, ..]) = (layout.master_file, &layout.applications[..]) else {
        return;
    };
    if layout.child(mf, fid::DIR).is_some() || !layout.knows_all_of(mf) {
        return;
    }
    let draft = findings
        .report(
            "the master file has no EF.DIR (2F00)",
            cx.label(cx.profile.file(mf).span, "no EF with id=0x2F00"),
        )
        .because(cx.label(cx.profile.file(*first).span, "not listed anywhere"))
        .help("declare EF.DIR and list the PKCS#15 directory in it, with its path")
        .note("OpenSC reads the card without it, other middleware may not");
    let entries: Option<Vec<_>> = layout
        .applications
        .iter()
        .map(|application| entry(cx, mf, *application))
        .collect();
    let fix = entries.and_then(|entries| {
        let new = NewFile {
            name: "EFDIR",
            id: fid::DIR,
            content: encode_all(&entries),
        };
        add_file(cx, mf, &new)
    });
    if let Some(fix) = fix {
        draft.fix(fix);
    }
}

/// The entry of a directory right below the master file, where its identifiers are known.
fn entry(cx: &ProfileContext<'_>, mf: FileIndex, application: FileIndex) -> Option<Application> {
    let file = cx.profile.file(application);
    let (aid, _) = cx.profile.aid(file)?;
    let (id, _) = cx.profile.file_id(file)?;
    let id = u16::try_from(id).ok()?;
    (file.parent == Some(mf)).then(|| Application {
        aid,
        label: None,
        path: Some([[0x3F, 0x00], id.to_be_bytes()].concat()),
    })
}
