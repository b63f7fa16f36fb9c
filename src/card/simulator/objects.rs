//! The data objects of PUT DATA and GET DATA by which PINs, keys and options are defined and
//! listed (*perso*; ISO/IEC 7816-4 clause 7.5.1 leaves P1-P2 `0100` to `01FF` to the application).
//!
//! | P1-P2 | PUT DATA | GET DATA |
//! | --- | --- | --- |
//! | `01F0` | – | identification: `80` the word `perso`, `81` version 1, `82` personality, `83` flags (bit 1 eraseable, bit 2 activated), `85` serial number of the chip |
//! | `01F1` | one PIN: `83` number, `87` tries, `80` shortest, `81` longest, `84` number of the unblocking PIN (empty: none), `8F` value | a list of `E1`, each as PUT DATA without value, and `88` tries left, `89` 01 if it has a value |
//! | `01F2` | one key: `83` number, `80` family (01 RSA, 02 EC), `81` bits, `95` uses (01 sign, 02 decipher), `A1` condition of use, `A2` condition of generation, `7F48` private key | a list of `E2`, likewise, and `89` 01 if there is a key |
//! | `01F3` | options, before activation only: `80` 01 eraseable, `83` number of the PIN that erases, `85` serial number | – |
//!
//! Parts that are left out keep their default, or for an existing PIN its present setting.
//! PUT DATA needs the current directory's rule for it; after activation it never changes a PIN that
//! has a value.
//! Conditions are written as in expanded access rules (ISO/IEC 7816-4 clause 9.3.5).

use super::{Key, KeyType, KeyUse, Pin};
use crate::card::access::CredentialNumber;
use crate::card::{Condition, Sw};
use crate::der::{Element, Elements, Tag, Tlv};

/// P1-P2 of the identification.
pub const IDENTIFICATION: u16 = 0x01F0;
/// P1-P2 of PIN objects.
pub const PINS: u16 = 0x01F1;
/// P1-P2 of key objects.
pub const KEYS: u16 = 0x01F2;
/// P1-P2 of options.
pub const OPTIONS: u16 = 0x01F3;

/// What the identification starts with.
pub const NAME: &[u8] = b"perso";

const PIN_TEMPLATE: Tag = Tag::new(0xE1);
const KEY_TEMPLATE: Tag = Tag::new(0xE2);

const T80: Tag = Tag::new(0x80);
const T81: Tag = Tag::new(0x81);
const PERSONALITY: Tag = Tag::new(0x82);
const NUMBER: Tag = Tag::new(0x83);
const UNBLOCKED_BY: Tag = Tag::new(0x84);
const SERIAL: Tag = Tag::new(0x85);
const TRIES: Tag = Tag::new(0x87);
const TRIES_LEFT: Tag = Tag::new(0x88);
const IS_SET: Tag = Tag::new(0x89);
const VALUE: Tag = Tag::new(0x8F);
const USES: Tag = Tag::new(0x95);
const ACCESS: Tag = Tag::new(0xA1);
const GENERATION: Tag = Tag::new(0xA2);

/// What PUT DATA says about a PIN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PinDefinition<'a> {
    /// Its number.
    pub number: CredentialNumber,
    /// Wrong tries until it is blocked, 1 to 15.
    pub tries: u8,
    /// Fewest bytes.
    pub min_length: u8,
    /// Most bytes.
    pub max_length: u8,
    /// The PIN that unblocks it.
    pub unblocked_by: Option<CredentialNumber>,
    /// Its value; `None` leaves it for CHANGE REFERENCE DATA with P1 = 01.
    pub value: Option<&'a [u8]>,
}

impl<'a> PinDefinition<'a> {
    /// A PIN with the card's defaults: 3 tries, 4 to 16 bytes, nothing unblocks it, no value.
    #[must_use]
    pub const fn new(number: CredentialNumber) -> Self {
        Self {
            number,
            tries: 3,
            min_length: 4,
            max_length: 16,
            unblocked_by: None,
            value: None,
        }
    }

    /// The data of PUT DATA `01F1`. It may hold a secret.
    #[must_use]
    pub fn encode(&self) -> zeroize::Zeroizing<Vec<u8>> {
        let unblocked_by: Vec<u8> = self.unblocked_by.iter().map(|it| it.get()).collect();
        let mut parts = vec![
            Tlv::new(NUMBER, [self.number.get()]),
            Tlv::new(TRIES, [self.tries]),
            Tlv::new(T80, [self.min_length]),
            Tlv::new(T81, [self.max_length]),
            Tlv::new(UNBLOCKED_BY, unblocked_by),
        ];
        parts.extend(self.value.map(|it| Tlv::new(VALUE, it)));
        joined(&parts)
    }
}

/// What PUT DATA says about a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyDefinition {
    /// Its number, 1 to 15.
    pub number: u8,
    /// Family and size.
    pub kind: KeyType,
    /// What it may be used for.
    pub uses: KeyUse,
    /// Who may use it once the card is activated.
    pub access: Condition,
    /// Who may generate it once the card is activated.
    pub generation: Condition,
}

impl KeyDefinition {
    /// The data of PUT DATA `01F2`. `import` is a private key template, see
    /// [`rsa_import_template`](super::rsa_import_template).
    #[must_use]
    pub fn encode(&self, import: Option<&Tlv>) -> zeroize::Zeroizing<Vec<u8>> {
        let (family, bits) = self.kind.code();
        let mut parts = vec![
            Tlv::new(NUMBER, [self.number]),
            Tlv::new(T80, [family]),
            Tlv::new(T81, bits.to_be_bytes()),
            Tlv::new(USES, [self.uses.byte()]),
            Tlv::list(ACCESS, [self.access.tlv()]),
            Tlv::list(GENERATION, [self.generation.tlv()]),
        ];
        parts.extend(import.cloned());
        joined(&parts)
    }
}

/// Sized beforehand, for any PIN and any private key: a buffer that grew would leave copies behind.
fn joined(parts: &[Tlv]) -> zeroize::Zeroizing<Vec<u8>> {
    const LARGEST: usize = 2_048;
    let mut data = zeroize::Zeroizing::new(Vec::with_capacity(LARGEST));
    for part in parts {
        part.encode_to(&mut data);
    }
    data
}

/// The data of PUT DATA `01F3`.
#[must_use]
pub fn encode_options(
    eraseable: bool,
    erased_by: Option<CredentialNumber>,
    serial: Option<&[u8]>,
) -> Vec<u8> {
    let mut parts = vec![Tlv::new(T80, [u8::from(eraseable)])];
    parts.extend(erased_by.map(|it| Tlv::new(NUMBER, [it.get()])));
    parts.extend(serial.map(|it| Tlv::new(SERIAL, it)));
    parts.iter().flat_map(Tlv::encode).collect()
}

/// The data objects of one PUT DATA, each at most once.
pub(super) struct Parts<'a> {
    data: &'a [u8],
    elements: Vec<Element>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(data: &'a [u8]) -> Result<Self, Sw> {
        let mut list = Elements::new(data);
        let elements: Vec<Element> = list
            .by_ref()
            .collect::<Result<_, _>>()
            .map_err(|_| Sw::WRONG_DATA)?;
        let complete = list.position() == data.len();
        complete
            .then_some(Self { data, elements })
            .ok_or(Sw::WRONG_DATA)
    }

    fn element(&self, tag: Tag) -> Option<&Element> {
        self.elements.iter().find(|it| it.tag == tag)
    }

    fn bytes(&self, tag: Tag) -> Option<&'a [u8]> {
        self.element(tag).map(|it| it.bytes(self.data))
    }

    fn byte(&self, tag: Tag) -> Result<Option<u8>, Sw> {
        match self.bytes(tag) {
            None => Ok(None),
            Some([byte]) => Ok(Some(*byte)),
            Some(_) => Err(Sw::WRONG_DATA),
        }
    }

    fn credential(&self, tag: Tag) -> Result<Option<CredentialNumber>, Sw> {
        let byte = self.byte(tag)?;
        byte.map(|it| CredentialNumber::new(it).ok_or(Sw::WRONG_DATA))
            .transpose()
    }

    fn condition(&self, tag: Tag) -> Result<Condition, Sw> {
        let Some(template) = self.element(tag) else {
            return Ok(Condition::never());
        };
        match template.children(self.data).next() {
            Some(Ok(element)) => {
                Condition::from_tlv(self.data, &element).map_err(|_| Sw::WRONG_DATA)
            }
            _ => Err(Sw::WRONG_DATA),
        }
    }

    /// The number and definition of a PIN, starting from what there is.
    pub(super) fn pin(
        &self,
        existing: impl Fn(CredentialNumber) -> Option<Pin>,
    ) -> Result<(CredentialNumber, Pin), Sw> {
        let number = self.credential(NUMBER)?.ok_or(Sw::WRONG_DATA)?;
        let mut pin = existing(number).unwrap_or_default();
        if let Some(tries) = self.byte(TRIES)? {
            pin = pin.with_tries(tries)?;
        }
        let (min, max) = pin.lengths();
        let lengths = (
            self.byte(T80)?.unwrap_or(min),
            self.byte(T81)?.unwrap_or(max),
        );
        pin = pin.with_lengths(lengths.0, lengths.1)?;
        match self.bytes(UNBLOCKED_BY) {
            None => {}
            Some([]) => pin = pin.with_unblocking(None),
            Some(_) => pin = pin.with_unblocking(self.credential(UNBLOCKED_BY)?),
        }
        if let Some(value) = self.bytes(VALUE) {
            pin.set(value)?;
        }
        Ok((number, pin))
    }

    /// The number and definition of a key, with the private key if one is imported.
    pub(super) fn key(&self) -> Result<(u8, Key), Sw> {
        let number = self.byte(NUMBER)?.ok_or(Sw::WRONG_DATA)?;
        let family = self.byte(T80)?.ok_or(Sw::WRONG_DATA)?;
        let bits = self.bytes(T81).and_then(|it| it.try_into().ok());
        let bits = u16::from_be_bytes(bits.ok_or(Sw::WRONG_DATA)?);
        let mut key = Key {
            kind: KeyType::from_code(family, bits).ok_or(Sw::NO_FUNCTION)?,
            uses: KeyUse(self.byte(USES)?.unwrap_or(KeyUse::BOTH.0)),
            access: self.condition(ACCESS)?,
            generation: self.condition(GENERATION)?,
            material: None,
        };
        if let Some(template) = self.element(super::key::PRIVATE_TEMPLATE) {
            key.import(self.data, template)?;
        }
        Ok((number, key))
    }

    /// The options to change.
    pub(super) fn options(&self) -> Result<OptionsChange<'a>, Sw> {
        let serial = self.bytes(SERIAL);
        if serial.is_some_and(|it| !(1..=32).contains(&it.len())) {
            return Err(Sw::WRONG_DATA);
        }
        Ok(OptionsChange {
            eraseable: self.byte(T80)?.map(|it| it != 0),
            erased_by: self.credential(NUMBER)?,
            serial,
        })
    }
}

/// What PUT DATA says about options; `None` leaves one as it is.
pub(super) struct OptionsChange<'a> {
    pub eraseable: Option<bool>,
    pub erased_by: Option<CredentialNumber>,
    pub serial: Option<&'a [u8]>,
}

/// One PIN in the list of GET DATA.
pub(super) fn pin_tlv(number: CredentialNumber, pin: &Pin) -> Tlv {
    let (min, max) = pin.lengths();
    let unblocked_by: Vec<u8> = pin.unblocked_by().iter().map(|it| it.get()).collect();
    let parts = [
        Tlv::new(NUMBER, [number.get()]),
        Tlv::new(TRIES, [pin.max_tries()]),
        Tlv::new(T80, [min]),
        Tlv::new(T81, [max]),
        Tlv::new(UNBLOCKED_BY, unblocked_by),
        Tlv::new(TRIES_LEFT, [pin.tries_left()]),
        Tlv::new(IS_SET, [u8::from(pin.is_set())]),
    ];
    Tlv::list(PIN_TEMPLATE, parts)
}

/// One key in the list of GET DATA.
pub(super) fn key_tlv(number: u8, key: &Key) -> Tlv {
    let (family, bits) = key.kind().code();
    let parts = [
        Tlv::new(NUMBER, [number]),
        Tlv::new(T80, [family]),
        Tlv::new(T81, bits.to_be_bytes()),
        Tlv::new(USES, [key.uses().byte()]),
        Tlv::list(ACCESS, [key.access().tlv()]),
        Tlv::list(GENERATION, [key.generation().tlv()]),
        Tlv::new(IS_SET, [u8::from(key.is_set())]),
    ];
    Tlv::list(KEY_TEMPLATE, parts)
}

/// The answer of GET DATA `01F0`: this card is simulated by perso and takes the ISO forms of all
/// commands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identification {
    /// Name of the personality: `cardos-5.0`.
    pub personality: String,
    /// Whether anybody may erase it even after activation.
    pub eraseable: bool,
    /// Whether its MF has been activated.
    pub activated: bool,
    /// Serial number of the chip.
    pub serial: Vec<u8>,
}

impl Identification {
    const VERSION: u8 = 1;

    /// The answer's data.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let flags = u8::from(self.eraseable) | u8::from(self.activated) << 1;
        let parts = [
            Tlv::new(T80, NAME),
            Tlv::new(T81, [Self::VERSION]),
            Tlv::new(PERSONALITY, self.personality.as_bytes()),
            Tlv::new(NUMBER, [flags]),
            Tlv::new(SERIAL, self.serial.as_slice()),
        ];
        parts.iter().flat_map(Tlv::encode).collect()
    }

    /// Reads the answer's data; `None` if another card answered, or a later version.
    #[must_use]
    pub fn decode(data: &[u8]) -> Option<Self> {
        let parts = Parts::of(data).ok()?;
        let flags = parts.byte(NUMBER).ok()??;
        let known = parts.bytes(T80)? == NAME && parts.byte(T81).ok()?? == Self::VERSION;
        known.then_some(Self {
            personality: String::from_utf8(parts.bytes(PERSONALITY)?.to_vec()).ok()?,
            eraseable: flags & 1 != 0,
            activated: flags & 2 != 0,
            serial: parts.bytes(SERIAL).unwrap_or_default().to_vec(),
        })
    }
}

/// What GET DATA tells about a PIN.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PinInfo {
    /// Its number.
    pub number: u8,
    /// Wrong tries until it is blocked.
    pub tries: u8,
    /// Tries left.
    pub tries_left: u8,
    /// Fewest and most bytes.
    pub lengths: (u8, u8),
    /// The PIN that unblocks it.
    pub unblocked_by: Option<u8>,
    /// Whether it has a value.
    pub is_set: bool,
}

/// Reads the answer of GET DATA `01F1`; `None` if it is something else.
#[must_use]
pub fn decode_pins(data: &[u8]) -> Option<Vec<PinInfo>> {
    list(data, PIN_TEMPLATE, |parts| {
        let byte = |tag| parts.byte(tag).ok().flatten();
        Some(PinInfo {
            number: byte(NUMBER)?,
            tries: byte(TRIES)?,
            tries_left: byte(TRIES_LEFT)?,
            lengths: (byte(T80)?, byte(T81)?),
            unblocked_by: byte(UNBLOCKED_BY),
            is_set: byte(IS_SET)? != 0,
        })
    })
}

/// Reads the answer of GET DATA `01F2`, the definitions of all keys and whether there is a key;
/// `None` if it is something else.
#[must_use]
pub fn decode_keys(data: &[u8]) -> Option<Vec<(KeyDefinition, bool)>> {
    list(data, KEY_TEMPLATE, |parts| {
        let (number, key) = parts.key().ok()?;
        let definition = KeyDefinition {
            number,
            kind: key.kind,
            uses: key.uses,
            access: key.access.clone(),
            generation: key.generation.clone(),
        };
        Some((definition, parts.byte(IS_SET).ok()?? != 0))
    })
}

fn list<T>(data: &[u8], tag: Tag, read: impl Fn(&Parts<'_>) -> Option<T>) -> Option<Vec<T>> {
    Elements::new(data)
        .map(|element| {
            let element = element.ok().filter(|it| it.tag == tag)?;
            read(&Parts::of(element.bytes(data)).ok()?)
        })
        .collect()
}
