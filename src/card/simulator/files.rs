//! The file tree of the card: directories and transparent files below the MF.
//!
//! Owns the rules that hold for any tree (unique identifiers, room, depth). Must not know who is
//! allowed to do what, nor which file is selected.

use std::collections::BTreeMap;

use crate::card::fcp::{self, MASTER_FILE};
use crate::card::{FileControl, LifeCycle, Sw};

/// Largest transparent file, in bytes.
pub const MAX_FILE_SIZE: u32 = 256 * 1024;
/// Most files on one card, directories included.
pub const MAX_FILES: usize = 1_000;
/// Most directories around one another, the MF included.
pub const MAX_DEPTH: usize = 8;
/// What the MF reports as its size unless told otherwise: the card's memory is the limit then.
pub(crate) const MASTER_FILE_SIZE: u32 = 0xFFFF;

/// Names a file for as long as it exists; never used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct FileKey(u32);

/// One file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct File {
    pub control: FileControl,
    pub parent: Option<FileKey>,
    pub children: Vec<FileKey>,
    /// The bytes of a transparent file, as many as its size; empty for a directory.
    pub data: Vec<u8>,
    /// Number of bytes up to the last one ever written.
    pub used: usize,
}

impl File {
    fn new(control: FileControl, parent: Option<FileKey>) -> Self {
        let size = if control.is_df() { 0 } else { control.size };
        Self {
            control,
            parent,
            children: Vec::new(),
            data: vec![0; size as usize],
            used: 0,
        }
    }

    pub(crate) fn life_cycle(&self) -> LifeCycle {
        self.control.life_cycle.unwrap_or(LifeCycle::Activated)
    }

    /// Writes `bytes` at `offset`; the size of the file is fixed.
    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) -> Result<(), Sw> {
        let end = offset.checked_add(bytes.len()).ok_or(Sw::NO_ROOM)?;
        let target = self.data.get_mut(offset..end).ok_or(Sw::NO_ROOM)?;
        target.copy_from_slice(bytes);
        self.used = self.used.max(end);
        Ok(())
    }
}

/// All files of a card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Files {
    files: BTreeMap<FileKey, File>,
    next: u32,
    /// Bytes that all transparent files together may have.
    memory: u32,
    /// Whether the size of a directory limits what lies in it.
    pub are_directories_bounded: bool,
}

impl Files {
    /// The key of the MF.
    pub(crate) const MF: FileKey = FileKey(0);

    /// A card with nothing but the MF.
    pub(crate) fn new(memory: u32) -> Self {
        let mut mf = FileControl::df(MASTER_FILE, MASTER_FILE_SIZE);
        mf.life_cycle = Some(LifeCycle::Creation);
        Self {
            files: BTreeMap::from([(Self::MF, File::new(mf, None))]),
            next: 1,
            memory,
            are_directories_bounded: true,
        }
    }

    pub(crate) fn get(&self, key: FileKey) -> Result<&File, Sw> {
        self.files.get(&key).ok_or(Sw::NO_FILE)
    }

    pub(crate) fn get_mut(&mut self, key: FileKey) -> Result<&mut File, Sw> {
        self.files.get_mut(&key).ok_or(Sw::NO_FILE)
    }

    /// Every file, directories before what lies in them is not promised.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (FileKey, &File)> {
        self.files.iter().map(|(key, file)| (*key, file))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut File> {
        self.files.values_mut()
    }

    /// The files directly in a directory, in order of creation.
    pub(crate) fn children(&self, key: FileKey) -> impl Iterator<Item = (FileKey, &File)> {
        let children = self.files.get(&key).map_or(&[][..], |file| &file.children);
        children
            .iter()
            .filter_map(|child| Some((*child, self.files.get(child)?)))
    }

    pub(crate) fn child(&self, key: FileKey, id: u16) -> Option<FileKey> {
        self.children(key)
            .find(|(_, file)| file.control.id == id)
            .map(|(child, _)| child)
    }

    /// Follows file identifiers downwards.
    pub(crate) fn walk(&self, from: FileKey, ids: &[u16]) -> Result<FileKey, Sw> {
        ids.iter()
            .try_fold(from, |key, id| self.child(key, *id))
            .ok_or(Sw::NO_FILE)
    }

    /// Directories whose name starts with these bytes, in order of creation.
    pub(crate) fn named(&self, prefix: &[u8]) -> Vec<FileKey> {
        let matches = |file: &File| {
            let name = file.control.name.as_ref();
            name.is_some_and(|name| name.starts_with(prefix))
        };
        self.iter()
            .filter(|(_, file)| matches(file))
            .map(|(key, _)| key)
            .collect()
    }

    /// The directory and those around it, the MF last.
    pub(crate) fn ancestors(&self, key: FileKey) -> impl Iterator<Item = (FileKey, &File)> {
        let at = |key: FileKey| Some((key, self.files.get(&key)?));
        std::iter::successors(at(key), move |(_, file)| at(file.parent?))
    }

    /// Creates a file in a directory, filled with zeros.
    pub(crate) fn create(&mut self, parent: FileKey, control: FileControl) -> Result<FileKey, Sw> {
        self.check_identity(parent, &control)?;
        self.check_room(parent, &control)?;
        let key = FileKey(self.next);
        self.next = self.next.checked_add(1).ok_or(Sw::NO_ROOM)?;
        self.files.insert(key, File::new(control, Some(parent)));
        self.get_mut(parent)?.children.push(key);
        Ok(key)
    }

    /// Gives the MF other parameters, for as long as nothing lies in it.
    pub(crate) fn create_mf(&mut self, control: FileControl) -> Result<(), Sw> {
        let mf = self.get_mut(Self::MF)?;
        if !mf.children.is_empty() {
            return Err(Sw::FILE_EXISTS);
        }
        if !control.is_df() {
            return Err(Sw::WRONG_DATA);
        }
        mf.control = control;
        Ok(())
    }

    fn check_identity(&self, parent: FileKey, control: &FileControl) -> Result<(), Sw> {
        let directory = self.get(parent)?;
        if !directory.control.is_df() {
            return Err(Sw::CONDITIONS);
        }
        if !fcp::is_free_for_use(control.id) || (control.name.is_some() && !control.is_df()) {
            return Err(Sw::WRONG_DATA);
        }
        if directory.control.id == control.id || self.child(parent, control.id).is_some() {
            return Err(Sw::FILE_EXISTS);
        }
        let name = control.name.as_ref();
        if name.is_some() && self.iter().any(|(_, it)| it.control.name.as_ref() == name) {
            return Err(Sw::NAME_EXISTS);
        }
        Ok(())
    }

    fn check_room(&self, parent: FileKey, control: &FileControl) -> Result<(), Sw> {
        let depth = self.ancestors(parent).count();
        let too_big = !control.is_df() && control.size > MAX_FILE_SIZE;
        if depth >= MAX_DEPTH || self.files.len() >= MAX_FILES || too_big {
            return Err(Sw::NO_ROOM);
        }
        if !control.is_df() && self.used_memory() + u64::from(control.size) > self.memory.into() {
            return Err(Sw::NO_ROOM);
        }
        if !self.are_directories_bounded {
            return Ok(());
        }
        // The nearest directory with a limit answers for all above: its own size is reserved.
        let limited = self
            .ancestors(parent)
            .find(|(_, file)| !matches!(file.control.size, 0 | MASTER_FILE_SIZE));
        match limited {
            Some((key, file)) => {
                let needed = self.occupied(key) + u64::from(control.size);
                (needed <= file.control.size.into())
                    .then_some(())
                    .ok_or(Sw::NO_ROOM)
            }
            None => Ok(()),
        }
    }

    /// Bytes of all transparent files.
    pub(crate) fn used_memory(&self) -> u64 {
        self.files.values().map(|file| file.data.len() as u64).sum()
    }

    /// Bytes that the files in a directory take of its size.
    fn occupied(&self, key: FileKey) -> u64 {
        self.children(key)
            .map(|(child, file)| match file.control.size {
                0 => self.occupied(child),
                size => size.into(),
            })
            .sum()
    }

    /// Removes a file and all that lies in it. The MF stays.
    pub(crate) fn delete(&mut self, key: FileKey) -> Result<(), Sw> {
        let parent = self.get(key)?.parent.ok_or(Sw::CONDITIONS)?;
        self.get_mut(parent)?.children.retain(|child| *child != key);
        let mut doomed = vec![key];
        while let Some(key) = doomed.pop() {
            if let Some(file) = self.files.remove(&key) {
                doomed.extend(file.children);
            }
        }
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn assert_sound(&self) {
        assert!(self.used_memory() <= self.memory.into() && self.files.len() <= MAX_FILES);
        for (key, file) in self.iter() {
            assert_eq!(file.parent.is_none(), key == Self::MF);
            assert!(self.ancestors(key).count() <= MAX_DEPTH + 1);
            assert!(file.used <= file.data.len());
            let size = if file.control.is_df() {
                0
            } else {
                file.control.size
            };
            assert_eq!(file.data.len(), size as usize);
            let mut ids: Vec<_> = self.children(key).map(|(_, it)| it.control.id).collect();
            assert_eq!(ids.len(), file.children.len());
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), file.children.len());
            for (_, child) in self.children(key) {
                assert_eq!(child.parent, Some(key));
            }
        }
    }
}
