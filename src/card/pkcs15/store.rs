//! How changes reach the card: object files, directories, EF.ODF and EF.TokenInfo.
//!
//! The order of writes is what keeps the promises of the module above.
//!
//! * **An entry is added** behind the others, its first byte last and alone. Until then that byte
//!   is padding, which ends the list.
//! * **A directory is full, or an entry in its middle goes away**: a new file with the new list is
//!   written first; then one UPDATE BINARY turns the two bytes of the path in EF.ODF to it; then the
//!   old file is deleted.
//! * **A directory is missing**: an empty one is created, then announced in EF.ODF.
//! * **EF.ODF is full** (or EF.TokenInfo), which cannot move because its identifier is fixed: the
//!   new content is written into a spare, first byte last; then the file is deleted and created
//!   again, filled first byte last; then the spare is deleted. The spare counts while the file is
//!   missing or blank, and the next change finishes what was interrupted.

use super::content::{Content, Edit, Write};
use super::files::{Files, Found, Place, missing};
use super::{Application, CardError, Directory, Fixed, Guard, Stored};
use crate::card::fcp::ShortId;
use crate::card::{AccessRules, Condition, FileControl, LifeCycle, Operation};
use crate::der::pkcs15::{DirectoryEntry, Entry, ObjectKind, Path, fid, outline};

/// Identifiers of files that are made here, see the module above.
const OWN_FILES: std::ops::RangeInclusive<u16> = 0x7000..=0x70FD;
/// Identifiers of object directories, behind the conventional ones.
const MORE_DIRECTORIES: std::ops::RangeInclusive<u16> = 0x4406..=0x44FE;
/// Bytes of a new object directory: about seven entries.
const DIRECTORY_SIZE: usize = 512;
/// What marks a new file as an empty list. Readers want at least two bytes.
const EMPTY: [u8; 2] = [0, 0];

impl Application {
    /// Finishes what an interrupted change left. Every change starts with it.
    pub(super) fn settle(&mut self, files: &mut Files<'_>) -> Result<(), CardError> {
        for which in [Fixed::Odf, Fixed::TokenInfo] {
            let Some((stored, spare)) = self
                .stored(which)
                .and_then(|it| Some((it.clone(), it.spare.clone()?)))
            else {
                continue;
            };
            let file = match stored.file {
                Some(file) => file,
                None => {
                    let control = spare.control.clone().ok_or_else(|| unknown(&spare.place))?;
                    let made = files.create(&stored.place, control, Some(&self.home))?;
                    made.ok_or_else(|| missing(&stored.place))?
                }
            };
            self.fill(files, which, file, stored.content.0)?;
            files.delete(&spare)?;
        }
        Ok(())
    }

    /// Writes the content of a blank file, first byte last.
    fn fill(
        &mut self,
        files: &mut Files<'_>,
        which: Fixed,
        file: Found,
        content: Vec<u8>,
    ) -> Result<(), CardError> {
        write_list(files, &file, &content)?;
        let mut whole = content;
        whole.resize(whole.len().max(size(&file)), 0);
        *self.stored_mut(which) = Some(Stored {
            place: file.place.clone(),
            file: Some(file),
            content: Content(whole),
            spare: None,
        });
        Ok(())
    }

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
        if let Some(file) = &made {
            files.write(file, 0, &EMPTY)?;
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
        self.odf_or_error()?;
        let file = self.new_directory(files, kind, guard)?;
        let path = self.absolute(&file.place);
        let entry = DirectoryEntry { kind, path }.encode();
        let announced = self.odf_or_error().and_then(|odf| {
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

    pub(super) fn odf_or_error(&self) -> Result<&Stored, CardError> {
        self.odf.as_ref().ok_or_else(|| {
            CardError::new(format!(
                "{} is not on the card",
                Fixed::Odf.place(&self.home)
            ))
            .because("the profile has to create it, with room for all object directories")
        })
    }

    fn edit_odf(&mut self, files: &mut Files<'_>, edit: Edit) -> Result<(), CardError> {
        match edit {
            Edit::InPlace(writes) => self.write_fixed(files, Fixed::Odf, &writes),
            Edit::Rewrite(content) => {
                // Room for the other kinds as well: this is done once.
                let announced: usize = ObjectKind::ALL.len();
                let room = content.len() + 12 * announced.saturating_sub(self.directories.len());
                self.replace_fixed(files, Fixed::Odf, content, room)
            }
        }
    }

    pub(super) fn write_fixed(
        &mut self,
        files: &mut Files<'_>,
        which: Fixed,
        writes: &[Write],
    ) -> Result<(), CardError> {
        let Some(stored) = self.stored_mut(which) else {
            return Err(CardError::new("the file is not known"));
        };
        let file = stored.file.clone().ok_or_else(|| missing(&stored.place))?;
        for write in writes {
            files.write(&file, write.offset, &write.bytes)?;
            stored.content.apply(write);
        }
        Ok(())
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
        let moved = self.copy_of(files, &old, size, &content);
        let new = moved.map_err(|cause| full(&old.place, had, needed, cause))?;
        if let Err(cause) = self.point_to(files, index, &new.place) {
            discard(files, &new);
            return Err(full(&old.place, had, needed, cause));
        }
        let mut whole = content;
        whole.resize(size.max(needed), 0);
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
        let odf = self.odf_or_error()?;
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

    /// Creates a file in the range of identifiers that is ours.
    fn create_own(
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

    /// Gives EF.ODF or EF.TokenInfo a new content of up to `room` bytes. See the module.
    pub(super) fn replace_fixed(
        &mut self,
        files: &mut Files<'_>,
        which: Fixed,
        content: Vec<u8>,
        room: usize,
    ) -> Result<(), CardError> {
        let stored = self.stored(which).cloned();
        let place = which.place(&self.home);
        let Some(Stored {
            file: Some(file),
            content: old,
            ..
        }) = stored
        else {
            return Err(missing(&place));
        };
        let had = old.0.len();
        let full = |cause| full(&place, had, content.len(), cause);
        let control = file.control.clone().ok_or_else(|| full(unknown(&place)))?;
        self.may_be_deleted(&file).map_err(full)?;
        if let Some(first) = old.0.first() {
            // Changes nothing; tells whether the new file could be written.
            files.write(&file, 0, &[*first]).map_err(full)?;
        }
        let larger = FileControl {
            size: room.max(had) as u32,
            life_cycle: None,
            ..control.clone()
        };
        let spare = self.write_spare(files, which, &larger, &content);
        let spare = spare.map_err(full)?;
        if let Err(cause) = files.delete(&file) {
            discard(files, &spare);
            return Err(full(cause));
        }
        let new = match files.create(&place, larger, Some(&self.home)) {
            Ok(Some(new)) => new,
            Ok(None) => return Err(full(CardError::new("its identifier is taken"))),
            Err(cause) if cause.lost => return Err(cause),
            Err(cause) => {
                let before = FileControl {
                    life_cycle: None,
                    ..control
                };
                if let Some(back) = files.create(&place, before, Some(&self.home))? {
                    self.fill(files, which, back, old.0)?;
                    discard(files, &spare);
                }
                return Err(full(cause));
            }
        };
        self.fill(files, which, new, content)?;
        unless_refused(files.delete(&spare)).map(|_| ())
    }

    /// Writes the new content of a fixed file into its spare, first byte last.
    fn write_spare(
        &self,
        files: &mut Files<'_>,
        which: Fixed,
        control: &FileControl,
        content: &[u8],
    ) -> Result<Found, CardError> {
        let place = which.spare(&self.home);
        let control = FileControl {
            short_id: ShortId::None,
            ..control.clone()
        };
        let mut made = files.create(&place, control.clone(), Some(&self.home))?;
        if made.is_none()
            && let Some(rest) = files.select(&place)?
        {
            files.delete(&rest)?;
            made = files.create(&place, control, Some(&self.home))?;
        }
        let spare = made.ok_or_else(|| missing(&place))?;
        write_list(files, &spare, content)?;
        Ok(spare)
    }

    /// Whether the rules that the card told let a file be deleted, by any PIN.
    fn may_be_deleted(&self, file: &Found) -> Result<(), CardError> {
        let allows = |found: &Found, operation| match &found.control {
            Some(control) if control.life_cycle.is_some_and(|it| !enforces(it)) => true,
            Some(FileControl {
                rules: Some(rules), ..
            }) => rules.iter().any(|(it, _)| it == operation),
            _ => true,
        };
        if allows(file, Operation::Delete) || allows(&self.home, Operation::DeleteChild) {
            return Ok(());
        }
        let problem = format!("{} cannot be deleted", file.place);
        Err(CardError::new(problem).because("its access rules have delete = never"))
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

fn own_file(size: usize, rules: Option<AccessRules>) -> FileControl {
    FileControl {
        short_id: ShortId::None,
        rules,
        ..FileControl::ef(0, size as u32)
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

/// Whether a file in this state has its rules enforced.
const fn enforces(state: LifeCycle) -> bool {
    !matches!(state, LifeCycle::Creation | LifeCycle::Initialisation)
}

fn size(file: &Found) -> usize {
    file.control.as_ref().map_or(0, |it| it.size as usize)
}

/// Writes a list into a new file, its first byte last, and padding behind it: what a new file holds
/// is the card's secret.
fn write_list(files: &mut Files<'_>, file: &Found, content: &[u8]) -> Result<(), CardError> {
    let mut tail = content.get(1..).unwrap_or_default().to_vec();
    if content.len() < size(file) {
        tail.push(0);
    }
    files.write(file, 1, &tail)?;
    files.write(file, 0, content.get(..1).unwrap_or(&EMPTY[..1]))
}

/// Takes back a file that will not be listed. The error that led here is what counts.
fn discard(files: &mut Files<'_>, file: &Found) {
    let _ = files.write(file, 0, &EMPTY[..1]);
    let _ = files.delete(file);
}

/// Whether it was done; a refusal is no error, silence is.
fn unless_refused(result: Result<(), CardError>) -> Result<bool, CardError> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if !error.lost => Ok(false),
        Err(error) => Err(error),
    }
}

pub(super) fn unusable(place: &Place, why: &str) -> CardError {
    CardError::new(format!("{place} cannot be extended")).because(why)
}

fn unknown(place: &Place) -> CardError {
    let problem = format!("{place} cannot be created again");
    CardError::new(problem).because("the card does not tell its access rules")
}

/// A file is too small, and a larger one could not take its place.
fn full(place: &Place, had: usize, needed: usize, cause: CardError) -> CardError {
    if cause.lost {
        return cause;
    }
    let missing = needed.saturating_sub(had);
    let problem = if missing > 0 {
        format!("{place} is too small: it has {had} bytes, {missing} more are needed")
    } else {
        format!("{place} cannot be written again")
    };
    let mut error = CardError::new(problem);
    error.sw = cause.sw;
    error = error.because(format!("a new file in its place was not possible: {cause}"));
    if missing > 0 {
        error = error.because(format!("maxsize={needed} or more in the profile helps"));
    }
    error
}
