//! Programs from above, a simulated card below.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::card::apdu::ins;
use crate::card::simulator::{Card, Options, Personality};
use crate::card::{Channel, Command, Sw};
use crate::operation::{
    AccessRule, AccessRules, CardAction, CardOperation, FileId, FileShape, PinObject, SizeOf,
    UndoClass,
};

mod any_tree;
mod cardos44;
mod keys;
mod pins;
mod problems;
mod seed;

const ISO: Setup = Setup {
    dialect: Dialect::Iso7816,
    data_field: 255,
    officer: Access::Puk,
};

fn card() -> Card {
    Card::new(Options::default(), ChaCha8Rng::seed_from_u64(7))
}

fn cardos44_card() -> Card {
    let options = Options::of(Personality::CardOs44);
    Card::new(options, ChaCha8Rng::seed_from_u64(7))
}

fn program(actions: Vec<CardAction<Known>>) -> CardProgram<Known> {
    let operations = actions.into_iter().enumerate().map(|(index, action)| {
        let line = index as u32 + 1;
        CardOperation {
            id: OperationId(format!("step-{line}")),
            action,
            undo: UndoClass::Reversible,
            origin: Origin {
                source: "lab.cpf".to_owned(),
                start: 0,
                end: 0,
                line,
                column: 1,
                text: String::new(),
            },
        }
    });
    CardProgram {
        profile: "lab.cpf".to_owned(),
        card: "iso7816".to_owned(),
        eraseable: false,
        generated: Vec::new(),
        operations: operations.collect(),
    }
}

fn path(ids: &[u16]) -> Vec<FileId> {
    ids.iter().map(|id| FileId(*id)).collect()
}

fn known(bytes: &[u8]) -> Known {
    Known::Bytes {
        bytes: Secret::new(bytes.to_vec()),
        secret: false,
    }
}

fn only(word: Access) -> Option<AccessRule> {
    Some(AccessRule::Only(word))
}

/// Everybody reads and updates an EF, everybody creates in a DF.
fn open(is_df: bool) -> AccessRules {
    let always = only(Access::Always);
    AccessRules {
        read: always.clone().filter(|_| !is_df),
        create: always.clone().filter(|_| is_df),
        update: always,
        ..AccessRules::default()
    }
}

fn df(ids: &[u16], access: AccessRules) -> CardAction<Known> {
    CardAction::CreateFile {
        path: path(ids),
        name: "FOLDER".to_owned(),
        shape: FileShape::Dedicated {
            size: None,
            aid: None,
        },
        access,
    }
}

fn ef(ids: &[u16], size: u16, access: AccessRules) -> CardAction<Known> {
    sized(ids, SizeOf::Bytes(size), access)
}

fn sized(ids: &[u16], size: SizeOf<Known>, access: AccessRules) -> CardAction<Known> {
    CardAction::CreateFile {
        path: path(ids),
        name: "FILE".to_owned(),
        shape: FileShape::Transparent { size, sfi: None },
        access,
    }
}

fn write(ids: &[u16], content: Known) -> CardAction<Known> {
    CardAction::WriteFile {
        path: path(ids),
        name: "FILE".to_owned(),
        content,
    }
}

fn pin(credential: Access, reference: u8, value: &[u8]) -> CardAction<Known> {
    CardAction::CreatePin {
        pin: pin_object(credential, reference),
        value: known(value),
    }
}

fn pin_object(credential: Access, reference: u8) -> PinObject {
    PinObject {
        credential,
        reference,
        retries: 3,
        min_length: 4,
        max_length: 16,
        unblocked_by: None,
    }
}

/// Assembles and executes; what was sent.
fn run(program: &CardProgram<Known>, setup: &Setup, card: &mut Card) -> Vec<Item> {
    let items = assemble(program, setup).unwrap();
    execute(&items, card).unwrap();
    items
}

/// The first `length` bytes of a file.
fn read(card: &mut Card, ids: &[u16], length: usize) -> Vec<u8> {
    let select = super::place::select(&path(ids)).unwrap();
    assert_eq!(card.exchange(&select).unwrap().sw, Sw::OK, "{ids:04X?}");
    let mut content = Vec::new();
    while content.len() < length {
        let [.., p1, p2] = content.len().to_be_bytes();
        let odd = content.len() > 0x7FFF;
        let command = match odd {
            false => Command::new(ins::READ_BINARY, p1, p2),
            true => Command::new(ins::READ_BINARY_ODD, 0, 0)
                .data([0x54, 2, p1, p2])
                .unwrap(),
        };
        let answer = card.exchange(&command.expect(0x4000)).unwrap();
        assert!(answer.sw.is_success(), "{ids:04X?} at {}", content.len());
        let element = crate::der::Elements::new(&answer.data).next();
        let data = match odd {
            false => &answer.data[..],
            true => element.unwrap().unwrap().bytes(&answer.data),
        };
        assert!(!data.is_empty());
        content.extend(data);
    }
    content.truncate(length);
    content
}

fn hex(item: &Item) -> String {
    let Work::Command(command) = &item.work else {
        panic!("{item:?}");
    };
    let bytes = command.encode();
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn count(items: &[Item], instruction: u8) -> usize {
    let is = |item: &&Item| matches!(&item.work, Work::Command(it) if it.ins == instruction);
    items.iter().filter(is).count()
}
