//! Keys of the card: RSA of 2048 to 4096 bits, P-256 and P-384, what they may be used for, and the
//! calculations with them. Randomness is handed in.

use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::elliptic_curve::sec1::ToSec1Point;
use rand_core::CryptoRng;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BoxedUint, pkcs1v15::Pkcs1v15Sign};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::secret::Secret;
use crate::card::{Condition, Sw};
use crate::der::{Elements, Tag, Tlv};

/// Family and size of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyType {
    /// RSA with a modulus of so many bits: 2048 to 4096, a multiple of 256; exponent 65,537.
    Rsa(u16),
    /// NIST P-256 (secp256r1).
    P256,
    /// NIST P-384 (secp384r1).
    P384,
}

impl KeyType {
    const RSA: u8 = 1;
    const EC: u8 = 2;

    /// The type that a family byte (1 RSA, 2 elliptic curve) and a size in bits stand for.
    #[must_use]
    pub const fn from_code(family: u8, bits: u16) -> Option<Self> {
        match (family, bits) {
            (Self::RSA, 2048..=4096) if bits.is_multiple_of(256) => Some(Self::Rsa(bits)),
            (Self::EC, 256) => Some(Self::P256),
            (Self::EC, 384) => Some(Self::P384),
            _ => None,
        }
    }

    /// The family byte and the size in bits.
    #[must_use]
    pub const fn code(self) -> (u8, u16) {
        match self {
            Self::Rsa(bits) => (Self::RSA, bits),
            Self::P256 => (Self::EC, 256),
            Self::P384 => (Self::EC, 384),
        }
    }

    /// The name for people: `RSA-2048`, `P-256`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Rsa(bits) => format!("RSA-{bits}"),
            Self::P256 => "P-256".to_owned(),
            Self::P384 => "P-384".to_owned(),
        }
    }
}

/// What a key may be used for: bit 1 sign, bit 2 decipher (*perso*).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeyUse(pub(super) u8);

impl KeyUse {
    /// PSO: COMPUTE DIGITAL SIGNATURE.
    pub const SIGN: Self = Self(0x01);
    /// PSO: DECIPHER.
    pub const DECIPHER: Self = Self(0x02);
    /// Both.
    pub const BOTH: Self = Self(0x03);

    /// Whether all uses of `other` are allowed.
    #[must_use]
    pub const fn allows(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The byte in templates.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }
}

/// A key object: its definition and, once generated or imported, the key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Key {
    /// Family and size.
    pub(super) kind: KeyType,
    /// What it may be used for.
    pub(super) uses: KeyUse,
    /// Who may use it.
    pub(super) access: Condition,
    /// Who may generate it.
    pub(super) generation: Condition,
    pub(super) material: Option<Material>,
}

impl Key {
    /// Family and size.
    #[must_use]
    pub const fn kind(&self) -> KeyType {
        self.kind
    }

    /// What it may be used for.
    #[must_use]
    pub const fn uses(&self) -> KeyUse {
        self.uses
    }

    /// Who may use it.
    #[must_use]
    pub const fn access(&self) -> &Condition {
        &self.access
    }

    /// Who may generate it.
    #[must_use]
    pub const fn generation(&self) -> &Condition {
        &self.generation
    }

    /// Whether there is a key.
    #[must_use]
    pub const fn is_set(&self) -> bool {
        self.material.is_some()
    }

    /// Makes a new key of the declared type.
    pub(super) fn generate(&mut self, rng: &mut dyn CryptoRng) -> Result<(), Sw> {
        self.material = Some(match self.kind {
            KeyType::Rsa(bits) => Material::generate_rsa(rng, bits)?,
            KeyType::P256 => Material::P256(scalar::<32>(rng, |it| {
                p256::SecretKey::from_slice(it).is_ok()
            })?),
            KeyType::P384 => Material::P384(scalar::<48>(rng, |it| {
                p384::SecretKey::from_slice(it).is_ok()
            })?),
        });
        Ok(())
    }

    /// Takes over a private key template (7F48).
    pub(super) fn import(&mut self, data: &[u8], template: &crate::der::Element) -> Result<(), Sw> {
        let part = |tag| {
            let mut parts = template.children(data).map_while(Result::ok);
            let found = parts.find(|it| it.tag == tag);
            found.map(|it| it.bytes(data)).ok_or(Sw::WRONG_DATA)
        };
        let material = match self.kind {
            KeyType::Rsa(_) => Material::Rsa {
                e: Secret::new(part(EXPONENT)?),
                p: Secret::new(part(PRIME_P)?),
                q: Secret::new(part(PRIME_Q)?),
            },
            KeyType::P256 => Material::P256(Secret::new(part(PRIVATE_SCALAR)?)),
            KeyType::P384 => Material::P384(Secret::new(part(PRIVATE_SCALAR)?)),
        };
        self.material = Some(material);
        if self.is_sound() {
            return Ok(());
        }
        self.material = None;
        Err(Sw::WRONG_DATA)
    }

    /// Whether the key is of its type; an image or an import may say anything.
    pub(crate) fn is_sound(&self) -> bool {
        let (family, bits) = self.kind.code();
        if KeyType::from_code(family, bits) != Some(self.kind) {
            return false;
        }
        match &self.material {
            None => true,
            Some(material) => material.fits(self.kind),
        }
    }

    /// The public key as a template 7F49 (ISO/IEC 7816-8): modulus 81 and exponent 82, or point 86.
    pub(super) fn public_template(&self) -> Result<Vec<u8>, Sw> {
        let parts = match self.material()? {
            Material::P256(scalar) => {
                let key = p256::SecretKey::from_slice(scalar.expose()).map_err(unusable)?;
                vec![Tlv::new(
                    POINT,
                    key.public_key().to_sec1_point(false).as_bytes(),
                )]
            }
            Material::P384(scalar) => {
                let key = p384::SecretKey::from_slice(scalar.expose()).map_err(unusable)?;
                vec![Tlv::new(
                    POINT,
                    key.public_key().to_sec1_point(false).as_bytes(),
                )]
            }
            Material::Rsa { .. } => {
                let key = self.rsa()?;
                vec![
                    Tlv::new(MODULUS, key.n_bytes()),
                    Tlv::new(PUBLIC_EXPONENT, trimmed(&key.e_bytes()).to_vec()),
                ]
            }
        };
        Ok(Tlv::list(PUBLIC_TEMPLATE, parts).encode())
    }

    /// RSA: pads as PKCS#1 v1.5 (or not at all) and signs. Elliptic curve: signs a hash and answers
    /// r and s side by side.
    pub(super) fn sign(
        &self,
        input: &[u8],
        padding: Padding,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, Sw> {
        match self.material()? {
            Material::P256(scalar) => {
                let key = p256::ecdsa::SigningKey::from_slice(scalar.expose()).map_err(unusable)?;
                let signature: p256::ecdsa::Signature = key.sign_prehash(input).map_err(wrong)?;
                Ok(signature.to_bytes().to_vec())
            }
            Material::P384(scalar) => {
                let key = p384::ecdsa::SigningKey::from_slice(scalar.expose()).map_err(unusable)?;
                let signature: p384::ecdsa::Signature = key.sign_prehash(input).map_err(wrong)?;
                Ok(signature.to_bytes().to_vec())
            }
            Material::Rsa { .. } => match padding {
                Padding::None => self.raw(input, rng),
                Padding::Pkcs1 => self
                    .rsa()?
                    .sign_with_rng(rng, Pkcs1v15Sign::new_unprefixed(), input)
                    .map_err(wrong),
            },
        }
    }

    /// RSA: deciphers, and removes the padding. Wrong padding gives a random-looking answer
    /// (implicit rejection), never an error that tells.
    pub(super) fn decipher(
        &self,
        cryptogram: &[u8],
        padding: Padding,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, Sw> {
        match padding {
            Padding::None => self.raw(cryptogram, rng),
            Padding::Pkcs1 => self
                .rsa()?
                .pkcs1v15_decrypt_with_rng(rng, cryptogram)
                .map_err(wrong),
        }
    }

    fn raw(&self, input: &[u8], rng: &mut dyn CryptoRng) -> Result<Vec<u8>, Sw> {
        let key = self.rsa()?;
        if input.len() != key.size() {
            return Err(Sw::WRONG_DATA);
        }
        let number = BoxedUint::from_be_slice(input, key.n_bits_precision()).map_err(wrong)?;
        let output = rsa::hazmat::rsa_decrypt_and_check(&key, Some(rng), &number);
        Ok(fixed(&output.map_err(wrong)?.to_be_bytes(), key.size()))
    }

    fn material(&self) -> Result<&Material, Sw> {
        self.material.as_ref().ok_or(Sw::REFERENCE_UNUSABLE)
    }

    fn rsa(&self) -> Result<rsa::PrivateKey, Sw> {
        self.material()?.rsa().ok_or(Sw::REFERENCE_UNUSABLE)
    }
}

/// How RSA input is padded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Padding {
    /// PKCS#1 v1.5.
    #[default]
    Pkcs1,
    /// None: as many bytes as the modulus has.
    None,
}

const MODULUS: Tag = Tag::new(0x81);
const PUBLIC_EXPONENT: Tag = Tag::new(0x82);
const POINT: Tag = Tag::new(0x86);
const PUBLIC_TEMPLATE: Tag = Tag::new(0x7F49);
/// The parts of a private key template 7F48, by the numbers that the OpenPGP card gave them.
const EXPONENT: Tag = Tag::new(0x91);
const PRIME_P: Tag = Tag::new(0x92);
const PRIME_Q: Tag = Tag::new(0x93);
const PRIVATE_SCALAR: Tag = Tag::new(0x92);

/// The secret numbers of a key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Material {
    Rsa { e: Secret, p: Secret, q: Secret },
    P256(Secret),
    P384(Secret),
}

impl Material {
    fn generate_rsa(rng: &mut dyn CryptoRng, bits: u16) -> Result<Self, Sw> {
        let key = rsa::PrivateKey::new(rng, bits.into()).map_err(|_| Sw::MEMORY_FAILURE)?;
        let [p, q] = key.primes() else {
            return Err(Sw::MEMORY_FAILURE);
        };
        let secret = |bytes: Box<[u8]>| Secret::new(trimmed(&Zeroizing::new(bytes.into_vec())));
        Ok(Self::Rsa {
            e: secret(key.e_bytes()),
            p: secret(p.to_be_bytes()),
            q: secret(q.to_be_bytes()),
        })
    }

    fn rsa(&self) -> Option<rsa::PrivateKey> {
        let Self::Rsa { e, p, q } = self else {
            return None;
        };
        let longest = [e, p, q].iter().any(|it| it.expose().len() > 256);
        let number = |it: &Secret| {
            let bytes = it.expose();
            BoxedUint::from_be_slice(bytes, 8 * bytes.len() as u32).ok()
        };
        if longest {
            return None;
        }
        rsa::PrivateKey::from_p_q(number(p)?, number(q)?, number(e)?).ok()
    }

    fn fits(&self, kind: KeyType) -> bool {
        match (self, kind) {
            (Self::P256(it), KeyType::P256) => {
                it.expose().len() == 32 && p256::SecretKey::from_slice(it.expose()).is_ok()
            }
            (Self::P384(it), KeyType::P384) => {
                it.expose().len() == 48 && p384::SecretKey::from_slice(it.expose()).is_ok()
            }
            (Self::Rsa { .. }, KeyType::Rsa(bits)) => self
                .rsa()
                .is_some_and(|key| key.n().bit_width() == u32::from(bits)),
            _ => false,
        }
    }
}

/// A random number that `is_valid` accepts; both curves accept all but one in 2^32.
fn scalar<const N: usize>(
    rng: &mut dyn CryptoRng,
    is_valid: impl Fn(&[u8]) -> bool,
) -> Result<Secret, Sw> {
    let mut bytes = Zeroizing::new([0; N]);
    for _ in 0..100 {
        rng.fill_bytes(bytes.as_mut());
        if is_valid(bytes.as_ref()) {
            return Ok(Secret::new(bytes.as_ref()));
        }
    }
    Err(Sw::MEMORY_FAILURE)
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    &bytes[zeros..]
}

/// The number in exactly `size` bytes.
fn fixed(bytes: &[u8], size: usize) -> Vec<u8> {
    let significant = trimmed(bytes);
    let mut out = vec![0; size.saturating_sub(significant.len())];
    out.extend_from_slice(significant);
    out
}

fn unusable<E>(_: E) -> Sw {
    Sw::REFERENCE_UNUSABLE
}

fn wrong<E>(_: E) -> Sw {
    Sw::WRONG_DATA
}

/// The template of an import, for whoever sends one: exponent and primes of an RSA key.
#[must_use]
pub fn rsa_import_template(e: &[u8], p: &[u8], q: &[u8]) -> Tlv {
    let parts = [(EXPONENT, e), (PRIME_P, p), (PRIME_Q, q)];
    Tlv::list(
        PRIVATE_TEMPLATE,
        parts.map(|(tag, part)| Tlv::new(tag, part)),
    )
}

/// The template of an import: the private number of an elliptic curve key.
#[must_use]
pub fn ec_import_template(scalar: &[u8]) -> Tlv {
    Tlv::list(PRIVATE_TEMPLATE, [Tlv::new(PRIVATE_SCALAR, scalar)])
}

/// Private key template.
pub(super) const PRIVATE_TEMPLATE: Tag = Tag::new(0x7F48);

/// The parts of a public key template 7F49.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PublicTemplate {
    /// RSA.
    Rsa {
        /// Modulus, big-endian.
        modulus: Vec<u8>,
        /// Public exponent, big-endian.
        exponent: Vec<u8>,
    },
    /// Elliptic curve: the point, uncompressed (`04`, x, y).
    Ec {
        /// The point.
        point: Vec<u8>,
    },
}

impl PublicTemplate {
    /// Reads what GENERATE ASYMMETRIC KEY PAIR answers; `None` if it is something else.
    #[must_use]
    pub fn decode(data: &[u8]) -> Option<Self> {
        let template = Elements::new(data).next()?.ok()?;
        let find = |tag| {
            let mut parts = template.children(data).map_while(Result::ok);
            parts
                .find(|it| it.tag == tag)
                .map(|it| it.bytes(data).to_vec())
        };
        if template.tag != PUBLIC_TEMPLATE {
            return None;
        }
        match find(POINT) {
            Some(point) => Some(Self::Ec { point }),
            None => Some(Self::Rsa {
                modulus: find(MODULUS)?,
                exponent: find(PUBLIC_EXPONENT)?,
            }),
        }
    }
}
