//! READ BINARY and UPDATE BINARY (ISO/IEC 7816-4 clauses 7.2.3 and 7.2.5), with offsets in P1-P2,
//! short file identifiers, and the odd instructions whose offset stands in the data.

use super::super::{Answer, Card, FileKey, answer, done};
use super::parameters;
use crate::card::access::Operation;
use crate::card::apdu::{Command, MAX_EXPECTED, MAX_SHORT_EXPECTED, Response};
use crate::card::{LifeCycle, Sw};
use crate::der::{Elements, Tag, Tlv};

/// Offset data object of the odd instructions.
const OFFSET: Tag = Tag::new(0x54);
/// Discretionary data: what is read or written.
const DATA: Tag = Tag::new(0x53);

impl Card {
    pub(in super::super) fn read_binary(&mut self, command: &Command) -> Answer {
        let (file, offset) = self.addressed(command)?;
        let expected = command.expected();
        let (data, sw) = self.read(file, offset, expected, is_whole(expected))?;
        Ok(Response::new(data, sw))
    }

    pub(in super::super) fn read_binary_odd(&mut self, command: &Command) -> Answer {
        let file = self.addressed_odd(command)?;
        let (offset, rest) = offset_object(command.body())?;
        if !rest.is_empty() {
            return Err(Sw::WRONG_DATA);
        }
        // The answer is wrapped: what is asked for includes tag and length.
        let expected = command.expected();
        let room = expected.saturating_sub(wrapping(expected));
        let (data, sw) = self.read(file, offset, room, is_whole(expected))?;
        Ok(Response::new(Tlv::new(DATA, data).encode(), sw))
    }

    pub(in super::super) fn update_binary(&mut self, command: &Command) -> Answer {
        let (file, offset) = self.addressed(command)?;
        self.write(file, offset, command.body())
    }

    pub(in super::super) fn update_binary_odd(&mut self, command: &Command) -> Answer {
        let file = self.addressed_odd(command)?;
        let body = command.body();
        let (offset, rest) = offset_object(body)?;
        let element = first(rest)?.filter(|it| it.tag == DATA);
        let element = element.ok_or(Sw::WRONG_DATA)?;
        if element.value.end != rest.len() {
            return Err(Sw::WRONG_DATA);
        }
        self.write(file, offset, element.bytes(rest))
    }

    /// Up to `expected` bytes; fewer are worth a warning unless all there are were asked for.
    fn read(
        &self,
        key: FileKey,
        offset: usize,
        expected: u32,
        whole: bool,
    ) -> Result<(Vec<u8>, Sw), Sw> {
        self.accessible(key, Operation::Read)?;
        let file = self.state.files.get(key)?;
        let rest = file.data.get(offset..).filter(|rest| !rest.is_empty());
        let rest = rest.ok_or(Sw::WRONG_OFFSET)?;
        let wanted = expected as usize;
        let sw = if wanted > rest.len() && !whole {
            Sw::END_REACHED
        } else {
            Sw::OK
        };
        Ok((rest[..wanted.min(rest.len())].to_vec(), sw))
    }

    fn write(&mut self, key: FileKey, offset: usize, bytes: &[u8]) -> Answer {
        if bytes.is_empty() {
            return Err(Sw::WRONG_LENGTH);
        }
        self.accessible(key, Operation::Update)?;
        let file = self.state.files.get_mut(key)?;
        if offset >= file.data.len() {
            return Err(Sw::WRONG_OFFSET);
        }
        file.write(offset, bytes)?;
        done()
    }

    pub(in super::super) fn accessible(
        &self,
        key: FileKey,
        operation: Operation,
    ) -> Result<(), Sw> {
        let file = self.state.files.get(key)?;
        if file.control.is_df() {
            return Err(Sw::NO_CURRENT_EF);
        }
        match file.life_cycle() {
            LifeCycle::Deactivated | LifeCycle::Terminated => Err(Sw::CONDITIONS),
            _ => self.authorise(key, operation),
        }
    }

    /// The file and offset that P1-P2 name; a short identifier makes its file current.
    fn addressed(&mut self, command: &Command) -> Result<(FileKey, usize), Sw> {
        if command.p1 & 0x80 == 0 {
            let file = self.session.file.ok_or(Sw::NO_CURRENT_EF)?;
            return Ok((file, parameters(command).into()));
        }
        if command.p1 & 0x60 != 0 {
            return Err(Sw::WRONG_P1P2);
        }
        let file = self.by_short_id(command.p1 & 0x1F)?;
        Ok((file, command.p2.into()))
    }

    /// The file that P1-P2 of an odd instruction name: 0000 the current one, up to 001F a short
    /// identifier, else a file identifier.
    fn addressed_odd(&mut self, command: &Command) -> Result<FileKey, Sw> {
        match parameters(command) {
            0 => self.session.file.ok_or(Sw::NO_CURRENT_EF),
            short @ 1..=0x1E => self.by_short_id(short as u8),
            id => {
                let found = self.state.files.child(self.session.directory, id);
                let file = found.ok_or(Sw::NO_FILE)?;
                self.enter(file)?;
                Ok(file)
            }
        }
    }

    /// A told short identifier goes before one that follows from the file identifier.
    fn by_short_id(&mut self, id: u8) -> Result<FileKey, Sw> {
        use crate::card::fcp::ShortId;

        let files = || self.state.files.children(self.session.directory);
        let told = files().find(|(_, it)| it.control.short_id == ShortId::Explicit(id));
        let implied = || files().find(|(_, it)| it.control.effective_short_id() == Some(id));
        let (key, _) = told.or_else(implied).ok_or(Sw::NO_FILE)?;
        self.enter(key)?;
        Ok(key)
    }

    pub(in super::super) fn get_challenge(&mut self, command: &Command) -> Answer {
        const MOST: u32 = 4_096;
        if parameters(command) != 0 {
            return Err(Sw::WRONG_P1P2);
        }
        if command.expected() == 0 {
            return Err(Sw::WRONG_LENGTH);
        }
        let mut bytes = vec![0; command.expected().min(MOST) as usize];
        self.rng.fill_bytes(&mut bytes);
        answer(bytes)
    }
}

/// Whether Le asks for all there is.
const fn is_whole(expected: u32) -> bool {
    matches!(expected, MAX_SHORT_EXPECTED | MAX_EXPECTED)
}

fn first(data: &[u8]) -> Result<Option<crate::der::Element>, Sw> {
    let element = Elements::new(data).next().transpose();
    element.map_err(|_| Sw::WRONG_DATA)
}

/// The offset, and what follows it.
fn offset_object(data: &[u8]) -> Result<(usize, &[u8]), Sw> {
    let element = first(data)?.filter(|it| it.tag == OFFSET);
    let element = element.ok_or(Sw::WRONG_DATA)?;
    let bytes = element.bytes(data);
    if !(1..=4).contains(&bytes.len()) {
        return Err(Sw::WRONG_DATA);
    }
    let offset = bytes.iter().fold(0, |n, &byte| n << 8 | usize::from(byte));
    Ok((offset, &data[element.value.end..]))
}

/// Bytes of tag and length around an answer of `whole` bytes.
const fn wrapping(whole: u32) -> u32 {
    match whole {
        0..=0x81 => 2,
        0x82..=0x102 => 3,
        0x103..=0x1_0003 => 4,
        _ => 5,
    }
}
