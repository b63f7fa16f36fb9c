use foldhash::{HashMap, HashMapExt as _};

use super::{label_bytes, rule};
use crate::der::Element;
use crate::der::pkcs15::outline;
use crate::model::{Constant, Destination, File, FileIndex, Pkcs15File, Pkcs15Role, Profile};
use crate::rules::{Check, Family, Findings, Level, ProfileContext, excerpt};
use crate::stdlib::Certainty;

rule! {
    /// # What it finds
    ///
    /// A path in EF.DIR, in EF.ODF or in an object directory that leads to no declared file: neither
    /// from the master file nor from the directory in which the path stands. Also a path that is
    /// empty or has an odd number of bytes.
    ///
    /// # Why it matters
    ///
    /// Software follows these paths to find keys and certificates. It gets "file not found" (6A82),
    /// and the object, or everything in that directory, is not there for it.
    ///
    /// # Example
    ///
    /// ```cpf
    /// CardModel 'SIEMENS50'
    /// MasterFile
    /// CreateDf DFAPP id=0x5015 maxsize=900 create=PIN1 aid=0x{A0 00 00 00 63 50 4B 43 53 2D 31 35}
    /// CreateEf EFODF id=0x5031 maxsize=auto read=always update=never
    /// CreateEf EFCDF id=0x4404 maxsize=300 read=always update=PIN1
    /// EndDF
    /// Endfile
    /// File Static EFODF
    /// data = 0x{ A4 0A 30 08 04 06 3F 00 50 15 44 40 }
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
    /// CreateEf EFCDF id=0x4404 maxsize=300 read=always update=PIN1
    /// EndDF
    /// Endfile
    /// File Static EFODF
    /// data = 0x{ A4 0A 30 08 04 06 3F 00 50 15 44 04 }
    /// Endfile
    /// CreateFiles()
    /// ```
    ///
    /// # Fix
    ///
    /// None is applied: correct the path, or declare the file.
    ///
    /// # Source
    ///
    /// ISO/IEC 7816-15, `Path`; ISO/IEC 7816-4, tag 51. OpenSC does not find such objects (measured).
    name: "dangling-file-path",
    family: Family::Pkcs15,
    level: Level::ERROR,
    certainty: Certainty::Standard,
    source: "ISO 7816-15",
    check: Check::Profile(check),
}

/// Identifier of the master file (ISO 7816-4, 7.3.1).
const MASTER_FILE: u16 = 0x3F00;

/// Directories inside each other up to which a file is proposed: a path of a card is short.
const MAX_DEPTH: usize = 64;

fn check(cx: &ProfileContext<'_>, findings: &mut Findings<'_>) {
    let near = Near::of(cx);
    for file in &cx.profile.pkcs15().files {
        let Some(constant) = file.sound() else {
            continue;
        };
        for path in paths(file.role, &constant.bytes) {
            check_path(cx, file, constant, &path, &near, findings);
        }
    }
}

fn paths(role: Pkcs15Role, bytes: &[u8]) -> Vec<Element> {
    match role {
        Pkcs15Role::Applications => outline::applications(bytes)
            .into_iter()
            .filter_map(|entry| entry.path)
            .collect(),
        Pkcs15Role::ObjectDirectories => outline::directory(bytes)
            .into_iter()
            .filter_map(|(_, entry)| entry.path)
            .collect(),
        Pkcs15Role::Objects(kind) => outline::objects(bytes, kind)
            .into_iter()
            .filter_map(|entry| entry.path)
            .collect(),
        Pkcs15Role::TokenInfo => Vec::new(),
    }
}

fn check_path(
    cx: &ProfileContext<'_>,
    file: &Pkcs15File,
    constant: &Constant,
    path: &Element,
    near: &Near<'_>,
    findings: &mut Findings<'_>,
) {
    let bytes = path.bytes(&constant.bytes);
    let name = excerpt(cx.profile.file(file.file).name);
    match cx.profile.pkcs15().resolve(bytes, file.application) {
        Destination::File(_) | Destination::Unclear => {}
        Destination::Malformed => {
            let (at, label) = match bytes.len() {
                0 => (path.span(), "the path is empty".to_owned()),
                count => (
                    path.value.clone(),
                    format!("expected pairs of bytes, found {count}"),
                ),
            };
            findings
                .report(
                    format!("a path in file `{name}` is no list of file identifiers"),
                    label_bytes(cx, constant, at, label),
                )
                .help("write two bytes for each file on the way, such as `3F 00 50 15`");
        }
        Destination::Nowhere => {
            let draft = findings.report(
                format!(
                    "path `{}` in file `{name}` leads to no file",
                    excerpt(&hex(bytes))
                ),
                label_bytes(cx, constant, path.value.clone(), "no file is declared here"),
            );
            match near.file(bytes) {
                Some((index, place)) => draft
                    .because(cx.label(
                        cx.profile.file(index).span,
                        format!("this one is `{}`", hex(&place)),
                    ))
                    .help("correct the path, or declare the file"),
                None => draft.help("correct the path, or declare the file"),
            };
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    digits.join(" ")
}

/// Finds the file that a path most likely means: one with the same last identifier, or one in the
/// same directory whose identifier differs in one digit.
struct Near<'p> {
    profile: &'p Profile<'p>,
    by_id: HashMap<u16, FileIndex>,
    /// How many directories each file lies in; only files whose whole way has identifiers.
    depths: HashMap<FileIndex, usize>,
}

impl<'p> Near<'p> {
    fn of(cx: &ProfileContext<'p>) -> Self {
        let (mut by_id, mut depths) = (HashMap::new(), HashMap::new());
        for (index, file) in cx.profile.iter_files() {
            let Some(parent) = file.parent else {
                depths.insert(index, 0);
                continue;
            };
            let above = depths.get(&parent).filter(|depth| **depth < MAX_DEPTH);
            let (Some(id), Some(above)) = (identifier(cx.profile, file), above) else {
                continue;
            };
            depths.insert(index, above + 1);
            by_id.entry(id).or_insert(index);
        }
        Self {
            profile: cx.profile,
            by_id,
            depths,
        }
    }

    /// The identifiers on the way to a file, from the master file on.
    fn place(&self, mut index: FileIndex) -> Option<Vec<u8>> {
        let mut ids = Vec::with_capacity(*self.depths.get(&index)?);
        while let Some(parent) = self.profile.file(index).parent {
            ids.push(identifier(self.profile, self.profile.file(index))?);
            index = parent;
        }
        ids.push(MASTER_FILE);
        Some(ids.into_iter().rev().flat_map(u16::to_be_bytes).collect())
    }

    fn file(&self, path: &[u8]) -> Option<(FileIndex, Vec<u8>)> {
        let id = u16::from_be_bytes(path.last_chunk().copied()?);
        // One digit stands for four bits, so there are 60 identifiers that differ in one.
        let others = (0..4).flat_map(|digit| (1..16).map(move |change| id ^ change << (4 * digit)));
        let index = std::iter::once(id)
            .chain(others)
            .find_map(|id| self.by_id.get(&id).copied())?;
        Some((index, self.place(index)?))
    }
}

fn identifier(profile: &Profile<'_>, file: &File<'_>) -> Option<u16> {
    let (id, _) = profile.file_id(file)?;
    u16::try_from(id).ok()
}
