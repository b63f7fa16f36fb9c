//! Archives, `.dsz`: descriptions zipped with their companions.
//!
//! An archive is read in memory and never unpacked. It comes from anywhere, so everything it says is
//! doubted: names that lead out of it, names that stand twice, sizes. What is read of one archive
//! ends at [`TOTAL`] bytes, and an archive in an archive is not opened. Bytes in, members out; where
//! the archive lies is not known here.

use std::collections::{BTreeMap, HashMap};
use std::io::{Cursor, Read};

use memchr::memmem;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::discovery::Kind;
use super::reading::Reason;

/// The most members that an archive may have; a description has a handful of companions.
pub const MEMBERS: usize = 1000;

/// The most bytes that all members which are read may have together, unpacked.
pub const TOTAL: u64 = 64 << 20;

/// The most that a member may grow when it is unpacked, as a multiple of its packed size.
/// Descriptions and profiles shrink to a third or a tenth.
const RATIO: u64 = 100;

/// The bytes up to which a member may grow as it likes: short texts of one letter are harmless.
const HARMLESS: u64 = 1 << 20;

/// What the record of each member in the list of members begins with (APPNOTE 4.3.12).
const RECORD: &[u8] = b"PK\x01\x02";

/// An archive whose list of members was read.
pub(super) struct Archive {
    zip: ZipArchive<Cursor<Vec<u8>>>,
    /// The members by their paths, parts separated by `/`, with their numbers in the list.
    members: BTreeMap<String, usize>,
    /// Bytes that were unpacked so far.
    unpacked: u64,
}

/// A member that is not to be read, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// Its name as it stands in the archive.
    pub(super) name: String,
    /// Why.
    pub(super) reason: Reason,
}

impl Archive {
    /// Reads the list of members. Those with doubtful names are not among them but are told.
    ///
    /// # Errors
    ///
    /// It is no ZIP archive, is damaged, has members that share a name or their bytes, or has more
    /// than [`MEMBERS`] members.
    pub(super) fn open(bytes: Vec<u8>) -> Result<(Self, Vec<Refused>), Reason> {
        // Counted before the list is read, which takes memory for each record.
        if memmem::find_iter(&bytes, RECORD).count() > MEMBERS {
            return Err(Reason::TooManyMembers);
        }
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        if zip.has_duplicate_names() {
            return Err(Reason::SameName);
        }
        zip.validate_header_consistency().map_err(damaged)?;
        let (members, refused) = members(&zip)?;
        let archive = Self {
            zip,
            members,
            unpacked: 0,
        };
        Ok((archive, refused))
    }

    /// The paths of all members, sorted.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    /// The bytes of the member at `path`.
    ///
    /// # Errors
    ///
    /// There is no such member, it cannot be unpacked, or unpacking it would be too much.
    pub(super) fn read(&mut self, path: &str) -> Result<Vec<u8>, Reason> {
        let index = *self.members.get(path).ok_or(Reason::NotFound)?;
        let entry = self.zip.by_index_data(index).map_err(damaged)?;
        if entry.encrypted() {
            return Err(Reason::Encrypted);
        }
        if let Some(method) = unknown_method(entry.compression()) {
            return Err(Reason::Packed { method });
        }
        let limit = limit(entry.compressed_size()).min(TOTAL - self.unpacked);
        let file = self.zip.by_index(index).map_err(damaged)?;
        let mut bytes = Vec::new();
        let read = file.take(limit + 1).read_to_end(&mut bytes);
        self.unpacked += (bytes.len() as u64).min(limit);
        if bytes.len() as u64 > limit {
            return Err(Reason::Bomb);
        }
        match read {
            Ok(_) => Ok(bytes),
            Err(error) => Err(Reason::Damaged(error.to_string())),
        }
    }
}

/// What a member of this packed size may grow to.
fn limit(packed: u64) -> u64 {
    packed.saturating_mul(RATIO).clamp(HARMLESS, TOTAL)
}

type Members = (BTreeMap<String, usize>, Vec<Refused>);

/// The files of an archive: those that can be named, and the others.
fn members(zip: &ZipArchive<Cursor<Vec<u8>>>) -> Result<Members, Reason> {
    let mut members = BTreeMap::new();
    let mut refused = Vec::new();
    let mut seen = HashMap::new();
    for index in 0..zip.len() {
        let entry = zip.by_index_data(index).map_err(damaged)?;
        if entry.is_dir() {
            continue;
        }
        let name = entry.name().map_err(damaged)?.into_owned();
        let path = path_of(&name).and_then(|path| unique(path, &mut seen));
        let reason = match path {
            Ok(_) if entry.is_symlink() => Reason::LinkInArchive,
            Ok(path) if Kind::of(path.as_ref()) == Some(Kind::Archive) => Reason::ArchiveInArchive,
            Ok(path) => {
                members.insert(path, index);
                continue;
            }
            Err(reason) => reason,
        };
        refused.push(Refused { name, reason });
    }
    Ok((members, refused))
}

/// The path that a name means, parts separated by `/`. Some programs write `\` between them.
fn path_of(name: &str) -> Result<String, Reason> {
    let name = name.replace('\\', "/");
    let is_drive = name.as_bytes().get(1) == Some(&b':');
    if name.starts_with('/') || is_drive || name.split('/').any(|part| part == "..") {
        return Err(Reason::LeadsOut);
    }
    if name.contains('\0') {
        return Err(Reason::NamelessMember);
    }
    let parts: Vec<_> = name
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    match parts.is_empty() {
        true => Err(Reason::NamelessMember),
        false => Ok(parts.join("/")),
    }
}

/// The path, unless another member has it, letter case apart.
fn unique(path: String, seen: &mut HashMap<String, String>) -> Result<String, Reason> {
    match seen.get(&path.to_lowercase()) {
        Some(other) if *other == path => Err(Reason::SameName),
        Some(other) => Err(Reason::SimilarName {
            other: other.clone(),
        }),
        None => {
            seen.insert(path.to_lowercase(), path.clone());
            Ok(path)
        }
    }
}

/// The method of packing, if it is one that perso cannot undo.
fn unknown_method(method: CompressionMethod) -> Option<String> {
    let name = match method {
        CompressionMethod::Stored | CompressionMethod::Deflated => return None,
        CompressionMethod::DEFLATE64 => "Deflate64",
        CompressionMethod::BZIP2 => "BZIP2",
        CompressionMethod::LZMA => "LZMA",
        CompressionMethod::ZSTD => "Zstandard",
        CompressionMethod::XZ => "XZ",
        CompressionMethod::PPMD => "PPMd",
        other => return Some(other.to_string()),
    };
    Some(name.to_owned())
}

fn damaged(error: ZipError) -> Reason {
    match error {
        ZipError::UnsupportedArchive(what) => Reason::Damaged(what.to_owned()),
        ZipError::InvalidArchive(what) if what.contains("EOCD") => Reason::NoArchive,
        ZipError::InvalidArchive(what) => Reason::Damaged(what.into_owned()),
        other => Reason::Damaged(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
