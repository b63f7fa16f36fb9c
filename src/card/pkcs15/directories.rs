//! Object directories: adding to their lists, and making and moving their files.
//!
//! * **An entry is added** behind the others, its first byte last and alone. Until then that byte
//!   is padding, which ends the list.
//! * **A directory is full, or an entry in its middle goes away**: a new file with the new list is
//!   written first; then one UPDATE BINARY turns the two bytes of the path in EF.ODF to it; then the
//!   old file is deleted.
//! * **A directory is missing**: an empty one is created, then announced in EF.ODF.

use super::content::{Content, Edit};
use super::error::{full, unknown, unusable};
use super::files::{Files, Found, Place, missing};
use super::store::{EMPTY, discard, own_file, size, unless_refused, write_list};
use super::{Application, CardError, Directory, Fixed, Guard};
use crate::card::fcp::ShortId;
use crate::card::{AccessRules, Condition, FileControl, Operation, Sw};
use crate::der::pkcs15::{DirectoryEntry, Entry, ObjectKind, Path, fid, outline};

/// Identifiers of object directories, behind the conventional ones.
const MORE_DIRECTORIES: std::ops::RangeInclusive<u16> = 0x4406..=0x44FE;
/// Bytes of a new object directory: about seven entries.
const DIRECTORY_SIZE: usize = 512;
/// Bytes of an entry of EF.ODF with a path of three identifiers.
const ANNOUNCEMENT: usize = 12;

impl Application {
    /// Adds an entry to the directory of its kind.
    pub(super) fn list(
        &mut self,
        files: &mut Files<'_>,
        index: usize,
        entry: &[u8],
    ) -> Result<(), CardError> {
        let directory = self.directory(index)?;
        let edit = directory.content.append(entry);
        let edit = edit.map_err(|error| unusable(&directory.place, &error.to_string()))?;
        self.edit_directory(files, index, edit)
    }

    /// Changes the list of a directory.
    pub(super) fn edit_directory(
        &mut self,
        files: &mut Files<'_>,
        index: usize,
        edit: Edit,
    ) -> Result<(), CardError> {
        match edit {
            Edit::InPlace(writes) => {
                let file = self.file_of(index)?;
                for write in &writes {
                    files.write(&file, write.offset, &write.bytes)?;
                    if let Some(directory) = self.directories.get_mut(index) {
                        directory.content.apply(write);
                    }
                }
                Ok(())
            }
            Edit::Rewrite(content) => self.move_directory(files, index, content),
        }
    }

    pub(super) fn directory(&self, index: usize) -> Result<&Directory, CardError> {
        let found = self.directories.get(index);
        found.ok_or_else(|| CardError::new("the object directory is not known"))
    }

    fn file_of(&self, index: usize) -> Result<Found, CardError> {
        let directory = self.directory(index)?;
        let file = directory.file.clone();
        file.ok_or_else(|| missing(&directory.place))
    }

    /// The directory to which an object of this kind is added; created if there is none.
    pub(super) fn directory_for(
        &mut self,
        files: &mut Files<'_>,
        kind: ObjectKind,
        guard: Option<&Guard>,
    ) -> Result<usize, CardError> {
        let of_kind = |it: &&Directory| it.kind == kind;
        let usable = |it: &Directory| it.kind == kind && it.problem.is_none();
        let Some(index) = self.directories.iter().position(usable) else {
            return match self.directories.iter().find(of_kind) {
                Some(it) => Err(unusable(&it.place, it.problem.unwrap_or_default())),
                None => self.announce(files, kind, guard),
            };
        };
        if self.directory(index)?.file.is_none() {
            // Announced by the profile, never created.
            let place = self.directory(index)?.place.clone();
            let made = self.create_directory(files, &place, guard)?;
            self.adopt(index, made.ok_or_else(|| missing(&place))?);
        }
        Ok(index)
    }

    fn adopt(&mut self, index: usize, file: Found) {
        if let Some(directory) = self.directories.get_mut(index) {
            directory.content = Content(vec![0; size(&file)]);
            directory.place = file.place.clone();
            directory.file = Some(file);
        }
    }

    fn create_directory(
        &self,
        files: &mut Files<'_>,
        place: &Place,
        guard: Option<&Guard>,
    ) -> Result<Option<Found>, CardError> {
        let extender = self.extender(guard);
        let rules = AccessRules::default()
            .with(Operation::Read, Condition::always())
            .with(Operation::Update, extender.clone())
            .with(Operation::Delete, extender);
        let control = own_file(DIRECTORY_SIZE, Some(rules));
        let made = files.create(place, control, Some(&self.home))?;
        if let Some(file) = &made
            && let Err(error) = files.write(file, 0, &EMPTY)
        {
            discard(files, file);
            return Err(error);
        }
        Ok(made)
    }

    /// Who may extend a new directory: who may create files beside it. If everybody may, or the
    /// card does not tell, whoever may change its first object.
    fn extender(&self, guard: Option<&Guard>) -> Condition {
        let rules = self.home.control.as_ref().and_then(|it| it.rules.as_ref());
        let creator = rules
            .and_then(|it| it.iter().find(|(it, _)| *it == Operation::CreateEf))
            .map(|(_, condition)| condition.clone());
        let guarded = guard.map(|it| Condition::credential(it.credential));
        match creator {
            Some(creator) if creator != Condition::always() => creator,
            creator => guarded.or(creator).unwrap_or_else(Condition::never),
        }
    }

    /// Creates an object directory, then announces it in EF.ODF.
    fn announce(
        &mut self,
        files: &mut Files<'_>,
        kind: ObjectKind,
        guard: Option<&Guard>,
    ) -> Result<usize, CardError> {
        self.needed(Fixed::Odf)?;
        let file = self.new_directory(files, kind, guard)?;
        let path = self.absolute(&file.place);
        let entry = DirectoryEntry { kind, path }.encode();
        let announced = self.needed(Fixed::Odf).and_then(|odf| {
            let edit = odf.content.append(&entry);
            edit.map_err(|error| unusable(&odf.place, &error.to_string()))
        });
        let announced = announced.and_then(|edit| self.edit_odf(files, edit));
        if let Err(error) = announced {
            discard(files, &file);
            return Err(error);
        }
        let index = self.directories.len();
        self.directories.push(Directory {
            kind,
            place: file.place.clone(),
            file: None,
            content: Content::default(),
            problem: None,
        });
        self.adopt(index, file);
        Ok(index)
    }

    /// An empty directory file under a free identifier. One that is there already, unlisted and
    /// blank, was created just before an interruption.
    fn new_directory(
        &self,
        files: &mut Files<'_>,
        kind: ObjectKind,
        guard: Option<&Guard>,
    ) -> Result<Found, CardError> {
        let conventional = conventional_id(kind);
        for id in conventional.into_iter().chain(MORE_DIRECTORIES) {
            let path = [&self.home.place.path[..], &[id]].concat();
            let place = Place::new(kind.name(), &path);
            if self.is_listed(&path) {
                continue;
            }
            if let Some(made) = self.create_directory(files, &place, guard)? {
                return Ok(made);
            }
            if conventional == Some(id)
                && let Some(found) = files.select(&place)?
                && size(&found) >= EMPTY.len()
                && Content(files.read(&found)?.to_vec()).is_blank()
            {
                return Ok(found);
            }
        }
        Err(CardError::new(format!(
            "no identifier is free for a new {}",
            kind.name()
        )))
    }

    fn edit_odf(&mut self, files: &mut Files<'_>, edit: Edit) -> Result<(), CardError> {
        match edit {
            Edit::InPlace(writes) => self.write_fixed(files, Fixed::Odf, &writes),
            Edit::Rewrite(content) => {
                // Room for the other kinds as well: this is done once.
                let others = ObjectKind::ALL.iter().filter(|kind| {
                    let announced = self.directories.iter().any(|it| it.kind == **kind);
                    conventional_id(**kind).is_some() && !announced
                });
                let room = content.len() + others.count() * ANNOUNCEMENT;
                self.replace_fixed(files, Fixed::Odf, content, room)
            }
        }
    }

    /// Gives a directory a new file with this content. See the module.
    fn move_directory(
        &mut self,
        files: &mut Files<'_>,
        index: usize,
        content: Vec<u8>,
    ) -> Result<(), CardError> {
        let old = self.file_of(index)?;
        let had = self.directory(index)?.content.0.len();
        let needed = content.len();
        let size = if needed > had {
            needed.next_multiple_of(256)
        } else {
            had
        };
        let moved = self
            .copy_of(files, &old, size, &content)
            .or_else(|cause| match cause.sw {
                Some(Sw::NO_ROOM) if size > needed => self.copy_of(files, &old, needed, &content),
                _ => Err(cause),
            });
        let new = moved.map_err(|cause| full(&old.place, had, needed, cause))?;
        if let Err(cause) = self.point_to(files, index, &new.place) {
            discard(files, &new);
            return Err(full(&old.place, had, needed, cause));
        }
        let mut whole = content;
        whole.resize(self::size(&new).max(whole.len()), 0);
        if let Some(directory) = self.directories.get_mut(index) {
            directory.place = new.place.clone();
            directory.file = Some(new);
            directory.content = Content(whole);
        }
        if !self.is_listed(&old.place.path) {
            unless_refused(files.delete(&old))?;
        }
        Ok(())
    }

    /// A file with the rules of `old`, another size and this content, listed nowhere yet.
    fn copy_of(
        &self,
        files: &mut Files<'_>,
        old: &Found,
        size: usize,
        content: &[u8],
    ) -> Result<Found, CardError> {
        let control = old.control.clone().ok_or_else(|| unknown(&old.place))?;
        let (parent, _) = old.place.split().ok_or_else(|| missing(&old.place))?;
        let control = FileControl {
            size: size as u32,
            short_id: ShortId::None,
            life_cycle: None,
            ..control
        };
        let new = self.create_own(files, parent, old.place.name, &control)?;
        match write_list(files, &new, content) {
            Ok(()) => Ok(new),
            Err(error) => {
                discard(files, &new);
                Err(error)
            }
        }
    }

    /// Turns a directory's entry in EF.ODF to a file beside the old one, by one command.
    fn point_to(
        &mut self,
        files: &mut Files<'_>,
        index: usize,
        new: &Place,
    ) -> Result<(), CardError> {
        let old = self.directory(index)?.place.path.clone();
        let id = new.split().map(|(_, id)| id).unwrap_or_default();
        let odf = self.needed(Fixed::Odf)?;
        let entry = outline::directory(&odf.content.0)
            .into_iter()
            .find_map(|(_, it)| {
                let path = it.path?;
                let bytes = path.bytes(&odf.content.0).to_vec();
                let leads = super::open::resolve(
                    &self.home,
                    &Path {
                        file: bytes,
                        ..Path::default()
                    },
                );
                (leads.as_ref() == Some(&old)).then_some((it.element, path))
            });
        let (element, path) =
            entry.ok_or_else(|| unusable(&odf.place, "the entry is not there"))?;
        let mut bytes = odf.content.0[element.span()].to_vec();
        let at = path.value.end - element.start;
        bytes[at - 2..at].copy_from_slice(&id.to_be_bytes());
        let edit = odf.content.replace(&element, &bytes, files.data_field());
        let edit = edit.map_err(|error| unusable(&odf.place, &error.to_string()))?;
        self.edit_odf(files, edit)
    }
}

const fn conventional_id(kind: ObjectKind) -> Option<u16> {
    match kind {
        ObjectKind::AuthenticationObjects => Some(fid::AODF),
        ObjectKind::PrivateKeys => Some(fid::PRKDF),
        ObjectKind::PublicKeys => Some(fid::PUKDF),
        ObjectKind::Certificates => Some(fid::CDF),
        ObjectKind::DataObjects => Some(fid::DODF),
        _ => None,
    }
}
