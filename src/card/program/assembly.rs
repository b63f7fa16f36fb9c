//! One operation of a program behind the other becomes items; what is wrong is collected.

use std::collections::{BTreeMap, BTreeSet};

use super::content::{self, GREATEST_SHORT_OFFSET};
use super::place::Place;
use super::rules::{self, Credentials, Unknown};
use super::template::{Blueprint, Unsayable};
use super::{Dialect, Item, KeyPart, Known, Problem, Setup, Work};
use super::{cardos44, iso7816, key, place};
use crate::card::access::CredentialNumber;
use crate::card::apdu::{ApduError, MAX_DATA, ins};
use crate::card::fcp::MASTER_FILE;
use crate::card::simulator::KeyType;
use crate::card::{Command, Condition, Sw};
use crate::operation::{
    Access, AccessRules, Algorithm, CardAction, CardOperation, CardProgram, FileId, FileShape,
    KeyObject, PinObject, SizeOf,
};
use crate::secret::Secret;

/// Largest file in bytes: its size has two bytes in the file control parameters.
const MAX_FILE: usize = 0xFFFF;
/// Shortest data field that is worth anything.
const MIN_DATA_FIELD: usize = 16;

/// A program on its way into items.
pub(super) struct Assembly<'p> {
    program: &'p CardProgram<Known>,
    dialect: Dialect,
    data_field: usize,
    credentials: Credentials,
    place: Place<'p>,
    files: BTreeMap<&'p [FileId], File<'p>>,
    /// References of the PIN objects and keys that are there.
    pins: BTreeSet<u8>,
    keys: BTreeSet<u8>,
    /// Public keys whose file is not there yet.
    waiting: Vec<(&'p CardOperation<Known>, &'p [FileId], Written<'p>)>,
    items: Vec<Item>,
    problems: Vec<Problem>,
}

/// A file that the program made.
struct File<'p> {
    name: &'p str,
    kind: Kind,
}

enum Kind {
    /// With the condition for creating files in it.
    Directory(Condition),
    Elementary {
        /// Bytes; `None` while the content that tells is not known.
        size: Option<usize>,
        /// Nothing was written: it is full of zeros.
        is_new: bool,
    },
}

/// What is written into a file.
enum Written<'p> {
    Bytes { bytes: &'p Secret, secret: bool },
    Unknown(&'p [String]),
    PublicKey { name: &'p str, length: usize },
}

impl<'p> Assembly<'p> {
    pub(super) fn new(program: &'p CardProgram<Known>, setup: &Setup) -> Self {
        Self {
            program,
            dialect: setup.dialect,
            data_field: setup.data_field.clamp(MIN_DATA_FIELD, MAX_DATA),
            credentials: Credentials::of(program, setup.officer),
            place: Place::default(),
            files: BTreeMap::new(),
            pins: BTreeSet::new(),
            keys: BTreeSet::new(),
            waiting: Vec::new(),
            items: Vec::new(),
            problems: Vec::new(),
        }
    }

    pub(super) fn run(mut self) -> Result<Vec<Item>, Vec<Problem>> {
        self.erasure();
        for operation in &self.program.operations {
            self.operation(operation);
        }
        for (operation, path, _) in std::mem::take(&mut self.waiting) {
            let message = format!(
                "the public key is to be written into {}, which the profile does not make",
                place::shown(path)
            );
            self.problem(
                operation,
                message,
                "declare the file, or leave `public=` out",
            );
        }
        match self.problems.is_empty() {
            true => Ok(self.items),
            false => Err(self.problems),
        }
    }

    fn operation(&mut self, operation: &'p CardOperation<Known>) {
        match &operation.action {
            CardAction::SelectMasterFile => self.select(operation, &[]),
            CardAction::CreateFile {
                path,
                name,
                shape,
                access,
            } => self.create(operation, path, name, shape, access),
            CardAction::WriteFile {
                path,
                name,
                content,
            } => self.write_content(operation, path, name, content),
            CardAction::CreatePin { pin, value } => self.pin(operation, pin, value),
            CardAction::CreateKey { key, public } => self.key(operation, key, public.as_deref()),
            // The blob is made outside the card and reaches it as a content.
            CardAction::EncryptPins { .. } => {}
            CardAction::Activate => self.activate(operation),
        }
    }

    // What comes out.

    fn problem(
        &mut self,
        operation: &CardOperation<Known>,
        message: impl Into<String>,
        help: &str,
    ) {
        self.problems.push(Problem {
            operation: operation.id.clone(),
            origin: operation.origin.clone(),
            message: message.into(),
            help: Some(help.to_owned()),
        });
    }

    fn item(&mut self, operation: &CardOperation<Known>, meaning: String, work: Work) -> &mut Item {
        let at = self.items.len();
        self.items.push(Item {
            operation: operation.id.clone(),
            origin: operation.origin.clone(),
            meaning,
            secret: false,
            expected: &[Sw::OK],
            activates: false,
            work,
        });
        &mut self.items[at]
    }

    /// Adds a command, if it is one that the card can take.
    fn command(
        &mut self,
        operation: &CardOperation<Known>,
        meaning: String,
        command: Result<Command, ApduError>,
    ) -> Option<&mut Item> {
        let command = command.ok();
        let fits = |it: &Command| it.body().len() <= self.data_field;
        let Some(command) = command.filter(fits) else {
            let message = format!(
                "the command is too long (to {meaning}); the card takes {} bytes in one",
                self.data_field
            );
            let help = "use a card and reader that take extended length, or say less in the rules";
            self.problem(operation, message, help);
            return None;
        };
        Some(self.item(operation, meaning, Work::Command(command)))
    }

    // Files.

    fn select(&mut self, operation: &CardOperation<Known>, path: &'p [FileId]) {
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

    fn create(
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
        let create = conditions.create.clone();
        let kind = match shape {
            FileShape::Dedicated { .. } => Kind::Directory(create),
            FileShape::Transparent { size, .. } => Kind::Elementary {
                size: self.size(operation, name, size),
                is_new: true,
            },
        };
        let needs = match shape {
            FileShape::Transparent {
                size: SizeOf::Content(Known::Needs(names)),
                ..
            } => Some(names),
            _ => None,
        };
        let size = match (&kind, shape) {
            (Kind::Elementary { size, .. }, _) => size.map(|size| size as u32),
            (_, FileShape::Dedicated { size, .. }) => size.map(u32::from),
            _ => None,
        };
        let aid = self.aid(operation, name, shape);
        let sfi = match shape {
            FileShape::Transparent { sfi, .. } => *sfi,
            FileShape::Dedicated { .. } => None,
        };
        let meaning = creation(name, path, size);
        self.files.insert(path, File { name, kind });
        let blueprint = Blueprint {
            id: path.last().map_or(MASTER_FILE, |id| id.0),
            is_df,
            size,
            aid: aid.as_deref(),
            sfi,
            conditions,
        };
        let template = match self.dialect {
            Dialect::Iso7816 => iso7816::template(&blueprint),
            Dialect::CardOs44 => cardos44::template(&blueprint),
        };
        match (template, needs) {
            (Err(unsayable), _) => self.unsayable(operation, name, &unsayable),
            (Ok(_), Some(names)) => {
                self.item(operation, meaning, Work::Needs(names.clone()));
            }
            (Ok(template), None) => {
                let command = Command::new(ins::CREATE, 0, 0).data(template);
                self.command(operation, meaning, command);
            }
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
        let Some((_, around)) = path.split_last() else {
            return self.room_for_master_file(operation);
        };
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

    fn size(
        &mut self,
        operation: &CardOperation<Known>,
        name: &str,
        size: &SizeOf<Known>,
    ) -> Option<usize> {
        let (bytes, what) = match size {
            SizeOf::Bytes(bytes) => (usize::from(*bytes), "the file"),
            SizeOf::Content(Known::Bytes { bytes, .. }) => (bytes.len(), "the content"),
            SizeOf::Content(Known::Needs(_)) => return None,
            SizeOf::Content(Known::ProtectedPath) => {
                self.not_bytes(operation, name);
                return None;
            }
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

    fn aid(
        &mut self,
        operation: &CardOperation<Known>,
        name: &str,
        shape: &FileShape<Known>,
    ) -> Option<Vec<u8>> {
        let FileShape::Dedicated { aid: Some(hex), .. } = shape else {
            return None;
        };
        let aid = crate::secret::Encoding::Hex.decode(&Secret::from(hex.clone()));
        let aid = aid.ok().filter(|aid| (1..=16).contains(&aid.len()));
        if aid.is_none() {
            let message = format!("the application identifier of `{name}` is not 1 to 16 bytes");
            self.problem(
                operation,
                message,
                "ISO/IEC 7816-4 clause 12.2.3 sets this limit",
            );
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

    fn unknown_credentials(
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

    // Contents.

    fn write_content(
        &mut self,
        operation: &'p CardOperation<Known>,
        path: &'p [FileId],
        name: &str,
        content: &'p Known,
    ) {
        let written = match content {
            Known::Bytes { bytes, secret } => Written::Bytes {
                bytes,
                secret: *secret,
            },
            Known::Needs(names) => Written::Unknown(names),
            Known::ProtectedPath => {
                self.not_bytes(operation, name);
                return;
            }
        };
        self.write(operation, path, &written);
    }

    fn not_bytes(&mut self, operation: &CardOperation<Known>, name: &str) {
        let message =
            format!("`{name}` gets a value that is entered at the reader and known to nobody else");
        self.problem(operation, message, "give it a field or bytes");
    }

    fn write(
        &mut self,
        operation: &CardOperation<Known>,
        path: &'p [FileId],
        written: &Written<'p>,
    ) {
        let Some(File {
            name,
            kind: Kind::Elementary { size, is_new },
        }) = self.files.get_mut(path)
        else {
            let message = format!("{} is no file that could be written", place::shown(path));
            self.problem(operation, message, "create the file before its content");
            return;
        };
        let (name, size) = (*name, *size);
        let was_new = std::mem::replace(is_new, false);
        let length = written.length();
        if let (Some(length), Some(size)) = (length, size)
            && length > size
        {
            let message =
                format!("the content of `{name}` has {length} bytes, the file only {size}");
            self.problem(
                operation,
                message,
                "write `maxsize=auto`, or a larger number",
            );
            return;
        }
        // Whether another card than ours fills a new file with zeros is not public.
        let sparse = was_new && self.dialect == Dialect::Iso7816;
        let length = match written {
            Written::Bytes { bytes, .. } if sparse => {
                Some(content::without_trailing_zeros(bytes.expose()).len())
            }
            _ => length,
        };
        if length == Some(0) {
            return;
        }
        if !self.place.is_at(path) {
            self.select(operation, path);
        }
        match (written, length) {
            (Written::Unknown(names), _) => {
                self.item(
                    operation,
                    format!("write {name}"),
                    Work::Needs(names.to_vec()),
                );
            }
            (_, Some(length)) => self.pieces(operation, name, written, length),
            (_, None) => {}
        }
    }

    /// UPDATE BINARY of the current file, as often as it takes.
    fn pieces(
        &mut self,
        operation: &CardOperation<Known>,
        name: &str,
        written: &Written<'p>,
        length: usize,
    ) {
        let pieces = content::pieces(length, self.data_field);
        let odd = pieces
            .iter()
            .any(|piece| piece.start > GREATEST_SHORT_OFFSET);
        if odd && self.dialect == Dialect::CardOs44 {
            let message = format!("the content of `{name}` goes beyond offset 32767");
            self.problem(
                operation,
                message,
                "CardOS 4.4 has no public command for such offsets",
            );
            return;
        }
        let whole = pieces.len() == 1;
        for piece in pieces {
            let what = match whole {
                true => format!("{} bytes", piece.len()),
                false => format!("bytes {} to {}", piece.start, piece.end - 1),
            };
            match written {
                Written::Bytes { bytes, secret } => {
                    let part = bytes.expose().get(piece.clone()).unwrap_or_default();
                    let command = content::update(piece.start, part);
                    if let Some(item) =
                        self.command(operation, format!("write {name}, {what}"), command)
                    {
                        item.secret = *secret;
                    }
                }
                Written::PublicKey { name: key, length } => {
                    let part = KeyPart {
                        key: operation.id.clone(),
                        length: *length,
                        bytes: piece,
                    };
                    let meaning = format!("write the public key of {key} into {name}, {what}");
                    self.item(operation, meaning, Work::PublicKey(part));
                }
                Written::Unknown(_) => {}
            }
        }
    }

    // PINs and keys.

    fn pin(&mut self, operation: &CardOperation<Known>, pin: &PinObject, value: &'p Known) {
        let name = rules::word(pin.credential);
        self.check_pin(operation, pin, name, value);
        let Some(number) = CredentialNumber::new(pin.reference) else {
            return;
        };
        if self.dialect == Dialect::CardOs44 {
            self.security_environment(operation);
        }
        let meaning = format!("make {name} as PIN object {number}", number = number.get());
        match value {
            Known::Bytes { bytes, .. } => {
                let command = match self.dialect {
                    Dialect::Iso7816 => iso7816::pin(pin, number, bytes),
                    Dialect::CardOs44 => cardos44::pin(pin, number, bytes),
                };
                if let Some(item) = self.command(operation, meaning, command) {
                    item.secret = true;
                }
            }
            Known::Needs(names) => {
                let item = self.item(operation, meaning, Work::Needs(names.clone()));
                item.secret = true;
            }
            Known::ProtectedPath => self.not_bytes(operation, name),
        }
    }

    fn check_pin(
        &mut self,
        operation: &CardOperation<Known>,
        pin: &PinObject,
        name: &str,
        value: &Known,
    ) {
        let (min, max) = (pin.min_length, pin.max_length);
        let most = match self.dialect {
            Dialect::Iso7816 => usize::from(u8::MAX),
            Dialect::CardOs44 => cardos44::PIN_LENGTH,
        };
        if CredentialNumber::new(pin.reference).is_none() {
            let message = format!("{name} has the reference {}", pin.reference);
            self.problem(
                operation,
                message,
                "write `ref=` with a number from 1 to 14",
            );
        } else if !self.pins.insert(pin.reference) {
            let message = format!("{name} has the reference {} of another PIN", pin.reference);
            self.problem(operation, message, "give each PIN a reference of its own");
        }
        if !(1..=15).contains(&pin.retries) {
            let message = format!("{name} is blocked after {} wrong tries", pin.retries);
            self.problem(
                operation,
                message,
                "write `retries=` with a number from 1 to 15",
            );
        }
        if min == 0 || min > max {
            let message = format!("{name} has {min} to {max} bytes, which no value can have");
            self.problem(
                operation,
                message,
                "write `minlen=` and `maxlen=` in this order",
            );
        } else if let Known::Bytes { bytes, .. } = value
            && !(usize::from(min)..=usize::from(max).min(most)).contains(&bytes.len())
        {
            let most = usize::from(max).min(most);
            let message = format!("the value of {name} is not {min} to {most} bytes long");
            self.problem(
                operation,
                message,
                "take another value, or change the limits",
            );
        }
        let unblocking = pin.unblocked_by.map(|by| (by, CredentialNumber::new(by)));
        if let Some((by, number)) = unblocking
            && number.is_none_or(|it| self.credentials.credential(it).is_none())
        {
            let message = format!(
                "{name} is unblocked by PIN object {by}, which the profile does not make: nobody \
                 could ever unblock it"
            );
            self.problem(operation, message, "make that PIN, or leave `unblock=` out");
        }
    }

    /// PIN objects of CardOS belong to a directory, and the first one needs its environment.
    fn security_environment(&mut self, operation: &CardOperation<Known>) {
        if !self.place.is_in(&[]) {
            self.select(operation, &[]);
        }
        if self.pins.len() == 1 {
            let meaning = "make the security environment of the PINs".to_owned();
            self.command(operation, meaning, cardos44::security_environment());
        }
    }

    fn key(
        &mut self,
        operation: &'p CardOperation<Known>,
        object: &'p KeyObject,
        public: Option<&'p [FileId]>,
    ) {
        let name = object.name.as_str();
        if self.dialect == Dialect::CardOs44 {
            let message = format!("`{name}` cannot be generated while a CardOS 4.4 is laid out");
            let help = "let an application make the key with `KeySize=`";
            self.problem(operation, message, help);
            return;
        }
        if !(1..=15).contains(&object.reference) {
            let message = format!("`{name}` has the reference {}", object.reference);
            self.problem(
                operation,
                message,
                "write `ref=` with a number from 1 to 15",
            );
        } else if !self.keys.insert(object.reference) {
            let message = format!(
                "`{name}` has the reference {} of another key",
                object.reference
            );
            self.problem(operation, message, "give each key a reference of its own");
        }
        let Some(kind) = kind(object.algorithm) else {
            let message = format!("the card makes no key of the size of `{name}`");
            let help = "take RSA of 2048 to 4096 bits in steps of 256, P-256 or P-384";
            self.problem(operation, message, help);
            return;
        };
        let mut unknown = Vec::new();
        let access = self
            .credentials
            .condition("pin", &object.access, &mut unknown);
        self.unknown_credentials(operation, name, &unknown);
        let number = object.reference;
        let definition = iso7816::key(number, kind, object.usage, access);
        self.command(
            operation,
            format!("define key {number}, {name}"),
            definition,
        );
        let generation = iso7816::generate(number, object.usage, self.data_field);
        let meaning = format!("generate {name}, {}", kind.name());
        if let Some(item) = self.command(operation, meaning, generation)
            && let Work::Command(command) = &item.work
        {
            item.work = Work::Generate(command.clone());
        }
        if let Some(path) = public {
            let length = key::length(kind);
            self.waiting
                .push((operation, path, Written::PublicKey { name, length }));
            if self.files.contains_key(path) {
                self.write_waiting(path);
            }
        }
    }

    /// Writes the public keys that were made before their file.
    fn write_waiting(&mut self, path: &'p [FileId]) {
        let (now, later) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(_, waiting_for, _)| *waiting_for == path);
        self.waiting = later;
        let now: Vec<_> = now;
        for (operation, path, written) in &now {
            self.write(operation, path, written);
        }
    }

    // The card as a whole.

    /// Says who erases the card after activation, before anything else is done. Without it nobody
    /// does, so a program that asks for neither needs no command.
    fn erasure(&mut self) {
        let Some(first) = self.program.operations.first() else {
            return;
        };
        let operator = self.credentials.number(Access::Operator);
        let by_anybody = self.program.eraseable;
        let meaning = match (by_anybody, operator) {
            (false, None) => return,
            (true, None) => "let anybody erase the card".to_owned(),
            (false, Some(number)) => {
                format!("let OP, PIN object {}, erase the card", number.get())
            }
            (true, Some(number)) => {
                format!(
                    "let anybody, and OP, PIN object {}, erase the card",
                    number.get()
                )
            }
        };
        match self.dialect {
            Dialect::Iso7816 => {
                let command = iso7816::erasure(by_anybody, operator);
                self.command(first, meaning, command);
            }
            Dialect::CardOs44 if by_anybody => {
                let message = "how a CardOS 4.4 stays erasable without its start key is not public";
                let help = "leave `MakeCardEraseable()` out; whoever has the start key erases it";
                self.problem(first, message, help);
            }
            // The operator has no part in erasing this card: the start key decides.
            Dialect::CardOs44 => {}
        }
    }

    fn activate(&mut self, operation: &CardOperation<Known>) {
        let command = match self.dialect {
            Dialect::Iso7816 => iso7816::activate(),
            Dialect::CardOs44 => Ok(cardos44::activate()),
        };
        let meaning = "activate the card: access rules hold from here on".to_owned();
        if let Some(item) = self.command(operation, meaning, command) {
            item.activates = true;
        }
    }
}

impl Written<'_> {
    fn length(&self) -> Option<usize> {
        match self {
            Self::Bytes { bytes, .. } => Some(bytes.len()),
            Self::Unknown(_) => None,
            Self::PublicKey { length, .. } => Some(*length),
        }
    }
}

fn creation(name: &str, path: &[FileId], size: Option<u32>) -> String {
    let size = size.map_or_else(String::new, |size| format!(", {size} bytes"));
    match path.split_last() {
        Some((id, around)) => format!("create {name} {id}{size}, in {}", place::shown(around)),
        None => format!("create the master file with its rules{size}"),
    }
}

const fn kind(algorithm: Algorithm) -> Option<KeyType> {
    match algorithm {
        Algorithm::Rsa { bits } => KeyType::from_code(1, bits),
        Algorithm::P256 => Some(KeyType::P256),
        Algorithm::P384 => Some(KeyType::P384),
    }
}
