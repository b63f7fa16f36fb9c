//! Commands of the dialect [`Iso7816`](super::Dialect::Iso7816): files as ISO/IEC 7816-4 and -9 have
//! them, PINs, keys and options as perso's own data objects.

use super::rules::Conditions;
use super::template::{Blueprint, Unsayable};
use crate::card::access::CredentialNumber;
use crate::card::apdu::{ApduError, MAX_EXPECTED, MAX_SHORT_DATA, MAX_SHORT_EXPECTED, ins};
use crate::card::fcp::{FCP, MASTER_FILE, ShortId};
use crate::card::simulator::objects::{self, KeyDefinition, PinDefinition};
use crate::card::simulator::{KeyType, KeyUse, MASTER_FILE_SIZE};
use crate::card::{AccessRules, Command, Condition, FileControl, Operation};
use crate::der::{Tag, Tlv};
use crate::operation::{KeyUsage, PinObject};
use crate::secret::Secret;

/// Control reference template: digital signature.
const SIGNATURE: Tag = Tag::new(0xB6);
/// Control reference template: confidentiality.
const CONFIDENTIALITY: Tag = Tag::new(0xB8);
/// Reference of a private key.
const PRIVATE_KEY: Tag = Tag::new(0x84);

/// The file control parameters of a new file.
pub(super) fn template(file: &Blueprint<'_>) -> Result<Vec<u8>, Unsayable> {
    let mut control = match file.is_df {
        true => FileControl::df(file.id, file.size.unwrap_or(0)),
        false => FileControl::ef(file.id, file.size.unwrap_or(0)),
    };
    if file.id == MASTER_FILE && file.size.is_none() {
        control.size = MASTER_FILE_SIZE;
    }
    control.name = file.aid.map(<[u8]>::to_vec);
    if let Some(sfi) = file.sfi {
        control.short_id = ShortId::Explicit(sfi);
    }
    control.rules = Some(rules(&file.conditions, file.is_df)?);
    Ok(control.encode(FCP))
}

fn rules(of: &Conditions, is_df: bool) -> Result<AccessRules, Unsayable> {
    let both = AccessRules::default()
        .with(Operation::Delete, of.delete.clone())
        .with(Operation::Activate, of.activate.clone())
        .with(Operation::Deactivate, of.deactivate.clone());
    if is_df {
        only_never("append", &of.append)?;
        only_never("read", &of.read)?;
        return Ok(both
            .with(Operation::CreateEf, of.create.clone())
            .with(Operation::CreateDf, of.create.clone())
            .with(Operation::PutData, of.update.clone()));
    }
    only_never("create", &of.create)?;
    Ok(both
        .with(Operation::Read, of.read.clone())
        .with(Operation::Update, of.update.clone())
        .with(Operation::Append, of.append.clone()))
}

fn only_never(attribute: &'static str, condition: &Condition) -> Result<(), Unsayable> {
    match *condition == Condition::never() {
        true => Ok(()),
        false => Err(Unsayable::rule(
            attribute,
            "ISO 7816 has no such right for this kind of file",
        )),
    }
}

/// PUT DATA with a PIN object.
pub(super) fn pin(
    pin: &PinObject,
    number: CredentialNumber,
    value: &Secret,
) -> Result<Command, ApduError> {
    let definition = PinDefinition {
        number,
        tries: pin.retries,
        min_length: pin.min_length,
        max_length: pin.max_length,
        unblocked_by: pin.unblocked_by.and_then(CredentialNumber::new),
        value: Some(value.expose()),
    };
    put(objects::PINS, &definition.encode())
}

/// PUT DATA with the definition of a key that is generated afterwards. Once the card is activated
/// nobody generates it again.
pub(super) fn key(
    number: u8,
    kind: KeyType,
    usage: KeyUsage,
    access: Condition,
) -> Result<Command, ApduError> {
    let uses = match usage {
        KeyUsage::Sign => KeyUse::SIGN,
        KeyUsage::Decipher => KeyUse::DECIPHER,
        KeyUsage::Both => KeyUse::BOTH,
    };
    let definition = KeyDefinition {
        number,
        kind,
        uses,
        access,
        generation: Condition::never(),
    };
    put(objects::KEYS, &definition.encode(None))
}

/// GENERATE ASYMMETRIC KEY PAIR, which answers the public key. In extended length it comes in one
/// piece.
pub(super) fn generate(
    number: u8,
    usage: KeyUsage,
    data_field: usize,
) -> Result<Command, ApduError> {
    let template = match usage {
        KeyUsage::Sign | KeyUsage::Both => SIGNATURE,
        KeyUsage::Decipher => CONFIDENTIALITY,
    };
    let expected = match data_field > MAX_SHORT_DATA {
        true => MAX_EXPECTED,
        false => MAX_SHORT_EXPECTED,
    };
    let reference = Tlv::list(template, [Tlv::new(PRIVATE_KEY, [number])]);
    let command = Command::new(ins::GENERATE_KEY_PAIR, 0, 0).data(reference.encode())?;
    Ok(command.expect(expected))
}

/// PUT DATA with who may erase the card once it is activated.
pub(super) fn erasure(
    by_anybody: bool,
    by: Option<CredentialNumber>,
) -> Result<Command, ApduError> {
    put(
        objects::OPTIONS,
        &objects::encode_options(by_anybody, by, None),
    )
}

/// ACTIVATE FILE of the MF.
pub(super) fn activate() -> Result<Command, ApduError> {
    Command::new(ins::ACTIVATE, 0, 0).data(MASTER_FILE.to_be_bytes())
}

fn put(object: u16, data: &[u8]) -> Result<Command, ApduError> {
    let [p1, p2] = object.to_be_bytes();
    Command::new(ins::PUT_DATA, p1, p2).data(data)
}
