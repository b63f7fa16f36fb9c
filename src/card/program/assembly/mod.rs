//! One operation of a program behind the other becomes items; what is wrong is collected.
//!
//! Owns what a program has made so far, and which file is current. Must not know the bytes of a
//! dialect beyond asking for them.

mod contents;
mod credentials;
mod files;
mod life;

use std::collections::{BTreeMap, BTreeSet};

use super::place::{self, Place};
use super::rules::Credentials;
use super::{Dialect, Item, Known, Problem, Setup, Work};
use crate::card::apdu::{ApduError, MAX_DATA};
use crate::card::{Command, Condition, Sw};
use crate::operation::{Access, CardAction, CardOperation, CardProgram, FileId};
use contents::Written;

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
    /// The PIN objects that are there, by reference.
    pins: BTreeMap<u8, Access>,
    /// References of the keys that are there.
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

impl<'p> Assembly<'p> {
    pub(super) fn new(program: &'p CardProgram<Known>, setup: &Setup) -> Self {
        Self {
            program,
            dialect: setup.dialect,
            data_field: setup.data_field.clamp(MIN_DATA_FIELD, MAX_DATA),
            credentials: Credentials::of(program, setup.officer),
            place: Place::default(),
            files: BTreeMap::new(),
            pins: BTreeMap::new(),
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
                "to {meaning} takes more than the {} bytes that a command to the card carries",
                self.data_field
            );
            let help = "use a card and reader that take extended length, or shorter rules";
            self.problem(operation, message, help);
            return None;
        };
        Some(self.item(operation, meaning, Work::Command(command)))
    }
}
