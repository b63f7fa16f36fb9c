//! Files: where they are created, with which parameters.

use super::{Assembly, Dialect, File, Kind};
use crate::card::fcp::{self, MASTER_FILE};
use crate::card::program::rules::{self, Unknown};
use crate::card::program::template::{Blueprint, Unsayable};
use crate::card::program::{Known, Work, cardos44, iso7816, place};
use crate::card::{Command, Condition, apdu::ins};
use crate::operation::{AccessRules, CardOperation, FileId, FileShape, SizeOf};
use crate::secret::{Encoding, Secret};

/// Largest file in bytes: its size has two bytes in the file control parameters.
const MAX_FILE: usize = 0xFFFF;

impl<'p> Assembly<'p> {
    pub(super) fn select(&mut self, operation: &CardOperation<Known>, path: &'p [FileId]) {
        let meaning = match self.files.get(path) {
            Some(file) => format!("select {} {}", file.name, place::shown(path)),
            None => format!("select {}", place::shown(path)),
        };
        let command = place::select(path);
        if self.command(operation, meaning, command).is_some() {
            let is_directory = match self.files.get(path) {
                Some(file) => matches!(file.kind, Kind::Directory(_)),
                None => true,
            };
            self.place.enter(path, is_directory);
        }
    }

    pub(super) fn create(
        &mut self,
        operation: &'p CardOperation<Known>,
        path: &'p [FileId],
        name: &'p str,
        shape: &'p FileShape<Known>,
        access: &AccessRules,
    ) {
        let Some(above) = self.room_for(operation, path, name) else {
            return;
        };
        let is_df = matches!(shape, FileShape::Dedicated { .. });
        let mut unknown = Vec::new();
        let conditions = self
            .credentials
            .conditions(access, is_df, &above, &mut unknown);
        self.unknown_credentials(operation, name, &unknown);
        let size = self.size(operation, name, shape);
        let kind = match is_df {
            true => Kind::Directory(conditions.create.clone()),
            false => Kind::Elementary { size, is_new: true },
        };
        self.files.insert(path, File { name, kind });
        let aid = self.aid(operation, name, shape);
        let blueprint = Blueprint {
            id: path.last().map_or(MASTER_FILE, |id| id.0),
            is_df,
            size: size.and_then(|size| u32::try_from(size).ok()),
            aid: aid.as_deref(),
            sfi: self.short_identifier(operation, name, shape),
            conditions,
        };
        let template = match self.dialect {
            Dialect::Iso7816 => iso7816::template(&blueprint),
            Dialect::CardOs44 => cardos44::template(&blueprint),
        };
        let meaning = creation(name, path, size);
        match template {
            Err(unsayable) => self.unsayable(operation, name, &unsayable),
            Ok(template) => match unknown_size(shape) {
                Some(names) => {
                    self.item(operation, meaning, Work::Needs(names.to_vec()));
                }
                None => {
                    let command = Command::new(ins::CREATE, 0, 0).data(template);
                    self.command(operation, meaning, command);
                }
            },
        }
        self.place.enter(path, is_df);
        self.write_waiting(path);
    }

    /// Goes where a file is to be created; the condition for creating there, or `None` if it cannot
    /// be.
    fn room_for(
        &mut self,
        operation: &CardOperation<Known>,
        path: &'p [FileId],
        name: &str,
    ) -> Option<Condition> {
        if self.files.contains_key(path) {
            let message = format!(
                "`{name}` has the place of another file, {}",
                place::shown(path)
            );
            self.problem(
                operation,
                message,
                "give each file of a folder its own identifier",
            );
            return None;
        }
        let Some((id, around)) = path.split_last() else {
            return self.room_for_master_file(operation);
        };
        if !fcp::is_free_for_use(id.0) {
            let message = format!("`{name}` has the identifier {id}, which is reserved");
            let help = "write `id=` from 0x0001 to 0xFFFE without 0x3F00 and 0x3FFF";
            self.problem(operation, message, help);
            return None;
        }
        let above = match self.files.get(around).map(|file| &file.kind) {
            Some(Kind::Directory(create)) => create.clone(),
            None if around.is_empty() => Condition::never(),
            _ => {
                let message = format!(
                    "`{name}` lies in {}, which is no folder of the profile",
                    place::shown(around)
                );
                self.problem(
                    operation,
                    message,
                    "create the folder before what lies in it",
                );
                return None;
            }
        };
        if !self.place.is_in(around) {
            self.select(operation, around);
        }
        Some(above)
    }

    fn room_for_master_file(&mut self, operation: &CardOperation<Known>) -> Option<Condition> {
        if self.dialect == Dialect::CardOs44 {
            let message = "the rules of the master file of CardOS 4.4 are set when it is formatted";
            let help = "leave the rules of `MasterFile` out; formatting needs the start key";
            self.problem(operation, message, help);
            return None;
        }
        if !self.files.is_empty() {
            let message = "the master file gets its rules after files were created in it";
            self.problem(operation, message, "create the master file first");
            return None;
        }
        Some(Condition::never())
    }

    /// Bytes of the file, as far as they are told and known.
    fn size(
        &mut self,
        operation: &CardOperation<Known>,
        name: &str,
        shape: &FileShape<Known>,
    ) -> Option<usize> {
        let (bytes, what) = match shape {
            FileShape::Dedicated { size, .. } => return size.map(usize::from),
            FileShape::Transparent { size, .. } => match size {
                SizeOf::Bytes(bytes) => (usize::from(*bytes), "the file"),
                SizeOf::Content(Known::Bytes { bytes, .. }) => (bytes.len(), "the content"),
                SizeOf::Content(Known::Needs(_)) => return None,
                SizeOf::Content(Known::ProtectedPath) => {
                    self.not_bytes(operation, name);
                    return None;
                }
            },
        };
        let help = match bytes {
            0 => "give it a content, or a number in `maxsize`",
            1..=MAX_FILE => return Some(bytes),
            _ => "a file has at most 65535 bytes",
        };
        let message = format!("`{name}` cannot be created: {what} has {bytes} bytes");
        self.problem(operation, message, help);
        None
    }

    fn short_identifier(
        &mut self,
        operation: &CardOperation<Known>,
        name: &str,
        shape: &FileShape<Known>,
    ) -> Option<u8> {
        let FileShape::Transparent { sfi: Some(sfi), .. } = shape else {
            return None;
        };
        if !(1..=30).contains(sfi) {
            let message = format!("`{name}` has the short file identifier {sfi}");
            let help = "write `sfi=` with a number from 1 to 30";
            self.problem(operation, message, help);
        }
        Some(*sfi)
    }

    fn aid(
        &mut self,
        operation: &CardOperation<Known>,
        name: &str,
        shape: &FileShape<Known>,
    ) -> Option<Vec<u8>> {
        let FileShape::Dedicated { aid: Some(hex), .. } = shape else {
            return None;
        };
        let aid = Encoding::Hex.decode(&Secret::from(hex.clone()));
        let aid = aid.ok().filter(|aid| (1..=16).contains(&aid.len()));
        if aid.is_none() {
            let message = format!("the application identifier of `{name}` is not 1 to 16 bytes");
            let help = "ISO 7816-4, 8.2.1.2 sets this limit";
            self.problem(operation, message, help);
        }
        aid.map(|aid| aid.expose().to_vec())
    }

    fn unsayable(&mut self, operation: &CardOperation<Known>, name: &str, what: &Unsayable) {
        let Unsayable {
            attribute,
            is_rule,
            why,
        } = what;
        let message = format!("`{attribute}` of `{name}` cannot be told to the card: {why}");
        let help = match (is_rule, *attribute) {
            (true, _) => "write `always`, `never` or one credential, or leave the attribute out",
            (false, "maxsize") => "write `maxsize=` with a number of bytes",
            (false, _) => "leave the attribute out",
        };
        self.problem(operation, message, help);
    }

    pub(super) fn unknown_credentials(
        &mut self,
        operation: &CardOperation<Known>,
        name: &str,
        unknown: &[Unknown],
    ) {
        for Unknown {
            attribute,
            named,
            meant,
        } in unknown
        {
            let (named, meant) = (rules::word(*named), rules::word(*meant));
            let stands_for = match named == meant {
                true => String::new(),
                false => format!(" (here {meant})"),
            };
            let message = format!(
                "`{attribute}` of `{name}` asks for {named}{stands_for}, and the profile makes no \
                 such PIN: nobody could ever do it"
            );
            let help = format!("make it with `CreatePin {meant} …`, or name another credential");
            self.problem(operation, message, &help);
        }
    }
}

/// The names that the size of a file waits for.
fn unknown_size(shape: &FileShape<Known>) -> Option<&[String]> {
    match shape {
        FileShape::Transparent {
            size: SizeOf::Content(Known::Needs(names)),
            ..
        } => Some(names),
        _ => None,
    }
}

fn creation(name: &str, path: &[FileId], size: Option<usize>) -> String {
    let size = size.map_or_else(String::new, |size| format!(", {size} bytes"));
    match path.split_last() {
        Some((id, around)) => format!("create {name} {id}{size}, in {}", place::shown(around)),
        None => format!("create the master file with its rules{size}"),
    }
}
