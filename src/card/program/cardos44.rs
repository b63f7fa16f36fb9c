//! Commands of the dialect [`CardOs44`](super::Dialect::CardOs44), in the form that OpenSC writes
//! for CardOS M4 (`card-cardos.c`, `pkcs15-cardos.c`): facts of a public source, not of the maker.
//!
//! The card is expected in its administration phase (GET DATA 0183 answers 20).

use super::rules::Conditions;
use super::template::{Blueprint, Unsayable};
use crate::card::access::CredentialNumber;
use crate::card::apdu::{ApduError, ins};
use crate::card::fcp::FCP;
use crate::card::{Command, Condition};
use crate::der::{Tag, Tlv};
use crate::operation::PinObject;
use crate::secret::Secret;

/// PUT DATA OCI: an object such as a PIN.
const OBJECT: u16 = 0x016E;
/// PUT DATA SECI: a security environment.
const SECURITY_ENVIRONMENT: u16 = 0x016D;
/// Class and instruction of PHASE CONTROL, which changes between administration and operation.
const PHASE_CONTROL: (u8, u8) = (0x80, 0x10);

/// Longest PIN in bytes; shorter ones are filled up with 00.
pub(super) const PIN_LENGTH: usize = 8;

const DATA_BYTES: Tag = Tag::new(0x80);
const RESERVED_BYTES: Tag = Tag::new(0x81);
const DESCRIPTOR: Tag = Tag::new(0x82);
const IDENTIFIER: Tag = Tag::new(0x83);
const NAME: Tag = Tag::new(0x84);
const PROPRIETARY: Tag = Tag::new(0x85);
const SECURITY: Tag = Tag::new(0x86);
const VALUE: Tag = Tag::new(0x8F);

const ALWAYS: u8 = 0x00;
const NEVER: u8 = 0xFF;
/// Algorithm of an object: comparing a PIN.
const PIN_TEST: u8 = 0x87;
/// Number of times an object can be used: no limit.
const UNLIMITED: u8 = 0xFF;

/// The file control parameters of a new file.
pub(super) fn template(file: &Blueprint<'_>) -> Result<Vec<u8>, Unsayable> {
    if file.sfi.is_some() {
        return Err(Unsayable::attribute(
            "sfi",
            "how CardOS 4.4 is told a short file identifier is not public",
        ));
    }
    let size = file.size.ok_or(Unsayable::attribute(
        "maxsize",
        "CardOS 4.4 reserves the room of a directory when it is created",
    ))?;
    let size = u16::try_from(size).unwrap_or(u16::MAX).to_be_bytes();
    let (size_tag, descriptor) = match file.is_df {
        true => (RESERVED_BYTES, 0x38),
        false => (DATA_BYTES, 0x01),
    };
    let mut parts = vec![
        Tlv::new(size_tag, size),
        Tlv::new(DESCRIPTOR, [descriptor]),
        Tlv::new(IDENTIFIER, file.id.to_be_bytes()),
    ];
    parts.extend(file.aid.map(|aid| Tlv::new(NAME, aid)));
    parts.push(Tlv::new(PROPRIETARY, [0x01, 0x00]));
    let conditions = match file.is_df {
        true => directory(&file.conditions)?,
        false => elementary(&file.conditions)?,
    };
    parts.push(Tlv::new(SECURITY, conditions));
    Ok(Tlv::list(FCP, parts).encode())
}

/// Read, update, append, deactivate, activate, delete, administrate, increase, decrease.
fn elementary(of: &Conditions) -> Result<[u8; 9], Unsayable> {
    if of.create != Condition::never() {
        return Err(Unsayable::rule(
            "create",
            "nothing is created in an elementary file",
        ));
    }
    Ok([
        byte("read", &of.read)?,
        byte("update", &of.update)?,
        byte("append", &of.append)?,
        byte("deactivate", &of.deactivate)?,
        byte("activate", &of.activate)?,
        byte("delete", &of.delete)?,
        NEVER,
        NEVER,
        NEVER,
    ])
}

/// Life cycle, update, append, deactivate, activate, delete, administrate, create, reserved.
fn directory(of: &Conditions) -> Result<[u8; 9], Unsayable> {
    if of.read != Condition::never() {
        return Err(Unsayable::rule("read", "a directory has no such right"));
    }
    Ok([
        NEVER,
        byte("update", &of.update)?,
        byte("append", &of.append)?,
        byte("deactivate", &of.deactivate)?,
        byte("activate", &of.activate)?,
        byte("delete", &of.delete)?,
        NEVER,
        byte("create", &of.create)?,
        NEVER,
    ])
}

/// The number of one PIN object; combinations cannot be said.
fn byte(attribute: &'static str, condition: &Condition) -> Result<u8, Unsayable> {
    let combined = || Unsayable::rule(attribute, "CardOS 4.4 takes one credential for each right");
    match condition.alternatives() {
        [] => Ok(NEVER),
        [all] => {
            let mut numbers = all.iter();
            match (numbers.next(), numbers.next()) {
                (None, _) => Ok(ALWAYS),
                (Some(number), None) => Ok(number.get()),
                _ => Err(combined()),
            }
        }
        _ => Err(combined()),
    }
}

/// PUT DATA SECI: the environment of a directory that holds PINs, without restrictions.
pub(super) fn security_environment() -> Result<Command, ApduError> {
    let parts = [
        Tlv::new(IDENTIFIER, [0x01]),
        Tlv::new(SECURITY, [ALWAYS, ALWAYS]),
        Tlv::new(VALUE, [0; 6]),
    ];
    put(SECURITY_ENVIRONMENT, &joined(&parts))
}

/// PUT DATA OCI: a PIN object that everybody may present, that its holder changes, and that another
/// PIN unblocks.
pub(super) fn pin(
    pin: &PinObject,
    number: CredentialNumber,
    value: &Secret,
) -> Result<Command, ApduError> {
    let number = number.get();
    let parameters = [
        0x02, // options
        pin.retries,
        PIN_TEST,
        pin.retries,
        UNLIMITED,
        UNLIMITED,
        0x00, // presented once for any number of uses
        pin.min_length,
    ];
    let mut stored = zeroize::Zeroizing::new([0; PIN_LENGTH]);
    for (place, byte) in stored.iter_mut().zip(value.expose()) {
        *place = *byte;
    }
    let parts = [
        Tlv::new(IDENTIFIER, [0x00, number]),
        Tlv::new(PROPRIETARY, parameters),
        Tlv::new(
            SECURITY,
            [ALWAYS, number, pin.unblocked_by.unwrap_or(NEVER)],
        ),
        Tlv::new(VALUE, stored.to_vec()),
    ];
    put(OBJECT, &joined(&parts))
}

/// PHASE CONTROL: from administration into operation.
pub(super) const fn activate() -> Command {
    let mut command = Command::new(PHASE_CONTROL.1, 0, 0);
    command.cla = PHASE_CONTROL.0;
    command
}

fn joined(parts: &[Tlv]) -> zeroize::Zeroizing<Vec<u8>> {
    let mut data = zeroize::Zeroizing::new(Vec::with_capacity(64));
    for part in parts {
        part.encode_to(&mut data);
    }
    data
}

fn put(object: u16, data: &[u8]) -> Result<Command, ApduError> {
    let [p1, p2] = object.to_be_bytes();
    Command::new(ins::PUT_DATA, p1, p2).data(data)
}
