//! Finding the application and reading what it lists.

use super::content::Content;
use super::files::{Files, Found, Place};
use super::{Application, CardError, Defect, Directory, Fixed, Stored};
use crate::card::{Channel, FileControl};
use crate::der::Elements;
use crate::der::pkcs15::{
    AID, Application as Announcement, DirectoryEntry, Entry, Path, TokenInfo, fid,
};

/// The directory of the application, by its name for people.
const HOME: &str = "the PKCS#15 directory";

impl Application {
    /// Finds the application (EF.DIR, else `3F00/5015`) and reads its directories.
    ///
    /// `data_field` is the longest command data field in bytes: 255, or more (up to 65,535) where
    /// card and reader take extended length. `None` if the card has no such application. A missing
    /// EF.ODF or EF.TokenInfo, directories that cannot be read, and entries that are broken are no
    /// errors here, see [`defects`](Self::defects).
    ///
    /// # Errors
    /// If the card stops answering.
    pub fn open(channel: &mut dyn Channel, data_field: usize) -> Result<Option<Self>, CardError> {
        let mut reading = Reading {
            files: Files::new(channel, data_field),
            defects: Vec::new(),
        };
        let Some(home) = reading.home()? else {
            return Ok(None);
        };
        let odf = reading.fixed(Fixed::Odf, &home)?;
        let token_info = reading.fixed(Fixed::TokenInfo, &home)?;
        let info = token_info.as_ref().and_then(|it| reading.token_info(it));
        let mut directories = Vec::new();
        for entry in odf
            .as_ref()
            .map(|it| reading.object_directories(it))
            .unwrap_or_default()
        {
            let directory = reading.directory(&entry, &home, &directories)?;
            directories.push(directory);
        }
        Ok(Some(Self {
            data_field,
            home,
            odf,
            token_info,
            info,
            directories,
            pending: None,
            defects: reading.defects,
        }))
    }
}

/// The walk through the application, and what was in its way.
struct Reading<'c> {
    files: Files<'c>,
    defects: Vec<Defect>,
}

impl Reading<'_> {
    fn defect(&mut self, file: &Place, problem: impl Into<String>) {
        self.defects.push(Defect {
            file: file.to_string(),
            problem: problem.into(),
        });
    }

    /// What the card refused is a defect; a card that no longer answers is an error.
    fn tolerate<T>(
        &mut self,
        file: &Place,
        result: Result<T, CardError>,
    ) -> Result<Option<T>, CardError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if !error.lost => {
                self.defect(file, error.to_string());
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn select(&mut self, place: &Place) -> Result<Option<Found>, CardError> {
        let found = self.files.select(place);
        Ok(self.tolerate(place, found)?.flatten())
    }

    /// Reads an elementary file; the content is `None` if the card refuses.
    fn read(&mut self, place: &Place) -> Result<Option<(Found, Option<Content>)>, CardError> {
        let Some(found) = self.select(place)? else {
            return Ok(None);
        };
        if found.control.as_ref().is_some_and(FileControl::is_df) {
            self.defect(place, "it is a directory; a file was expected");
            return Ok(None);
        }
        let data = self.files.read(&found);
        let content = self.tolerate(place, data)?;
        Ok(Some((found, content.map(|it| Content(it.to_vec())))))
    }

    /// The application's directory: as EF.DIR says, else `3F00/5015`.
    fn home(&mut self) -> Result<Option<Found>, CardError> {
        let dir = Place::new("EF.DIR", &[fid::DIR]);
        if let Some(announced) = self.announcement(&dir)? {
            let path = announced.path.as_ref().and_then(|it| below_mf(it));
            if let Some(found) = self.directory_at(path)? {
                return Ok(Some(found));
            }
            let named = self.files.select_name(&announced.aid);
            let named = self.tolerate(&dir, named)?.flatten();
            if let Some(found) = self.directory_at(named.map(|it| vec![it.id]))? {
                return Ok(Some(found));
            }
            self.defect(
                &dir,
                "the PKCS#15 application that it announces is not there",
            );
        }
        self.directory_at(Some(vec![fid::APPLICATION]))
    }

    fn directory_at(&mut self, path: Option<Vec<u16>>) -> Result<Option<Found>, CardError> {
        let Some(path) = path else {
            return Ok(None);
        };
        let found = self.select(&Place::new(HOME, &path))?;
        Ok(found.filter(|it| it.control.as_ref().is_none_or(FileControl::is_df)))
    }

    fn announcement(&mut self, dir: &Place) -> Result<Option<Announcement>, CardError> {
        let Some((_, content)) = self.read(dir)? else {
            self.defect(
                dir,
                "it is missing; not every reader finds the application without it",
            );
            return Ok(None);
        };
        let content = content.unwrap_or_default();
        let entries = content.elements().collect::<Vec<_>>();
        let found = entries
            .iter()
            .filter_map(|it| Announcement::decode(&content.0, it).ok())
            .find(|it| it.aid.starts_with(&AID));
        if found.is_none() {
            self.defect(dir, "it announces no PKCS#15 application");
        }
        Ok(found)
    }

    /// EF.ODF or EF.TokenInfo. If it is missing or blank, an interrupted replacement may have left
    /// its new content in the spare.
    fn fixed(&mut self, which: Fixed, home: &Found) -> Result<Option<Stored>, CardError> {
        let place = which.place(home);
        let regular = self.read(&place)?;
        let (file, content) = match regular {
            Some((file, Some(content))) => (Some(file), content),
            // There, but not readable: nothing was interrupted.
            Some((_, None)) => return Ok(None),
            None => (None, Content::default()),
        };
        if content.is_empty()
            && let Some((spare, Some(kept))) = self.read(&which.spare(home))?
            && !kept.is_empty()
        {
            let content = kept;
            self.defect(
                &place,
                "an interrupted change left it incomplete; its spare is used",
            );
            let spare = Some(spare);
            return Ok(Some(Stored {
                place,
                file,
                content,
                spare,
            }));
        }
        if file.is_none() {
            self.defect(&place, "it is missing; the profile has to create it");
            return Ok(None);
        }
        let spare = None;
        Ok(Some(Stored {
            place,
            file,
            content,
            spare,
        }))
    }

    fn token_info(&mut self, stored: &Stored) -> Option<TokenInfo> {
        match TokenInfo::decode(&stored.content.0) {
            Ok(info) => Some(info),
            Err(error) => {
                self.defect(&stored.place, error.to_string());
                None
            }
        }
    }

    /// The entries of EF.ODF that can be understood.
    fn object_directories(&mut self, odf: &Stored) -> Vec<DirectoryEntry> {
        self.entries(&odf.place, &odf.content)
    }

    /// The entries that can be understood; the others are defects.
    fn entries<E: Entry>(&mut self, place: &Place, content: &Content) -> Vec<E> {
        let mut entries = Vec::new();
        for element in Elements::new(&content.0) {
            let entry = element
                .map_err(Into::into)
                .and_then(|it| E::decode(&content.0, &it));
            match entry {
                Ok(entry) => entries.push(entry),
                Err(error) => self.defect(place, error.to_string()),
            }
        }
        entries
    }

    fn directory(
        &mut self,
        entry: &DirectoryEntry,
        home: &Found,
        others: &[Directory],
    ) -> Result<Directory, CardError> {
        let name = entry.kind.name();
        let mut directory = Directory {
            kind: entry.kind,
            place: Place::new(name, &resolve(home, &entry.path).unwrap_or_default()),
            file: None,
            content: Content::default(),
            problem: None,
        };
        if directory.place.path.is_empty() {
            directory.problem = Some("EF.ODF gives no path to it");
        } else if others
            .iter()
            .any(|it| it.place.path == directory.place.path)
        {
            directory.problem = Some("EF.ODF lists this file twice");
        } else if let Some((file, content)) = self.read(&directory.place)? {
            directory.file = Some(file);
            if content.is_none() {
                directory.problem = Some("it cannot be read");
            }
            directory.content = content.unwrap_or_default();
        }
        if entry.path.index.is_some() || entry.path.length.is_some() {
            directory.content = part(&directory.content, &entry.path);
            directory.problem = Some("EF.ODF lists only a part of this file");
        }
        if let Err(error) = directory.content.used() {
            directory.problem = Some("one of its entries is broken, none can be added behind it");
            self.defect(&directory.place, error.to_string());
        }
        self.examine(&directory);
        Ok(directory)
    }

    /// Remembers the entries that cannot be understood.
    fn examine(&mut self, directory: &Directory) {
        for element in directory.content.elements() {
            if let Err(error) = directory.understand(&element) {
                self.defect(&directory.place, error.to_string());
            }
        }
    }
}

fn part(content: &Content, path: &Path) -> Content {
    let at = |number: Option<u64>| number.and_then(|it| usize::try_from(it).ok());
    let start = at(path.index).unwrap_or(0).min(content.0.len());
    let length = at(path.length).unwrap_or(usize::MAX);
    let end = start.saturating_add(length).min(content.0.len());
    Content(content.0[start..end].to_vec())
}

/// File identifiers from below the MF, out of the bytes of an absolute path.
fn below_mf(path: &[u8]) -> Option<Vec<u16>> {
    let path = Path {
        file: path.to_vec(),
        ..Path::default()
    };
    match path.ids()?.as_slice() {
        [crate::card::fcp::MASTER_FILE, rest @ ..] => Some(rest.to_vec()),
        ids => Some(ids.to_vec()),
    }
}

/// Where a path leads, from below the MF: absolute ones start with 3F00, others start in the
/// application's directory. `None` if it names no file.
pub(super) fn resolve(home: &Found, path: &Path) -> Option<Vec<u16>> {
    match path.ids()?.as_slice() {
        [] => None,
        [crate::card::fcp::MASTER_FILE, rest @ ..] => Some(rest.to_vec()),
        ids => Some([&home.place.path, ids].concat()),
    }
}
