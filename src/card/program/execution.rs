//! Items over a channel, one behind the other, until one fails.

use std::collections::BTreeMap;

use super::{Item, KeyPart, Work, content};
use crate::card::apdu::ins;
use crate::card::public_key;
use crate::card::simulator::PublicTemplate;
use crate::card::{Channel, ChannelError, Command, Response, Sw};
use crate::operation::{OperationId, Origin};

/// An execution on its way. To do something before the card is put into operation, run the items up
/// to the [`commit_point`](super::commit_point), do it, and run the rest.
#[derive(Debug, Default)]
pub struct Execution {
    /// Public keys by the operation that made them: `RSAPublicKey` (PKCS#1) in DER, or the point of
    /// an elliptic curve as its `SubjectPublicKeyInfo`.
    public_keys: BTreeMap<OperationId, Vec<u8>>,
}

/// An item was not done. No part of it is secret.
#[derive(Debug, thiserror::Error)]
#[error("{meaning}: {kind}")]
pub struct Failure {
    /// The operation of the program.
    pub operation: OperationId,
    /// Its place in the profile.
    pub origin: Box<Origin>,
    /// What was to be done, in a few words.
    pub meaning: String,
    /// What happened.
    #[source]
    pub kind: FailureKind,
    /// Likely causes, the likeliest first.
    pub causes: Vec<String>,
}

/// What happened to an item that was not done.
#[derive(Debug, thiserror::Error)]
pub enum FailureKind {
    /// The card answered with another status word.
    #[error("the card answered {0} ({meaning})", meaning = .0.meaning())]
    Status(Sw),
    /// No answer came; whether the command was executed is not known.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// The bytes of the command are not known.
    #[error("it needs {}", .0.join(", "))]
    Needs(Vec<String>),
    /// The card gave no public key, or one of another size than it was asked for.
    #[error("the card gave no public key of the size that it was asked for")]
    PublicKey,
}

/// Executes the items, one behind the other.
///
/// # Errors
/// [`Failure`] of the first one that was not done; those behind it are not tried.
pub fn execute(items: &[Item], channel: &mut dyn Channel) -> Result<(), Failure> {
    Execution::default().run(items, channel)
}

impl Execution {
    /// Executes more items, one behind the other.
    ///
    /// # Errors
    /// [`Failure`] of the first one that was not done; those behind it are not tried.
    pub fn run(&mut self, items: &[Item], channel: &mut dyn Channel) -> Result<(), Failure> {
        items.iter().try_for_each(|item| self.one(item, channel))
    }

    /// The public key that an operation made: `RSAPublicKey` (PKCS#1) in DER, or the point of an
    /// elliptic curve as its `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn public_key(&self, operation: &OperationId) -> Option<&[u8]> {
        self.public_keys.get(operation).map(Vec::as_slice)
    }

    fn one(&mut self, item: &Item, channel: &mut dyn Channel) -> Result<(), Failure> {
        let done = match &item.work {
            Work::Command(command) => exchange(item, command, channel).map(|_| ()),
            Work::Needs(names) => Err(FailureKind::Needs(names.clone())),
            Work::Generate(command) => exchange(item, command, channel).and_then(|answer| {
                let key = PublicTemplate::decode(&answer.data);
                let key = key.as_ref().and_then(public_key::encode);
                let key = key.ok_or(FailureKind::PublicKey)?;
                self.public_keys.insert(item.operation.clone(), key);
                Ok(())
            }),
            Work::PublicKey(part) => self.update(part).and_then(|command| {
                exchange(item, &command, channel)?;
                Ok(())
            }),
        };
        done.map_err(|kind| failure(item, kind))
    }

    fn update(&self, part: &KeyPart) -> Result<Command, FailureKind> {
        let key = self.public_keys.get(&part.key);
        let key = key.filter(|key| key.len() == part.length);
        let bytes = key.and_then(|key| key.get(part.bytes.clone()));
        let bytes = bytes.ok_or(FailureKind::PublicKey)?;
        content::update(part.bytes.start, bytes).map_err(|_| FailureKind::PublicKey)
    }
}

fn exchange(
    item: &Item,
    command: &Command,
    channel: &mut dyn Channel,
) -> Result<Response, FailureKind> {
    let answer = channel.exchange(command)?;
    match item.expected.contains(&answer.sw) {
        true => Ok(answer),
        false => Err(FailureKind::Status(answer.sw)),
    }
}

fn failure(item: &Item, kind: FailureKind) -> Failure {
    let causes = match &kind {
        FailureKind::Status(sw) => causes(&item.work, *sw),
        FailureKind::Channel(_) => &["the card was moved, or the contact is bad"][..],
        FailureKind::Needs(_) => &[],
        FailureKind::PublicKey => &["the card is of another kind than the profile is for"][..],
    };
    Failure {
        operation: item.operation.clone(),
        origin: Box::new(item.origin.clone()),
        meaning: item.meaning.clone(),
        kind,
        causes: causes.iter().map(|cause| (*cause).to_owned()).collect(),
    }
}

/// Likely causes of a status word, by what was to be done.
fn causes(work: &Work, sw: Sw) -> &'static [&'static str] {
    let instruction = match work {
        Work::Command(command) | Work::Generate(command) => command.ins,
        Work::PublicKey(_) => ins::UPDATE_BINARY,
        Work::Needs(_) => return &[],
    };
    match (instruction, sw) {
        (ins::CREATE, Sw::FILE_EXISTS | Sw::NAME_EXISTS) => &[
            "the card carries a profile already: erase it first",
            "the profile gives two files the same identifier or application identifier",
        ],
        (ins::CREATE, Sw::NO_ROOM) => &[
            "`maxsize` of the folder is smaller than what lies in it",
            "the memory of the card is full",
        ],
        (ins::CREATE, Sw::WRONG_DATA) => {
            &["the card takes its file control parameters in another form than the profile's card"]
        }
        (ins::UPDATE_BINARY | ins::UPDATE_BINARY_ODD, Sw::NO_ROOM | Sw::WRONG_OFFSET) => {
            &["the file is smaller on the card than the profile says"]
        }
        (ins::PUT_DATA, Sw::NO_REFERENCE | Sw::NO_INSTRUCTION) => {
            &["the card is none that perso can give PINs and keys: these data objects are its own"]
        }
        (ins::PUT_DATA, Sw::CONDITIONS) => &["the card is activated already: erase it first"],
        (ins::PUT_DATA, Sw::WRONG_DATA) => {
            &["the PIN, less any 00 or FF at its end, is outside the limits of its object"]
        }
        (ins::GENERATE_KEY_PAIR, Sw::NO_FUNCTION) => &["the card makes no keys of this kind"],
        (_, Sw::SECURITY_STATUS) => {
            &["the card is activated already, so its access rules hold: erase it first"]
        }
        (ins::SELECT, Sw::NO_FILE) => &["another program changed the card meanwhile"],
        (_, Sw::WRONG_LENGTH) => {
            &["card or reader takes no extended length, or shorter commands only"]
        }
        (_, Sw::NO_INSTRUCTION | Sw::NO_CLASS) => {
            &["the card does not know the command: the profile is for another card"]
        }
        (_, Sw::MEMORY_FAILURE) => &["the memory of the card is worn out"],
        _ => &[],
    }
}
