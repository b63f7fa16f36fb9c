//! SELECT (ISO/IEC 7816-4 clause 7.1.1).

use super::super::{Answer, Card, FileKey, Files, answer, cardos44};
use crate::card::apdu::{Command, Response};
use crate::card::fcp::{FCI, FCP, FMD, MASTER_FILE};
use crate::card::{LifeCycle, Sw};
use crate::der::Tlv;

impl Card {
    pub(in super::super) fn select(&mut self, command: &Command) -> Answer {
        let data = command.body();
        let next = match command.p2 & 0xF3 {
            0x00 => false,
            0x02 => true,
            _ => return Err(Sw::WRONG_P1P2),
        };
        if next && command.p1 != 0x04 {
            return Err(Sw::NO_FUNCTION);
        }
        let file = match command.p1 {
            0x00 => self.by_identifier(data)?,
            0x01 => self.child(data, true)?,
            0x02 => self.child(data, false)?,
            0x03 => self.parent(data)?,
            0x04 => self.by_name(data, next)?,
            0x08 => self.state.files.walk(Files::MF, &path(data)?)?,
            0x09 => {
                let ids = path(data)?;
                self.state.files.walk(self.session.directory, &ids)?
            }
            _ => return Err(Sw::WRONG_P1P2),
        };
        self.enter(file)?;
        self.describe(file, command.p2 & 0x0C)
    }

    /// Makes a file current.
    pub(super) fn enter(&mut self, key: FileKey) -> Result<(), Sw> {
        let file = self.state.files.get(key)?;
        (self.session.directory, self.session.file) = match file.parent {
            Some(parent) if !file.control.is_df() => (parent, Some(key)),
            _ => (key, None),
        };
        Ok(())
    }

    fn describe(&self, key: FileKey, form: u8) -> Answer {
        let file = self.state.files.get(key)?;
        let control = match self.is_cardos44() {
            true => cardos44::access::told(&file.control),
            false => file.control.clone(),
        };
        let data = match form {
            0x00 => control.encode(FCI),
            0x04 => control.encode(FCP),
            0x08 => Tlv::new(FMD, []).encode(),
            _ => Vec::new(),
        };
        match file.life_cycle() {
            LifeCycle::Deactivated => Ok(Response::new(data, Sw::DEACTIVATED)),
            LifeCycle::Terminated => Ok(Response::new(data, Sw::TERMINATED)),
            _ => answer(data),
        }
    }

    /// P1 = 00: the MF, a child, the current directory, its parent, its siblings.
    fn by_identifier(&self, data: &[u8]) -> Result<FileKey, Sw> {
        let id = match data {
            [] => MASTER_FILE,
            _ => identifier(data)?,
        };
        if id == MASTER_FILE {
            return Ok(Files::MF);
        }
        let files = &self.state.files;
        let mut around = files.ancestors(self.session.directory).take(2);
        around
            .find_map(|(key, file)| {
                let itself = (file.control.id == id).then_some(key);
                files.child(key, id).or(itself)
            })
            .ok_or(Sw::NO_FILE)
    }

    fn child(&self, data: &[u8], is_df: bool) -> Result<FileKey, Sw> {
        let directory = self.session.directory;
        let found = self.state.files.child(directory, identifier(data)?);
        let found = found.ok_or(Sw::NO_FILE)?;
        let fits = self.state.files.get(found)?.control.is_df() == is_df;
        fits.then_some(found).ok_or(Sw::NO_FILE)
    }

    fn parent(&self, data: &[u8]) -> Result<FileKey, Sw> {
        if !data.is_empty() {
            return Err(Sw::LC_AGAINST_P1P2);
        }
        let directory = self.state.files.get(self.session.directory)?;
        directory.parent.ok_or(Sw::NO_FILE)
    }

    /// P1 = 04: the first directory whose name starts with the data, or the next one.
    fn by_name(&self, data: &[u8], next: bool) -> Result<FileKey, Sw> {
        if !(1..=16).contains(&data.len()) {
            return Err(Sw::LC_AGAINST_P1P2);
        }
        let mut found = self.state.files.named(data).into_iter();
        if next {
            let current = self.session.directory;
            found.by_ref().find(|key| *key == current);
        }
        found.next().ok_or(Sw::NO_FILE)
    }
}

pub(super) fn identifier(data: &[u8]) -> Result<u16, Sw> {
    let bytes = data.try_into().map_err(|_| Sw::LC_AGAINST_P1P2)?;
    Ok(u16::from_be_bytes(bytes))
}

fn path(data: &[u8]) -> Result<Vec<u16>, Sw> {
    let (pairs, rest) = data.as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return Err(Sw::LC_AGAINST_P1P2);
    }
    Ok(pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect())
}
