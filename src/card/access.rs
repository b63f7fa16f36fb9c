//! Access rules of files: who may do what, and how that stands in tags 8C and AB
//! (ISO/IEC 7816-4 clauses 9.3.3 and 9.3.5).
//!
//! A credential is a PIN object with a number from 1 to 14. *perso*: that number is also the
//! number of the security environment which asks for just this PIN, so the condition byte
//! `10 | number` means "PIN object *number* is verified". One credential, *always* and *never* fit
//! into the compact form (8C); combinations of credentials and the right to PUT DATA use the
//! expanded form (AB) with OR (A0) and AND (AF) templates. What a rule does not mention is *never*.
//! Which number belongs to `PIN1` or `PUK` is decided by the caller.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::apdu::ins;
use crate::der::{Element, Elements, Tag, Tlv};

/// Number of a credential, 1 to 14.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct CredentialNumber(u8);

impl CredentialNumber {
    /// Largest number: four bits, 0 and 15 being reserved.
    pub const MAX: u8 = 14;

    /// A number; `None` outside 1 to 14.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        match number {
            1..=Self::MAX => Some(Self(number)),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for CredentialNumber {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        Self::new(number)
            .ok_or_else(|| format!("a credential has a number from 1 to 14, not {number}"))
    }
}

impl From<CredentialNumber> for u8 {
    fn from(number: CredentialNumber) -> Self {
        number.0
    }
}

/// A set of credentials.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct CredentialSet(u16);

impl CredentialSet {
    /// Adds one.
    pub fn insert(&mut self, number: CredentialNumber) {
        self.0 |= 1 << number.0;
    }

    /// Takes one out.
    pub fn remove(&mut self, number: CredentialNumber) {
        self.0 &= !(1 << number.0);
    }

    /// Whether this one is in the set.
    #[must_use]
    pub const fn contains(self, number: CredentialNumber) -> bool {
        self.0 & 1 << number.0 != 0
    }

    /// Whether all of these are in `other`.
    #[must_use]
    pub const fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The credentials in ascending order.
    pub fn iter(self) -> impl Iterator<Item = CredentialNumber> {
        (1..=CredentialNumber::MAX)
            .map(CredentialNumber)
            .filter(move |number| self.contains(*number))
    }
}

impl FromIterator<CredentialNumber> for CredentialSet {
    fn from_iter<I: IntoIterator<Item = CredentialNumber>>(numbers: I) -> Self {
        let mut set = Self::default();
        numbers.into_iter().for_each(|number| set.insert(number));
        set
    }
}

impl fmt::Debug for CredentialSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|it| it.0)).finish()
    }
}

/// When an operation is allowed: if all credentials of at least one alternative are verified.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Condition(Vec<CredentialSet>);

impl Condition {
    /// Nobody.
    #[must_use]
    pub const fn never() -> Self {
        Self(Vec::new())
    }

    /// Everybody.
    #[must_use]
    pub fn always() -> Self {
        Self(vec![CredentialSet::default()])
    }

    /// Whoever verified this credential.
    #[must_use]
    pub fn credential(number: CredentialNumber) -> Self {
        Self(vec![CredentialSet::from_iter([number])])
    }

    /// Any of these alternatives; *always* if one of them is empty.
    #[must_use]
    pub fn any_of(alternatives: impl IntoIterator<Item = CredentialSet>) -> Self {
        let mut alternatives: Vec<_> = alternatives.into_iter().collect();
        alternatives.sort_unstable();
        alternatives.dedup();
        if alternatives.first().is_some_and(|it| it.0 == 0) {
            alternatives.truncate(1);
        }
        Self(alternatives)
    }

    /// The alternatives: none is *never*, an empty one is *always*.
    #[must_use]
    pub fn alternatives(&self) -> &[CredentialSet] {
        &self.0
    }

    /// Whether it holds when these credentials are verified.
    #[must_use]
    pub fn holds(&self, verified: CredentialSet) -> bool {
        self.0
            .iter()
            .any(|alternative| alternative.is_subset(verified))
    }

    /// The condition byte of the compact form; `None` for combinations.
    fn byte(&self) -> Option<u8> {
        match self.0.as_slice() {
            [] => Some(NEVER),
            [all] => conjunct_byte(*all),
            _ => None,
        }
    }

    fn from_byte(byte: u8) -> Result<Self, RuleError> {
        match byte {
            ALWAYS => Ok(Self::always()),
            NEVER => Ok(Self::never()),
            _ => credential_of(byte).map(Self::credential),
        }
    }

    /// The security condition data object of the expanded form.
    #[must_use]
    pub fn tlv(&self) -> Tlv {
        match self.0.as_slice() {
            [] => Tlv::new(SC_NEVER, []),
            [all] => conjunct_tlv(*all),
            alternatives => Tlv::list(SC_OR, alternatives.iter().map(|it| conjunct_tlv(*it))),
        }
    }

    /// Reads a security condition data object.
    ///
    /// # Errors
    /// If it is none, or asks for more than PINs.
    pub fn from_tlv(data: &[u8], element: &Element) -> Result<Self, RuleError> {
        match element.tag {
            SC_NEVER => Ok(Self::never()),
            SC_OR => element
                .children(data)
                .map(|it| conjunct(data, &it.map_err(|_| RuleError::Malformed)?))
                .collect::<Result<Vec<_>, _>>()
                .map(Self::any_of),
            SC_BYTE if element.bytes(data) == [NEVER] => Ok(Self::never()),
            _ => conjunct(data, element).map(|it| Self::any_of([it])),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("never");
        }
        for (index, alternative) in self.0.iter().enumerate() {
            f.write_str(if index > 0 { " | " } else { "" })?;
            let names: Vec<_> = alternative.iter().map(|it| format!("#{}", it.0)).collect();
            match names.as_slice() {
                [] => f.write_str("always")?,
                names => f.write_str(&names.join(" & "))?,
            }
        }
        Ok(())
    }
}

const ALWAYS: u8 = 0x00;
const NEVER: u8 = 0xFF;
/// Bit 5 of a condition byte: user authentication.
const USER_AUTHENTICATION: u8 = 0x10;
/// Bits 7 and 6: secure messaging, external authentication.
const UNSUPPORTED_CONDITIONS: u8 = 0x60;

const SC_ALWAYS: Tag = Tag::new(0x90);
const SC_NEVER: Tag = Tag::new(0x97);
const SC_BYTE: Tag = Tag::new(0x9E);
const SC_OR: Tag = Tag::new(0xA0);
const SC_AND: Tag = Tag::new(0xAF);
/// Access mode data object with the access mode byte of the compact form.
const AM_BYTE: Tag = Tag::new(0x80);
/// Access mode data object with an instruction byte.
const AM_INSTRUCTION: Tag = Tag::new(0x84);

fn credential_of(byte: u8) -> Result<CredentialNumber, RuleError> {
    if byte & UNSUPPORTED_CONDITIONS != 0 || byte & USER_AUTHENTICATION == 0 {
        return Err(RuleError::Unsupported { byte });
    }
    CredentialNumber::new(byte & 0x0F).ok_or(RuleError::Unsupported { byte })
}

fn conjunct_byte(all: CredentialSet) -> Option<u8> {
    let mut numbers = all.iter();
    match (numbers.next(), numbers.next()) {
        (None, _) => Some(ALWAYS),
        (Some(number), None) => Some(USER_AUTHENTICATION | number.0),
        _ => None,
    }
}

fn conjunct_tlv(all: CredentialSet) -> Tlv {
    let one = |number: CredentialNumber| Tlv::new(SC_BYTE, [USER_AUTHENTICATION | number.0]);
    match conjunct_byte(all) {
        Some(ALWAYS) => Tlv::new(SC_ALWAYS, []),
        Some(byte) => Tlv::new(SC_BYTE, [byte]),
        None => Tlv::list(SC_AND, all.iter().map(one)),
    }
}

fn conjunct(data: &[u8], element: &Element) -> Result<CredentialSet, RuleError> {
    match (element.tag, element.bytes(data)) {
        (SC_ALWAYS, []) | (SC_BYTE, [ALWAYS]) => Ok(CredentialSet::default()),
        (SC_BYTE, [byte]) => credential_of(*byte).map(|it| CredentialSet::from_iter([it])),
        (SC_AND, _) => element
            .children(data)
            .map(|it| match it.map_err(|_| RuleError::Malformed)? {
                it if it.tag == SC_BYTE => match it.bytes(data) {
                    [byte] => credential_of(*byte),
                    _ => Err(RuleError::Malformed),
                },
                _ => Err(RuleError::Malformed),
            })
            .collect(),
        _ => Err(RuleError::Malformed),
    }
}

/// What a rule is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// EF: READ BINARY.
    Read,
    /// EF: UPDATE BINARY.
    Update,
    /// EF: writing that adds.
    Append,
    /// DF: CREATE FILE of an EF in it.
    CreateEf,
    /// DF: CREATE FILE of a DF in it.
    CreateDf,
    /// DF: DELETE FILE of a file in it.
    DeleteChild,
    /// DELETE FILE of the file itself.
    Delete,
    /// ACTIVATE FILE.
    Activate,
    /// DEACTIVATE FILE.
    Deactivate,
    /// TERMINATE EF or DF.
    Terminate,
    /// DF: PUT DATA, which defines PINs and keys.
    PutData,
}

impl Operation {
    /// The operations on an EF by bit of the access mode byte, from b7 down to b1.
    const EF_BITS: [Self; 7] = [
        Self::Delete,
        Self::Terminate,
        Self::Activate,
        Self::Deactivate,
        Self::Append,
        Self::Update,
        Self::Read,
    ];
    /// The operations on a DF by bit of the access mode byte, from b7 down to b1.
    const DF_BITS: [Self; 7] = [
        Self::Delete,
        Self::Terminate,
        Self::Activate,
        Self::Deactivate,
        Self::CreateDf,
        Self::CreateEf,
        Self::DeleteChild,
    ];

    const fn bits(is_df: bool) -> &'static [Self; 7] {
        if is_df {
            &Self::DF_BITS
        } else {
            &Self::EF_BITS
        }
    }

    /// The word for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Update => "update",
            Self::Append => "append",
            Self::CreateEf => "create-ef",
            Self::CreateDf => "create-df",
            Self::DeleteChild => "delete-child",
            Self::Delete => "delete",
            Self::Activate => "activate",
            Self::Deactivate => "deactivate",
            Self::Terminate => "terminate",
            Self::PutData => "put-data",
        }
    }
}

/// Why an access rule cannot be taken over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RuleError {
    /// The bytes do not follow ISO 7816-4.
    #[error("the access rule is malformed")]
    Malformed,
    /// The condition asks for something other than PINs 1 to 14.
    #[error("the condition byte {byte:02X} asks for more than a PIN from 1 to 14")]
    Unsupported {
        /// The condition byte.
        byte: u8,
    },
}

/// The rules of one file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AccessRules(BTreeMap<Operation, Condition>);

impl AccessRules {
    /// Sets the condition of one operation.
    #[must_use]
    pub fn with(mut self, operation: Operation, condition: Condition) -> Self {
        if condition == Condition::never() {
            self.0.remove(&operation);
        } else {
            self.0.insert(operation, condition);
        }
        self
    }

    /// Whether the operation is allowed when these credentials are verified.
    #[must_use]
    pub fn allow(&self, operation: Operation, verified: CredentialSet) -> bool {
        self.0.get(&operation).is_some_and(|it| it.holds(verified))
    }

    /// The operations that somebody may do, and who.
    pub fn iter(&self) -> impl Iterator<Item = (Operation, &Condition)> {
        self.0
            .iter()
            .map(|(operation, condition)| (*operation, condition))
    }

    /// The data objects for a file control template: 8C, then AB if it is needed.
    #[must_use]
    pub fn tlvs(&self, is_df: bool) -> Vec<Tlv> {
        let mut compact = vec![0];
        let mut expanded = Vec::new();
        for (index, operation) in Operation::bits(is_df).iter().enumerate() {
            let Some(condition) = self.0.get(operation) else {
                continue;
            };
            let bit = 0x40 >> index;
            if let Some(byte) = condition.byte() {
                compact[0] |= bit;
                compact.push(byte);
            } else {
                expanded.extend([Tlv::new(AM_BYTE, [bit]), condition.tlv()]);
            }
        }
        if let Some(condition) = self.0.get(&Operation::PutData).filter(|_| is_df) {
            expanded.extend([Tlv::new(AM_INSTRUCTION, [ins::PUT_DATA]), condition.tlv()]);
        }
        let mut out = vec![Tlv::new(COMPACT, compact)];
        if !expanded.is_empty() {
            out.push(Tlv::list(EXPANDED, expanded));
        }
        out
    }

    /// Takes over the content of tag 8C.
    pub(super) fn read_compact(&mut self, bytes: &[u8], is_df: bool) -> Result<(), RuleError> {
        let (&mode, mut conditions) = bytes.split_first().ok_or(RuleError::Malformed)?;
        for operation in operations(mode, is_df)? {
            let (&byte, rest) = conditions.split_first().ok_or(RuleError::Malformed)?;
            self.set(operation, Condition::from_byte(byte)?);
            conditions = rest;
        }
        conditions
            .is_empty()
            .then_some(())
            .ok_or(RuleError::Malformed)
    }

    /// Takes over the content of tag AB.
    pub(super) fn read_expanded(
        &mut self,
        data: &[u8],
        template: &Element,
        is_df: bool,
    ) -> Result<(), RuleError> {
        let mut elements = template.children(data);
        while let Some(mode) = next(&mut elements)? {
            let condition = next(&mut elements)?.ok_or(RuleError::Malformed)?;
            let condition = Condition::from_tlv(data, &condition)?;
            let operations = match (mode.tag, mode.bytes(data)) {
                (AM_BYTE, [byte]) => operations(*byte, is_df)?,
                (AM_INSTRUCTION, [ins::PUT_DATA]) if is_df => vec![Operation::PutData],
                _ => return Err(RuleError::Malformed),
            };
            for operation in operations {
                self.set(operation, condition.clone());
            }
        }
        Ok(())
    }

    fn set(&mut self, operation: Operation, condition: Condition) {
        *self = std::mem::take(self).with(operation, condition);
    }
}

/// Compact access rules.
pub(super) const COMPACT: Tag = Tag::new(0x8C);
/// Expanded access rules.
pub(super) const EXPANDED: Tag = Tag::new(0xAB);

fn next(elements: &mut Elements<'_>) -> Result<Option<Element>, RuleError> {
    elements
        .next()
        .transpose()
        .map_err(|_| RuleError::Malformed)
}

fn operations(mode: u8, is_df: bool) -> Result<Vec<Operation>, RuleError> {
    if mode & 0x80 != 0 {
        return Err(RuleError::Malformed); // b7 to b4 would then be proprietary
    }
    let bits = Operation::bits(is_df).iter().enumerate();
    Ok(bits
        .filter(|(index, _)| mode & 0x40 >> index != 0)
        .map(|(_, operation)| *operation)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: u8) -> CredentialNumber {
        CredentialNumber::new(number).unwrap()
    }

    fn encode(rules: &AccessRules, is_df: bool) -> Vec<u8> {
        rules.tlvs(is_df).iter().flat_map(Tlv::encode).collect()
    }

    #[test]
    fn the_examples_of_the_standard_form() {
        let open = AccessRules::default()
            .with(Operation::Read, Condition::always())
            .with(Operation::Update, Condition::always());
        assert_eq!(encode(&open, false), [0x8C, 3, 3, 0, 0]);
        let guarded = open.with(Operation::Update, Condition::credential(number(1)));
        assert_eq!(encode(&guarded, false), [0x8C, 3, 3, 0x11, 0]);
        let df = AccessRules::default()
            .with(Operation::CreateDf, Condition::always())
            .with(Operation::CreateEf, Condition::always());
        assert_eq!(encode(&df, true), [0x8C, 3, 6, 0, 0]);
    }

    #[test]
    fn combinations_need_the_expanded_form() {
        let both = CredentialSet::from_iter([number(1), number(7)]);
        let either = Condition::any_of([both, CredentialSet::from_iter([number(4)])]);
        assert_eq!(either.to_string(), "#4 | #1 & #7");
        let rules = AccessRules::default()
            .with(Operation::CreateEf, either)
            .with(Operation::PutData, Condition::credential(number(1)));
        assert_eq!(
            encode(&rules, true),
            [
                0x8C, 1, 0, 0xAB, 0x16, 0x80, 1, 2, 0xA0, 0x0B, 0x9E, 1, 0x14, 0xAF, 6, 0x9E, 1,
                0x11, 0x9E, 1, 0x17, 0x84, 1, 0xDA, 0x9E, 1, 0x11
            ]
        );
    }

    #[test]
    fn conditions_hold_when_one_alternative_is_verified() {
        let verified = CredentialSet::from_iter([number(1)]);
        let both = CredentialSet::from_iter([number(1), number(2)]);
        assert!(Condition::always().holds(CredentialSet::default()));
        assert!(!Condition::never().holds(both));
        assert!(Condition::any_of([both, verified]).holds(verified));
        assert!(!Condition::any_of([both]).holds(verified));
    }

    #[test]
    fn what_asks_for_more_than_a_pin_is_refused() {
        let read = |bytes: &[u8]| AccessRules::default().read_compact(bytes, false);
        assert_eq!(read(&[1, 0x51]), Err(RuleError::Unsupported { byte: 0x51 }));
        assert_eq!(read(&[1, 0x1F]), Err(RuleError::Unsupported { byte: 0x1F }));
        assert_eq!(read(&[3, 0x00]), Err(RuleError::Malformed));
        assert_eq!(read(&[1, 0x00, 0x00]), Err(RuleError::Malformed));
        assert_eq!(read(&[0x81, 0x00, 0x00]), Err(RuleError::Malformed));
        assert_eq!(read(&[]), Err(RuleError::Malformed));
    }
}
