//! Nine bytes of access conditions in tag 86, to and from access rules.
//!
//! | byte | elementary file | directory |
//! | --- | --- | --- |
//! | 1 | read | life cycle: PHASE CONTROL, of the MF |
//! | 2 | update | update: PUT DATA |
//! | 3 | append | append |
//! | 4, 5, 6 | deactivate, activate, delete | deactivate, activate, delete |
//! | 7 | administrate | administrate |
//! | 8 | increase | create |
//! | 9 | decrease | – |
//!
//! `00` is everybody, `FF` nobody, `01` to `7F` whoever verified the PIN object of this number. A
//! shorter list ends with nobody. The card has PIN objects up to 14: higher numbers hold for nobody.
//! A file that comes with rules of ISO 7816 instead keeps them (*perso*), and they are told in nine
//! bytes. The bytes are kept beside the rules, for those that have no rule and for SELECT.

use crate::card::access::{CredentialNumber, CredentialSet};
use crate::card::{AccessRules, Condition, FileControl, Operation, Sw};

/// Number of conditions.
pub(in super::super) const LENGTH: usize = 9;

const ALWAYS: u8 = 0x00;
const NEVER: u8 = 0xFF;

/// The operations that each byte is about; where it is about none it is kept only.
const ELEMENTARY: [&[Operation]; LENGTH] = [
    &[Operation::Read],
    &[Operation::Update],
    &[Operation::Append],
    &[Operation::Deactivate],
    &[Operation::Activate],
    &[Operation::Delete],
    &[],
    &[],
    &[],
];
const DIRECTORY: [&[Operation]; LENGTH] = [
    &[],
    &[Operation::PutData],
    &[],
    &[Operation::Deactivate],
    &[Operation::Activate],
    &[Operation::Delete],
    &[],
    &[Operation::CreateEf, Operation::CreateDf],
    &[],
];

const fn operations(is_df: bool) -> &'static [&'static [Operation]; LENGTH] {
    match is_df {
        true => &DIRECTORY,
        false => &ELEMENTARY,
    }
}

/// What CREATE FILE is told, with its conditions as rules.
pub(in super::super) fn file_control(data: &[u8]) -> Result<FileControl, Sw> {
    let mut control = FileControl::decode(data).map_err(|_| Sw::WRONG_DATA)?;
    let told = match control.proprietary.take() {
        None if control.rules.is_some() => return Ok(control),
        told => told.unwrap_or_default(),
    };
    let mut bytes = [NEVER; LENGTH];
    let place = bytes.get_mut(..told.len()).ok_or(Sw::WRONG_DATA)?;
    place.copy_from_slice(&told);
    set(&mut control, &bytes);
    Ok(control)
}

/// Gives a file these conditions.
pub(super) fn set(control: &mut FileControl, bytes: &[u8; LENGTH]) {
    control.rules = Some(rules(bytes, control.is_df()));
    control.proprietary = Some(bytes.to_vec());
}

/// What SELECT tells: the conditions in the form of this card alone.
pub(in super::super) fn told(control: &FileControl) -> FileControl {
    let mut told = control.clone();
    let rules = told.rules.take().unwrap_or_default();
    let bytes = || bytes(&rules, control.is_df()).to_vec();
    told.proprietary = told.proprietary.or_else(|| Some(bytes()));
    told
}

fn rules(bytes: &[u8; LENGTH], is_df: bool) -> AccessRules {
    let mut rules = AccessRules::default();
    for (byte, operations) in bytes.iter().zip(operations(is_df)) {
        for operation in *operations {
            rules = rules.with(*operation, condition(*byte));
        }
    }
    rules
}

/// Combinations cannot be told, and are told as nobody.
fn bytes(rules: &AccessRules, is_df: bool) -> [u8; LENGTH] {
    let mut bytes = [NEVER; LENGTH];
    for (byte, operations) in bytes.iter_mut().zip(operations(is_df)) {
        let mut told = rules.iter().filter(|(it, _)| operations.contains(it));
        *byte = told
            .next()
            .map_or(NEVER, |(_, condition)| number(condition));
    }
    bytes
}

/// Who may, by one byte.
pub(super) fn condition(byte: u8) -> Condition {
    match (byte, CredentialNumber::new(byte)) {
        (ALWAYS, _) => Condition::always(),
        (_, Some(number)) => Condition::credential(number),
        (_, None) => Condition::never(),
    }
}

fn number(condition: &Condition) -> u8 {
    let one = |all: &CredentialSet| {
        let mut numbers = all.iter();
        match (numbers.next(), numbers.next()) {
            (None, _) => ALWAYS,
            (Some(number), None) => number.get(),
            _ => NEVER,
        }
    };
    match condition.alternatives() {
        [all] => one(all),
        _ => NEVER,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_short_list_ends_with_nobody() {
        let data = [
            0x62, 0x0F, 0x80, 2, 0, 9, 0x82, 1, 1, 0x83, 2, 0x50, 0x31, 0x86, 2, 0x00, 0x01,
        ];
        let control = file_control(&data).unwrap();
        assert_eq!(
            control.proprietary.as_deref(),
            Some(&[0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF][..])
        );
        let rules: Vec<_> = control.rules.iter().flat_map(AccessRules::iter).collect();
        assert_eq!(rules.len(), 2);
    }

    proptest! {
        #[test]
        fn conditions_survive_as_rules(bytes: [u8; LENGTH], is_df: bool) {
            let rules = rules(&bytes, is_df);
            let again = super::bytes(&rules, is_df);
            prop_assert_eq!(super::rules(&again, is_df), rules);
        }
    }
}
