use std::collections::{HashMap, HashSet};

use super::{label_bytes, rule};
use crate::der::pkcs15::{ObjectKind, outline};
use crate::model::{FileIndex, Pkcs15File, Pkcs15Role};
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::source::Span;
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// An object that is protected by a PIN which no directory for PINs lists: the authentication id
    /// in its common attributes belongs to no entry there.
    ///
    /// A directory for PINs whose data are not constant may list it, so then nothing is said.
    ///
    /// # Why it matters
    ///
    /// Software sees that a PIN is needed and does not know which: it cannot ask for it, and the
    /// object stays closed.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateDf DFAPP id=0x5015 maxsize=900 create=PIN1 aid=0x{A0 00 00 00 63 50 4B 43 53 2D 31 35}
    /// CreateEf EFODF id=0x5031 maxsize=auto read=always update=never
    /// CreateEf EFDODF id=0x4405 maxsize=auto read=always update=never
    /// CreateEf EFNOTE id=0x4501 maxsize=90 read=PIN1 update=PIN1
    /// EndDF
    /// Endfile
    /// File Static EFODF
    /// data = 0x{ A7 0A 30 08 04 06 3F 00 50 15 44 05 }
    /// Endfile
    /// File Static EFDODF
    /// data = 0x{
    /// 30 1B
    ///    30 09 0C 04 4E 6F 74 65 04 01 01          ; label, authentication id
    ///    30 02 0C 00
    ///    A1 0A 30 08 04 06 3F 00 50 15 45 01
    /// }
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
    /// CreateEf EFNOTE id=0x4501 maxsize=90 read=always update=never
    /// EndDF
    /// Endfile
    /// File Static EFODF
    /// data = 0x{ A7 0A 30 08 04 06 3F 00 50 15 44 05 }
    /// Endfile
    /// File Static EFDODF
    /// data = 0x{
    /// 30 18
    ///    30 06 0C 04 4E 6F 74 65                   ; label
    ///    30 02 0C 00
    ///    A1 0A 30 08 04 06 3F 00 50 15 45 01
    /// }
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: list the PIN in a directory for PINs, or leave the id out.
    ///
    /// # Source
    ///
    /// ISO/IEC 7816-15, `CommonObjectAttributes.authId`.
    name: "undefined-auth-object",
    family: Family::Pkcs15,
    level: Level::WARNING,
    certainty: Certainty::Standard,
    source: "ISO 7816-15",
    check: Check::Profile(check),
}

/// What is known of the PINs of one PKCS#15 directory.
#[derive(Default)]
struct Known<'p> {
    ids: HashSet<&'p [u8]>,
    /// The first directory for PINs.
    directory: Option<Span>,
    /// Directories for PINs that EF.ODF lists, and those of them that were read.
    announced: usize,
    read: usize,
    /// A directory is not constant.
    is_open: bool,
}

impl Known<'_> {
    /// Whether there are no other PINs. A directory that was not found is `dangling-file-path`.
    const fn is_complete(&self) -> bool {
        !self.is_open && self.read >= self.announced
    }
}

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let files = &cx.profile.pkcs15().files;
    let mut known: HashMap<FileIndex, Known<'_>> = HashMap::new();
    for file in files {
        learn(cx, file, known.entry(file.application).or_default());
    }
    let mut told = HashSet::new();
    for file in files {
        let known = known
            .get(&file.application)
            .filter(|known| known.is_complete());
        let (Pkcs15Role::Objects(kind), Some(constant), Some(known)) =
            (file.role, file.sound(), known)
        else {
            continue;
        };
        for entry in outline::objects(&constant.bytes, kind) {
            let Some(auth_id) = entry.auth_id else {
                continue;
            };
            let id = auth_id.bytes(&constant.bytes);
            if known.ids.contains(id) || !told.insert((file.file, id)) {
                continue;
            }
            let shown: String = id.iter().map(|byte| format!("{byte:02X}")).collect();
            let draft = findings.report(
                format!(
                    "an object in file `{}` is protected by PIN `{}`, which is not listed",
                    excerpt(cx.profile.file(file.file).name),
                    excerpt(&shown)
                ),
                label_bytes(
                    cx,
                    constant,
                    auth_id.value.clone(),
                    "no PIN has this authentication id",
                ),
            );
            match known.directory {
                Some(directory) => draft
                    .because(cx.label(directory, "the directory for PINs"))
                    .help("write the id of a PIN that is listed, or list this one"),
                None => draft
                    .because(cx.label(
                        cx.profile.file(file.application).span,
                        "has no directory for PINs",
                    ))
                    .help("add a directory for PINs (tag A8 in EF.ODF), or leave the id out"),
            };
        }
    }
}

fn learn<'p>(cx: &ProfileContext<'_>, file: &'p Pkcs15File, known: &mut Known<'p>) {
    match (file.role, file.sound()) {
        (Pkcs15Role::Objects(ObjectKind::AuthenticationObjects), Some(constant)) => {
            let entries = outline::objects(&constant.bytes, ObjectKind::AuthenticationObjects);
            let ids = entries.into_iter().filter_map(|entry| entry.id);
            known.ids.extend(ids.map(|id| &constant.bytes[id.value]));
            known.read += 1;
            known
                .directory
                .get_or_insert(cx.profile.file(file.file).span);
        }
        (
            Pkcs15Role::Objects(ObjectKind::AuthenticationObjects) | Pkcs15Role::ObjectDirectories,
            None,
        ) => known.is_open = true,
        (Pkcs15Role::ObjectDirectories, Some(constant)) => {
            known.announced += outline::directory(&constant.bytes)
                .into_iter()
                .filter(|(kind, _)| *kind == Some(ObjectKind::AuthenticationObjects))
                .count();
        }
        _ => {}
    }
}
