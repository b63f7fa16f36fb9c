//! The content of a directory file: entries side by side, then padding; and how it is changed.
//!
//! Pure. A change is either written into the file in place, such that the list is the old one until
//! the last write and the new one after it, or it needs a new file. Whatever lies behind the entries
//! is padding to a reader, even if an interrupted change left bytes there: the first byte decides.

use crate::der::{Element, Elements, TlvError};

/// A write into a file: `bytes` at `offset`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Write {
    pub offset: usize,
    pub bytes: Vec<u8>,
}

/// How the content changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Edit {
    /// These writes, in order. Until the last one, which is a single command, readers see the old
    /// list.
    InPlace(Vec<Write>),
    /// A file with this content takes the place of the old one.
    Rewrite(Vec<u8>),
}

/// The bytes of a directory file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Content(pub Vec<u8>);

impl Content {
    /// The entries whose frame fits.
    pub(super) fn elements(&self) -> impl Iterator<Item = Element> {
        Elements::new(&self.0).map_while(Result::ok)
    }

    /// Where the entries end.
    ///
    /// # Errors
    /// An entry whose frame does not fit: nobody can tell where the next one would start.
    pub(super) fn used(&self) -> Result<usize, TlvError> {
        let mut elements = Elements::new(&self.0);
        elements.by_ref().try_for_each(|it| it.map(|_| ()))?;
        Ok(elements.position())
    }

    /// Adds an entry behind the others. Its first byte, the tag, is written last and alone: until
    /// then it is padding, which ends the list.
    pub(super) fn append(&self, entry: &[u8]) -> Result<Edit, TlvError> {
        let used = self.used()?;
        let (Some((tag, tail)), true) = (entry.split_first(), used + entry.len() <= self.0.len())
        else {
            return Ok(Edit::Rewrite([&self.0[..used], entry].concat()));
        };
        let mut tail = tail.to_vec();
        if self
            .0
            .get(used + entry.len())
            .is_some_and(|it| !is_padding(*it))
        {
            tail.push(0); // the rest of an interrupted change must not look like one more entry
        }
        let tag = Write {
            offset: used,
            bytes: vec![*tag],
        };
        let tail = Write {
            offset: used + 1,
            bytes: tail,
        };
        Ok(Edit::InPlace(vec![tail, tag]))
    }

    /// Takes an entry out. The last one becomes padding by its first byte.
    pub(super) fn remove(&self, entry: &Element) -> Result<Edit, TlvError> {
        let used = self.used()?;
        let span = entry.span();
        if span.end == used {
            let write = Write {
                offset: span.start,
                bytes: vec![0],
            };
            return Ok(Edit::InPlace(vec![write]));
        }
        let (before, behind) = (&self.0[..span.start], &self.0[span.end..used]);
        Ok(Edit::Rewrite([before, behind].concat()))
    }

    /// Puts other bytes into the place of an entry: by one command of at most `most` bytes if the
    /// length stays.
    pub(super) fn replace(
        &self,
        entry: &Element,
        new: &[u8],
        most: usize,
    ) -> Result<Edit, TlvError> {
        let used = self.used()?;
        let span = entry.span();
        let old = &self.0[span.clone()];
        if old == new {
            return Ok(Edit::InPlace(Vec::new()));
        }
        if let Some(changed) = changed(old, new).filter(|it| it.len() <= most) {
            let write = Write {
                offset: span.start + changed.start,
                bytes: new[changed].to_vec(),
            };
            return Ok(Edit::InPlace(vec![write]));
        }
        let (before, behind) = (&self.0[..span.start], &self.0[span.end..used]);
        Ok(Edit::Rewrite([before, new, behind].concat()))
    }

    /// Does to these bytes what was done to the file.
    pub(super) fn apply(&mut self, write: &Write) {
        let target = self.0.iter_mut().skip(write.offset);
        target.zip(&write.bytes).for_each(|(old, new)| *old = *new);
    }

    /// Whether all of it is padding.
    pub(super) fn is_blank(&self) -> bool {
        self.0.iter().all(|it| is_padding(*it))
    }

    /// Whether the list is empty because its first byte is padding, or there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.first().is_none_or(|it| is_padding(*it))
    }
}

const fn is_padding(byte: u8) -> bool {
    matches!(byte, 0x00 | 0xFF)
}

/// The smallest range outside which both are the same; `None` if the lengths differ or nothing does.
fn changed(old: &[u8], new: &[u8]) -> Option<std::ops::Range<usize>> {
    let differs = |index: &usize| old.get(*index) != new.get(*index);
    let first = (0..new.len()).find(differs)?;
    let last = (0..new.len()).rev().find(differs)?;
    (old.len() == new.len()).then_some(first..last + 1)
}
