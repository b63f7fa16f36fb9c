//! PKCS#15 as a profile lays it out (ISO/IEC 7816-15): which of its files hold what.
//!
//! A file holds PKCS#15 by its place: EF.DIR in the master file, EF.ODF and EF.TokenInfo in a
//! PKCS#15 directory, and every file that an entry of EF.ODF points to. Other files may hold
//! anything and are not looked into.

use std::collections::{HashMap, HashSet};

use crate::der::pkcs15::{AID, ObjectKind, fid, outline};
use crate::der::{TlvError, verify};
use crate::syntax::cpf::DefectKind;

use super::{Constant, DataSize, File, FileIndex, FileKind, Profile};

/// Most constant bytes of a profile that are looked into, all files together: no card holds more.
const MAX_BYTES: usize = 1 << 20;

/// What a file holds by its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pkcs15Role {
    /// EF.DIR: the list of applications.
    Applications,
    /// EF.ODF: the list of object directories.
    ObjectDirectories,
    /// EF.TokenInfo.
    TokenInfo,
    /// An object directory.
    Objects(ObjectKind),
}

/// A file that holds PKCS#15.
#[derive(Debug)]
pub struct Pkcs15File {
    /// The file.
    pub file: FileIndex,
    /// What it holds.
    pub role: Pkcs15Role,
    /// The PKCS#15 directory that it belongs to; the master file for EF.DIR.
    pub application: FileIndex,
    /// Its data, where they are constant.
    pub constant: Option<Constant>,
    /// The first place where its data are no TLV.
    pub misfit: Option<TlvError>,
}

impl Pkcs15File {
    /// Its data, where they are constant and well-formed.
    #[must_use]
    pub fn sound(&self) -> Option<&Constant> {
        self.constant.as_ref().filter(|_| self.misfit.is_none())
    }
}

/// The files of a profile that hold PKCS#15.
#[derive(Debug, Default)]
pub struct Pkcs15 {
    /// The master file.
    pub master_file: Option<FileIndex>,
    /// EF.DIR.
    pub dir: Option<FileIndex>,
    /// The PKCS#15 directories: those with the identifier of PKCS#15, or with the file identifier
    /// 5015 and an EF.ODF.
    pub applications: Vec<FileIndex>,
    /// The files that hold PKCS#15, each once.
    pub files: Vec<Pkcs15File>,
    children: HashMap<(FileIndex, u16), FileIndex>,
    unclear: HashSet<FileIndex>,
    is_torn: bool,
}

impl Pkcs15 {
    pub(super) fn new(profile: &Profile<'_>) -> Self {
        let mut layout = Self {
            is_torn: is_torn(profile),
            ..Self::default()
        };
        layout.read_tree(profile);
        let mut reader = Reader {
            profile,
            layout: &mut layout,
            seen: HashSet::new(),
            left: MAX_BYTES,
        };
        reader.read();
        layout
    }

    /// The file with this identifier directly inside a directory.
    #[must_use]
    pub fn child(&self, of: FileIndex, id: u16) -> Option<FileIndex> {
        self.children.get(&(of, id)).copied()
    }

    /// Whether all files of a directory are known: none lacks its identifier, and none may have
    /// been lost with a broken block.
    #[must_use]
    pub fn knows_all_of(&self, directory: FileIndex) -> bool {
        !self.is_torn && !self.unclear.contains(&directory)
    }

    /// Where a path leads: from the master file, or else from the directory `from`.
    #[must_use]
    pub fn resolve(&self, path: &[u8], from: FileIndex) -> Destination {
        let (ids, rest) = path.as_chunks::<2>();
        let ids: Vec<u16> = ids.iter().map(|id| u16::from_be_bytes(*id)).collect();
        if ids.is_empty() || !rest.is_empty() {
            return Destination::Malformed;
        }
        let starts = match ids[0] {
            MASTER_FILE => [self.master_file.map(|mf| (mf, &ids[1..])), None],
            CURRENT_DIRECTORY => [Some((from, &ids[1..])), None],
            _ => [
                self.master_file.map(|mf| (mf, &ids[..])),
                Some((from, &ids[..])),
            ],
        };
        let mut missing = Destination::Nowhere;
        for (start, ids) in starts.into_iter().flatten() {
            match self.walk(start, ids) {
                Destination::Nowhere => {}
                Destination::Unclear => missing = Destination::Unclear,
                found => return found,
            }
        }
        missing
    }

    fn walk(&self, start: FileIndex, ids: &[u16]) -> Destination {
        let mut at = start;
        for id in ids {
            match self.child(at, *id) {
                Some(child) => at = child,
                None if self.knows_all_of(at) => return Destination::Nowhere,
                None => return Destination::Unclear,
            }
        }
        Destination::File(at)
    }

    fn read_tree(&mut self, profile: &Profile<'_>) {
        for (index, file) in profile.iter_files() {
            if file.kind == FileKind::Mf {
                self.master_file.get_or_insert(index);
            }
            let Some(parent) = file.parent else { continue };
            match profile.file_id(file).map(|(id, _)| u16::try_from(id)) {
                Some(Ok(id)) => {
                    self.children.entry((parent, id)).or_insert(index);
                }
                _ => {
                    self.unclear.insert(parent);
                }
            }
        }
        self.dir = self
            .master_file
            .and_then(|mf| self.child(mf, fid::DIR))
            .filter(|dir| profile.file(*dir).kind == FileKind::Ef);
        self.applications = profile
            .iter_files()
            .filter(|(index, file)| self.is_application(profile, *index, file))
            .map(|(index, _)| index)
            .collect();
    }

    fn is_application(&self, profile: &Profile<'_>, index: FileIndex, file: &File<'_>) -> bool {
        let has_id = |id| {
            profile
                .file_id(file)
                .is_some_and(|(found, _)| found == u64::from(id))
        };
        file.kind == FileKind::Df
            && (profile.aid(file).is_some_and(|(aid, _)| aid == AID)
                || has_id(fid::APPLICATION) && self.child(index, fid::ODF).is_some())
    }
}

/// The identifier of the master file, in front of a path from there (ISO/IEC 7816-4).
const MASTER_FILE: u16 = 0x3F00;

/// In front of a path from the current directory (ISO/IEC 7816-4).
const CURRENT_DIRECTORY: u16 = 0x3FFF;

/// Where a path leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Destination {
    /// To this file.
    File(FileIndex),
    /// To none that is declared.
    Nowhere,
    /// To none that is known; one of those on the way may have been lost.
    Unclear,
    /// It is empty, or no list of file identifiers of two bytes.
    Malformed,
}

/// Whether files may stand elsewhere than they seem to, or be lost.
fn is_torn(profile: &Profile<'_>) -> bool {
    profile.tree.defects.iter().any(|defect| {
        matches!(
            defect.kind,
            DefectKind::UnclosedBlock { .. }
                | DefectKind::StrayEnd
                | DefectKind::Misplaced { .. }
                | DefectKind::TooDeep
                | DefectKind::UnknownStatement { nearest: None }
        )
    })
}

struct Reader<'r, 't> {
    profile: &'r Profile<'t>,
    layout: &'r mut Pkcs15,
    seen: HashSet<FileIndex>,
    left: usize,
}

impl Reader<'_, '_> {
    fn read(&mut self) {
        if let (Some(mf), Some(dir)) = (self.layout.master_file, self.layout.dir) {
            self.add(dir, Pkcs15Role::Applications, mf);
        }
        for application in self.layout.applications.clone() {
            if let Some(info) = self.layout.child(application, fid::TOKEN_INFO) {
                self.add(info, Pkcs15Role::TokenInfo, application);
            }
            if let Some(directories) = self.layout.child(application, fid::ODF) {
                self.add(directories, Pkcs15Role::ObjectDirectories, application);
            }
        }
        // What follows only adds object directories, which name no further directories.
        for index in 0..self.layout.files.len() {
            self.read_object_directories(index);
        }
    }

    fn read_object_directories(&mut self, index: usize) {
        let file = &self.layout.files[index];
        let application = file.application;
        let (Pkcs15Role::ObjectDirectories, Some(constant)) = (file.role, &file.constant) else {
            return;
        };
        let bytes = &constant.bytes;
        let found: Vec<_> = outline::directory(bytes)
            .into_iter()
            .filter_map(|(kind, entry)| {
                let path = entry.path?;
                match self.layout.resolve(path.bytes(bytes), application) {
                    Destination::File(file) => Some((file, kind?)),
                    _ => None,
                }
            })
            .collect();
        for (file, kind) in found {
            self.add(file, Pkcs15Role::Objects(kind), application);
        }
    }

    fn add(&mut self, file: FileIndex, role: Pkcs15Role, application: FileIndex) {
        if self.profile.file(file).kind != FileKind::Ef || !self.seen.insert(file) {
            return;
        }
        let constant = self.constant(file);
        let misfit = constant
            .as_ref()
            .and_then(|constant| verify(&constant.bytes).err());
        self.layout.files.push(Pkcs15File {
            file,
            role,
            application,
            constant,
            misfit,
        });
    }

    fn constant(&mut self, file: FileIndex) -> Option<Constant> {
        let (statement, value) = self.profile.content_of(file)?.data.first()?;
        let value = (*value)?;
        // Digits that could not be read are missing in the bytes, so nothing would add up.
        if self.profile.is_malformed(*statement) {
            return None;
        }
        let DataSize::Known(size) = self.profile.facts(value, *statement).size else {
            return None;
        };
        let size = usize::try_from(size).ok()?;
        self.left = self.left.checked_sub(size)?;
        self.profile.constant(value, *statement)
    }
}
