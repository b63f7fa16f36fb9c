//! Files for new objects, and which identifiers are free for them.

use super::files::{Files, Found, Place};
use super::{Application, CardError, Guard};
use crate::card::fcp::ShortId;
use crate::card::{AccessRules, Condition, FileControl, LifeCycle, Operation};
use crate::der::pkcs15::{Path, outline};

/// Identifiers of files that are made here, see the module above.
const OWN_FILES: std::ops::RangeInclusive<u16> = 0x7000..=0x70FD;
/// What marks a new file as an empty list. Readers want at least two bytes.
pub(super) const EMPTY: [u8; 2] = [0, 0];

impl Application {
    /// Creates a file in the range of identifiers that is ours.
    pub(super) fn create_own(
        &self,
        files: &mut Files<'_>,
        parent: &[u16],
        name: &'static str,
        control: &FileControl,
    ) -> Result<Found, CardError> {
        for id in OWN_FILES {
            let place = Place::new(name, &[parent, &[id]].concat());
            if self.is_listed(&place.path) {
                continue;
            }
            if let Some(made) = files.create(&place, control.clone(), Some(&self.home))? {
                return Ok(made);
            }
            // The rest of an interrupted change, if nothing lists it.
            if self.knows_all()
                && let Some(rest) = files.select(&place)?
                && unless_refused(files.delete(&rest))?
                && let Some(made) = files.create(&place, control.clone(), Some(&self.home))?
            {
                return Ok(made);
            }
        }
        let problem = format!("no identifier is free for the {name}");
        Err(CardError::new(problem)
            .because("7000 to 70FD in the application's directory are taken"))
    }

    /// Stores the value of a new object in a file of its own.
    pub(super) fn store_value(
        &self,
        files: &mut Files<'_>,
        name: &'static str,
        value: &[u8],
        read: Condition,
        guard: Option<&Guard>,
    ) -> Result<Found, CardError> {
        let changer =
            guard.map_or_else(Condition::never, |it| Condition::credential(it.credential));
        let rules = AccessRules::default()
            .with(Operation::Read, read)
            .with(Operation::Update, changer.clone())
            .with(Operation::Delete, changer);
        let control = FileControl {
            // A file that nobody may change is filled before its rules hold.
            life_cycle: guard.is_none().then_some(LifeCycle::Creation),
            ..own_file(value.len(), Some(rules))
        };
        let file = self.create_own(files, &self.home.place.path, name, &control)?;
        let mut filled = files.write(&file, 0, value);
        if guard.is_none() {
            filled = filled.and_then(|()| files.activate(&file));
        }
        match filled {
            Ok(()) => Ok(file),
            Err(error) => {
                discard(files, &file);
                Err(error)
            }
        }
    }

    /// Whether an entry of any directory, or EF.ODF, names this file or is about to.
    pub(super) fn is_listed(&self, path: &[u16]) -> bool {
        let leads = |data: &[u8], it: outline::Outline| {
            let file = it
                .path
                .map(|it| it.bytes(data).to_vec())
                .unwrap_or_default();
            let found = super::open::resolve(
                &self.home,
                &Path {
                    file,
                    ..Path::default()
                },
            );
            found.as_deref() == Some(path)
        };
        let odf = self.odf.iter().map(|it| &it.content.0);
        let mut announced = odf.flat_map(|data| {
            let entries = outline::directory(data).into_iter();
            entries.map(move |(_, it)| (data, it))
        });
        self.pending.as_deref() == Some(path)
            || announced.any(|(data, it)| leads(data, it))
            || self.directories.iter().any(|directory| {
                let data = &directory.content.0;
                let mut entries = outline::objects(data, directory.kind).into_iter();
                directory.place.path == path || entries.any(|it| leads(data, it))
            })
    }

    /// Whether every list was read to its end, so that a file which is in none is in none.
    fn knows_all(&self) -> bool {
        let odf = self
            .odf
            .as_ref()
            .is_some_and(|it| it.content.used().is_ok());
        odf && self.directories.iter().all(|it| it.problem.is_none())
    }

    /// A path from the MF, as it stands in an entry.
    pub(super) fn absolute(&self, place: &Place) -> Path {
        Path::of(&[&[crate::card::fcp::MASTER_FILE], &place.path[..]].concat())
    }
}

pub(super) fn own_file(size: usize, rules: Option<AccessRules>) -> FileControl {
    FileControl {
        short_id: ShortId::None,
        rules,
        ..FileControl::ef(0, size as u32)
    }
}

pub(super) fn size(file: &Found) -> usize {
    file.control.as_ref().map_or(0, |it| it.size as usize)
}

/// Writes a list into a new file, its first byte last, and padding behind it: what a new file holds
/// is the card's secret.
pub(super) fn write_list(
    files: &mut Files<'_>,
    file: &Found,
    content: &[u8],
) -> Result<(), CardError> {
    let mut tail = content.get(1..).unwrap_or_default().to_vec();
    if content.len() < size(file) {
        tail.push(0);
    }
    files.write(file, 1, &tail)?;
    files.write(file, 0, content.get(..1).unwrap_or(&EMPTY[..1]))
}

/// Takes back a file that will not be listed. The error that led here is what counts.
pub(super) fn discard(files: &mut Files<'_>, file: &Found) {
    let _ = files.write(file, 0, &EMPTY[..1]);
    let _ = files.delete(file);
}

/// Whether it was done; a refusal is no error, silence is.
pub(super) fn unless_refused(result: Result<(), CardError>) -> Result<bool, CardError> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if !error.lost => Ok(false),
        Err(error) => Err(error),
    }
}
