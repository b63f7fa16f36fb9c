//! RSA keys in parts: five PUT DATA OCI, and GENERATE into a file.
//!
//! Each part: `83` class 20 + part, and number; `85` options (bit 6: more parts follow), flags,
//! algorithm, …; `86` seven conditions; `8F` the part. The parts are p, q, d mod p−1, d mod q−1 and
//! q⁻¹ mod p, big-endian. Parts of nothing but `FF` hold the place of a key that is generated.

use rsa::BoxedUint;

use super::access;
use super::parts::{CONDITIONS, PARAMETERS, Parts, VALUE};
use crate::card::apdu::Command;
use crate::card::simulator::key::Material;
use crate::card::simulator::secret::Secret;
use crate::card::simulator::{Answer, Card, Key, KeyType, KeyUse, State, done};
use crate::card::{Condition, Operation, Sw};

/// Bit of the options: this is not the last part.
const MORE: u8 = 0x20;
/// Algorithms of keys above 1024 bits: RSA without padding, to decipher and to sign.
const RSA_PURE: u8 = 0x0A;
const RSA_PURE_SIGNATURE: u8 = 0x8A;
/// Number of parts of a key above 1024 bits.
const PARTS: usize = 5;
/// First byte of what GENERATE is told: an object that calculates.
const CALCULATE: u8 = 0x20;

/// One part of a key.
pub(super) struct Component {
    uses: KeyUse,
    access: Condition,
    generation: Condition,
    is_last: bool,
    value: Secret,
}

impl Component {
    pub(super) fn of(parts: &Parts<'_>) -> Result<Self, Sw> {
        let [options, _, algorithm, _, _, _, _, _] = *parts.need(PARAMETERS)? else {
            return Err(Sw::WRONG_DATA);
        };
        let uses = match algorithm {
            RSA_PURE => KeyUse::DECIPHER,
            RSA_PURE_SIGNATURE => KeyUse::SIGN,
            _ => return Err(Sw::NO_FUNCTION),
        };
        // Of use and of generation; those between have no rule here.
        let [of_use, _, _, _, _, _, of_generation] = *parts.need(CONDITIONS)? else {
            return Err(Sw::WRONG_DATA);
        };
        Ok(Self {
            uses,
            access: access::condition(of_use),
            generation: access::condition(of_generation),
            is_last: options & MORE == 0,
            value: Secret::new(parts.need(VALUE)?),
        })
    }
}

/// The parts of a key that arrived so far; forgotten with the power.
#[derive(Debug)]
pub(in super::super) struct Unfinished {
    number: u8,
    parts: Vec<Secret>,
}

impl Card {
    pub(super) fn put_component(&mut self, number: u8, part: u8, component: Component) -> Answer {
        if !State::KEY_NUMBERS.contains(&number) {
            return Err(Sw::NO_REFERENCE);
        }
        let begun = self
            .session
            .unfinished
            .take()
            .map(|it| (it.number, it.parts));
        let mut parts = match (part, begun) {
            (0, _) => Vec::with_capacity(PARTS),
            (_, Some((same, parts))) if same == number => parts,
            _ => return Err(Sw::CONDITIONS),
        };
        let is_next = parts.len() == usize::from(part);
        let is_complete = part as usize + 1 == PARTS;
        if !is_next || component.is_last != is_complete {
            return Err(Sw::WRONG_DATA);
        }
        parts.push(component.value);
        if is_complete {
            let mut key = Key {
                kind: kind(&parts)?,
                uses: component.uses,
                access: component.access,
                generation: component.generation,
                material: None,
            };
            if !is_place(&parts) {
                key.material = Some(material(&parts)?);
            }
            if !key.is_sound() {
                return Err(Sw::WRONG_DATA);
            }
            self.state.keys.insert(number, key);
        } else {
            self.session.unfinished = Some(Unfinished { number, parts });
        }
        done()
    }

    /// Whether GENERATE has the form of this card.
    pub(in super::super) fn generates_into_file(&self, command: &Command) -> bool {
        let body = command.body();
        self.is_cardos44() && body.len() == 8 && body.first() == Some(&CALCULATE)
    }

    /// GENERATE: number of the key, file for its public half as `7F49`, tests, size of the
    /// difference of the primes, bits of the exponent. The last three are the card's own matter.
    pub(in super::super) fn generate_into_file(&mut self, command: &Command) -> Answer {
        let [_, number, high, low, ..] = *command.body() else {
            return Err(Sw::WRONG_DATA);
        };
        let key = self.state.keys.get(&number).ok_or(Sw::NO_REFERENCE)?;
        self.state.holds(key.generation(), self.session.verified)?;
        let id = u16::from_be_bytes([high, low]);
        let file = self.state.files.child(self.session.directory, id);
        let file = file.ok_or(Sw::NO_FILE)?;
        self.accessible(file, Operation::Update)?;
        let mut key = key.clone();
        key.generate(&mut *self.rng)?;
        let public = key.public_template()?;
        self.state.files.get_mut(file)?.write(0, &public)?;
        self.state.keys.insert(number, key);
        done()
    }
}

/// By the size of the first prime.
fn kind(parts: &[Secret]) -> Result<KeyType, Sw> {
    const RSA: u8 = 1;
    let bytes = parts.first().map_or(0, |p| 2 * p.expose().len());
    let bits = u16::try_from(8 * bytes).map_err(|_| Sw::NO_FUNCTION)?;
    KeyType::from_code(RSA, bits).ok_or(Sw::NO_FUNCTION)
}

/// Whether the parts only hold the place of a key.
fn is_place(parts: &[Secret]) -> bool {
    let mut bytes = parts.iter().flat_map(Secret::expose);
    bytes.all(|byte| *byte == 0xFF)
}

fn material(parts: &[Secret]) -> Result<Material, Sw> {
    let [p, q, d_mod_p, ..] = parts else {
        return Err(Sw::WRONG_DATA);
    };
    let e = exponent(p, d_mod_p).ok_or(Sw::WRONG_DATA)?;
    Ok(Material::Rsa {
        e,
        p: p.clone(),
        q: q.clone(),
    })
}

/// The public exponent, which no part tells: the inverse of d modulo p−1.
fn exponent(p: &Secret, d_mod_p: &Secret) -> Option<Secret> {
    let bits = 8 * p.expose().len() as u32;
    let number = |it: &Secret| BoxedUint::from_be_slice(it.expose(), bits).ok();
    let p = number(p)?;
    let order = p.wrapping_sub(BoxedUint::one_with_precision(p.bits_precision()));
    let e = number(d_mod_p)?.invert_mod(&order.to_nz().into_option()?);
    let bytes = e.into_option()?.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    Some(Secret::new(&bytes[zeros..]))
}
