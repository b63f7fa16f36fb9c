//! Commands on the files of a card: select, read, write, create, delete.
//!
//! Owns their coding and the words for a refusal. Must not know what the files hold.

use std::fmt;

use zeroize::Zeroizing;

use super::CardError;
use crate::card::apdu::{Command, MAX_DATA, MAX_SHORT_DATA, MAX_SHORT_EXPECTED, Response, ins};
use crate::card::fcp::{FCP, MASTER_FILE};
use crate::card::{Channel, Condition, FileControl, Operation, Sw};
use crate::der::{Elements, Tag, Tlv};

/// Largest file that is read.
const MAX_FILE: usize = 1 << 20;
/// Most commands for one file: a card may answer with fewer bytes than asked for, but not for ever.
const MAX_READS: usize = 8_192;
/// Offset data object of the odd instructions.
const OFFSET: Tag = Tag::new(0x54);
/// Discretionary data of the odd instructions.
const DATA: Tag = Tag::new(0x53);
/// Largest offset that P1-P2 can say.
const MAX_SHORT_OFFSET: usize = 0x7FFF;

/// A file by its name for people and its path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Place {
    /// `CDF`, `certificate`.
    pub name: &'static str,
    /// File identifiers from below the MF; empty for the MF itself.
    pub path: Vec<u16>,
}

impl Place {
    pub(super) fn new(name: &'static str, path: &[u16]) -> Self {
        Self {
            name,
            path: path.to_vec(),
        }
    }

    /// Directory and identifier; `None` for the MF.
    pub(super) fn split(&self) -> Option<(&[u16], u16)> {
        self.path.split_last().map(|(id, parent)| (parent, *id))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({MASTER_FILE:04X}", self.name)?;
        for id in &self.path {
            write!(f, "/{id:04X}")?;
        }
        f.write_str(")")
    }
}

/// A file that is there, and what SELECT told of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Found {
    pub place: Place,
    /// `None` if the card told nothing that we understand.
    pub control: Option<FileControl>,
}

impl Found {
    fn size(&self) -> Option<usize> {
        let control = self.control.as_ref().filter(|it| !it.is_df())?;
        usize::try_from(control.size).ok()
    }
}

/// The files of a card, behind its channel.
pub(super) struct Files<'c> {
    channel: &'c mut dyn Channel,
    data_field: usize,
    /// The current directory, as far as we brought it about.
    directory: Option<Vec<u16>>,
    /// The current elementary file, likewise.
    file: Option<Vec<u16>>,
}

impl<'c> Files<'c> {
    /// The smallest data field that a command needs for all that is sent here.
    const MIN_DATA_FIELD: usize = 32;

    pub(super) fn new(channel: &'c mut dyn Channel, data_field: usize) -> Self {
        Self {
            channel,
            data_field: data_field.clamp(Self::MIN_DATA_FIELD, MAX_DATA),
            directory: None,
            file: None,
        }
    }

    /// Bytes that one UPDATE BINARY can write.
    pub(super) const fn data_field(&self) -> usize {
        self.data_field
    }

    /// Bytes that one READ BINARY can ask for.
    const fn answer(&self) -> usize {
        if self.data_field > MAX_SHORT_DATA {
            self.data_field
        } else {
            MAX_SHORT_EXPECTED as usize
        }
    }

    fn exchange(&mut self, command: &Command, what: &str) -> Result<Response, CardError> {
        let answer = self.channel.exchange(command);
        answer.map_err(|error| CardError::lost(what, &error))
    }

    /// Selects a file by its path from the MF; `None` if it is not there.
    pub(super) fn select(&mut self, place: &Place) -> Result<Option<Found>, CardError> {
        let (p1, data) = match place.path.as_slice() {
            [] => (0x00, MASTER_FILE.to_be_bytes().to_vec()),
            ids => (0x08, ids.iter().flat_map(|id| id.to_be_bytes()).collect()),
        };
        let what = format!("{place} cannot be selected");
        let Some(control) = self.select_by(p1, &data, &what)? else {
            return Ok(None);
        };
        let is_df = control.as_ref().is_some_and(FileControl::is_df);
        if is_df || place.path.is_empty() {
            self.directory = Some(place.path.clone());
            self.file = None;
        } else {
            self.entered(place);
        }
        Ok(Some(Found {
            place: place.clone(),
            control,
        }))
    }

    /// Selects a directory by its name; `None` if there is none.
    pub(super) fn select_name(&mut self, aid: &[u8]) -> Result<Option<FileControl>, CardError> {
        let what = "the application cannot be selected by its identifier";
        Ok(self.select_by(0x04, aid, what)?.flatten())
    }

    /// File control parameters are asked for; cards that know only FCI refuse with 6A86.
    fn select_by(
        &mut self,
        p1: u8,
        data: &[u8],
        what: &str,
    ) -> Result<Option<Option<FileControl>>, CardError> {
        (self.directory, self.file) = (None, None);
        let mut answer = None;
        for p2 in [0x04, 0x00] {
            let command = body(Command::new(ins::SELECT, p1, p2), data, what)?;
            let got = self.exchange(&command.expect(MAX_SHORT_EXPECTED), what)?;
            let again = got.sw == Sw::WRONG_P1P2;
            answer = Some(got);
            if !again {
                break;
            }
        }
        match answer {
            Some(answer) if answer.sw.is_success() => {
                Ok(Some(FileControl::decode(&answer.data).ok()))
            }
            Some(answer) if answer.sw == Sw::NO_FILE => Ok(None),
            Some(answer) => Err(CardError::refused(what, answer.sw)),
            None => Ok(None),
        }
    }

    /// The current file is this one; its directory is current, too.
    fn entered(&mut self, place: &Place) {
        self.directory = place.split().map(|(parent, _)| parent.to_vec());
        self.file = Some(place.path.clone());
    }

    fn make_current(&mut self, place: &Place) -> Result<(), CardError> {
        if self.file.as_ref() == Some(&place.path) {
            return Ok(());
        }
        let found = self.select(place)?;
        found.map(|_| ()).ok_or_else(|| missing(place))
    }

    fn make_directory_current(&mut self, path: &[u16]) -> Result<(), CardError> {
        if self.directory.as_deref() == Some(path) {
            return Ok(());
        }
        let place = Place::new("directory", path);
        let found = self.select(&place)?;
        self.directory = found.is_some().then(|| path.to_vec());
        found.map(|_| ()).ok_or_else(|| missing(&place))
    }

    /// Reads a whole file.
    pub(super) fn read(&mut self, file: &Found) -> Result<Zeroizing<Vec<u8>>, CardError> {
        self.read_while(file, 0, |_| file.size().unwrap_or(usize::MAX))
    }

    /// Reads from `offset` until there are as many bytes as `wanted` says of those read so far, or
    /// the file ends.
    pub(super) fn read_while(
        &mut self,
        file: &Found,
        offset: usize,
        wanted: impl Fn(&[u8]) -> usize,
    ) -> Result<Zeroizing<Vec<u8>>, CardError> {
        self.make_current(&file.place)?;
        let mut data = Zeroizing::new(Vec::new());
        for _ in 0..MAX_READS {
            let missing = wanted(&data).saturating_sub(data.len());
            if missing == 0 {
                return Ok(data);
            }
            let at = offset.saturating_add(data.len());
            let (part, ended) = self.read_part(file, at, missing.min(self.answer()))?;
            data.extend_from_slice(&part);
            if ended || part.is_empty() {
                return Ok(data);
            }
            if data.len() > MAX_FILE {
                break;
            }
        }
        let problem = format!("{} cannot be read", file.place);
        Err(CardError::new(problem).because(format!("it does not end within {MAX_FILE} bytes")))
    }

    /// Up to `count` bytes, and whether the file ends there.
    fn read_part(
        &mut self,
        file: &Found,
        offset: usize,
        count: usize,
    ) -> Result<(Zeroizing<Vec<u8>>, bool), CardError> {
        let what = format!("{} cannot be read", file.place);
        let odd = offset > MAX_SHORT_OFFSET;
        let command = if odd {
            let offset = offset_object(offset);
            let command = body(Command::new(ins::READ_BINARY_ODD, 0, 0), &offset, &what)?;
            // Tag and length around the answer count as well.
            command.expect((count + 4).min(self.answer()) as u32)
        } else {
            let [p1, p2] = (offset as u16).to_be_bytes();
            Command::new(ins::READ_BINARY, p1, p2).expect(count as u32)
        };
        let answer = self.exchange(&command, &what)?;
        if answer.sw == Sw::WRONG_OFFSET {
            return Ok((Zeroizing::new(Vec::new()), true));
        }
        if !answer.sw.is_success() {
            return Err(refusal(&what, answer.sw, Operation::Read, Some(file)));
        }
        let ended = answer.sw == Sw::END_REACHED;
        let data = if odd {
            unwrapped(&answer.data).ok_or_else(|| {
                CardError::new(&what)
                    .because("the answer is not wrapped in tag 53 as ISO 7816-4 asks")
            })?
        } else {
            &answer.data
        };
        let data = data[..data.len().min(count)].to_vec();
        Ok((Zeroizing::new(data), ended))
    }

    /// Writes `bytes` at `offset`, in as many commands as it takes.
    pub(super) fn write(
        &mut self,
        file: &Found,
        offset: usize,
        bytes: &[u8],
    ) -> Result<(), CardError> {
        self.make_current(&file.place)?;
        let what = format!("{} cannot be written", file.place);
        let mut offset = offset;
        let mut rest = bytes;
        while !rest.is_empty() {
            let odd = offset > MAX_SHORT_OFFSET;
            // Offset object and the frame of the data object take at most 11 bytes.
            let room = if odd {
                self.data_field - 11
            } else {
                self.data_field
            };
            let (part, later) = rest.split_at(rest.len().min(room));
            let command = if odd {
                let mut data = Zeroizing::new(offset_object(offset));
                Tlv::new(DATA, part).encode_to(&mut data);
                body(Command::new(ins::UPDATE_BINARY_ODD, 0, 0), &data, &what)?
            } else {
                let [p1, p2] = (offset as u16).to_be_bytes();
                body(Command::new(ins::UPDATE_BINARY, p1, p2), part, &what)?
            };
            let answer = self.exchange(&command, &what)?;
            if !answer.sw.is_success() {
                return Err(refusal(&what, answer.sw, Operation::Update, Some(file)));
            }
            offset += part.len();
            rest = later;
        }
        Ok(())
    }

    /// Creates a file, which becomes the current one. `Ok(None)` if its identifier is taken.
    pub(super) fn create(
        &mut self,
        place: &Place,
        control: FileControl,
        directory: Option<&Found>,
    ) -> Result<Option<Found>, CardError> {
        let what = format!("{place} with {} bytes cannot be created", control.size);
        let (parent, id) = place.split().ok_or_else(|| CardError::new(&what))?;
        self.make_directory_current(parent)?;
        let control = FileControl { id, ..control };
        let command = body(Command::new(ins::CREATE, 0, 0), &control.encode(FCP), &what)?;
        let answer = self.exchange(&command, &what)?;
        match answer.sw {
            Sw::FILE_EXISTS => Ok(None),
            Sw::NO_ROOM => Err(CardError::refused(&what, answer.sw).because(
                "a larger maxsize of the application's directory in the profile may help",
            )),
            sw if !sw.is_success() => Err(refusal(&what, sw, Operation::CreateEf, directory)),
            _ => {
                self.entered(place);
                Ok(Some(Found {
                    place: place.clone(),
                    control: Some(control),
                }))
            }
        }
    }

    /// Deletes a file.
    pub(super) fn delete(&mut self, file: &Found) -> Result<(), CardError> {
        let what = format!("{} cannot be deleted", file.place);
        let (parent, id) = file.place.split().ok_or_else(|| CardError::new(&what))?;
        self.make_directory_current(parent)?;
        let command = body(Command::new(ins::DELETE, 0, 0), &id.to_be_bytes(), &what)?;
        let answer = self.exchange(&command, &what)?;
        (self.directory, self.file) = (Some(parent.to_vec()), None);
        if answer.sw.is_success() {
            Ok(())
        } else {
            Err(refusal(&what, answer.sw, Operation::Delete, Some(file)))
        }
    }

    /// Activates the current file, which was created inactive: from here on its rules hold.
    pub(super) fn activate(&mut self, file: &Found) -> Result<(), CardError> {
        self.make_current(&file.place)?;
        let what = format!("{} cannot be activated", file.place);
        let answer = self.exchange(&Command::new(ins::ACTIVATE, 0, 0), &what)?;
        if answer.sw.is_success() {
            Ok(())
        } else {
            Err(refusal(&what, answer.sw, Operation::Activate, Some(file)))
        }
    }
}

fn body(command: Command, data: &[u8], what: &str) -> Result<Command, CardError> {
    command
        .data(data)
        .map_err(|error| CardError::new(what).because(error.to_string()))
}

pub(super) fn missing(place: &Place) -> CardError {
    CardError::new(format!("{place} is not on the card"))
}

/// The offset data object, without leading zeros.
fn offset_object(offset: usize) -> Vec<u8> {
    let bytes = (offset as u32).to_be_bytes();
    let leading = bytes.iter().take_while(|&&byte| byte == 0).count().min(3);
    Tlv::new(OFFSET, &bytes[leading..]).encode()
}

fn unwrapped(data: &[u8]) -> Option<&[u8]> {
    let element = Elements::new(data).next()?.ok()?;
    (element.tag == DATA).then(|| element.bytes(data))
}

/// The words for a status word; with the rule that forbids, where the card told it.
fn refusal(what: &str, sw: Sw, operation: Operation, file: Option<&Found>) -> CardError {
    let error = CardError::refused(what, sw);
    if sw != Sw::SECURITY_STATUS {
        return error;
    }
    let rule = file.and_then(|it| Some((it, it.control.as_ref()?.rules.as_ref()?)));
    let Some((file, rules)) = rule else {
        return error.because("its access rule asks for a PIN that is not verified, or forbids it");
    };
    let condition = rules
        .iter()
        .find(|(it, _)| *it == operation)
        .map_or_else(Condition::never, |(_, condition)| condition.clone());
    let place = &file.place;
    let rule = format!("the rule of {place} is {} = {condition}", operation.word());
    let error = error.because(rule);
    if condition == Condition::never() {
        error
    } else {
        error.because("#n is the PIN with reference n: it has to be verified before")
    }
}
