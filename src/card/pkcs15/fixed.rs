//! EF.ODF and EF.TokenInfo: changing the two files whose identifiers are fixed.
//!
//! A change that fits is one UPDATE BINARY, or an entry added behind the others. Where the file is
//! too small, it cannot move as other directories do. Then the new content is written into a
//! spare, first byte last; the file is deleted and created again, and filled, first byte last; then
//! the spare is deleted. The spare counts while the file is missing or blank, so that at every
//! moment one of them holds a whole list, and the next change finishes what was interrupted.

use super::content::{Content, Write};
use super::error::{full, unknown, unusable};
use super::files::{Files, Found, missing};
use super::store::{discard, size, unless_refused, write_list};
use super::{Application, CardError, Fixed, Stored};
use crate::card::fcp::ShortId;
use crate::card::{FileControl, LifeCycle, Operation};

impl Application {
    /// Finishes what an interrupted change left. Every change starts with it.
    pub(super) fn settle(&mut self, files: &mut Files<'_>) -> Result<(), CardError> {
        for which in [Fixed::Odf, Fixed::TokenInfo] {
            let stored = self.stored(which).cloned();
            let Some((stored, spare)) = stored.and_then(|it| Some((it.clone(), it.spare?))) else {
                continue;
            };
            let used = stored.content.used();
            let used = used.map_err(|error| unusable(&spare.place, &error.to_string()))?;
            let content = stored.content.0[..used].to_vec();
            let file = match stored.file {
                Some(file) if size(&file) >= used => file,
                too_small => {
                    if let Some(file) = too_small {
                        files.delete(&file)?;
                    }
                    let control = FileControl {
                        short_id: ShortId::Implicit,
                        life_cycle: None,
                        ..spare.control.clone().ok_or_else(|| unknown(&spare.place))?
                    };
                    let made = files.create(&stored.place, control, Some(&self.home))?;
                    made.ok_or_else(|| missing(&stored.place))?
                }
            };
            self.fill(files, which, file, content)?;
            unless_refused(files.delete(&spare))?;
        }
        Ok(())
    }

    /// Deletes spares that count no more.
    pub(super) fn delete_spares(&self, files: &mut Files<'_>) -> Result<(), CardError> {
        for which in [Fixed::Odf, Fixed::TokenInfo] {
            let complete = self.stored(which).is_some_and(|it| it.spare.is_none());
            if complete && let Some(spare) = files.select(&which.spare(&self.home))? {
                unless_refused(files.delete(&spare))?;
            }
        }
        Ok(())
    }

    /// The file, or why it is not at hand.
    pub(super) fn needed(&self, which: Fixed) -> Result<&Stored, CardError> {
        self.stored(which).ok_or_else(|| {
            let place = which.place(&self.home);
            let name = place.to_string();
            let defects = self.defects.iter().filter(|it| it.file == name);
            defects.fold(
                CardError::new(format!("{place} cannot be changed")),
                |error, it| error.because(it.problem.clone()),
            )
        })
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
}

/// Whether a file in this state has its rules enforced.
const fn enforces(state: LifeCycle) -> bool {
    !matches!(state, LifeCycle::Creation | LifeCycle::Initialisation)
}
