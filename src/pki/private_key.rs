//! Private keys in memory: as components for import into a token, and as software signers for
//! the development CA.

use std::fmt;

use der::Decode as _;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::elliptic_curve::Generate as _;
use rsa::Pkcs1v15Sign;
use rsa::pkcs1::{self, DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _};
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, PrivateKeyInfoRef};
use rsa::rand_core::TryCryptoRng;

use super::public_key::{EC_PUBLIC_KEY, RSA_ENCRYPTION, without_leading_zeros};
use super::{Curve, EcPublicKey, KeyError, PublicKey, RsaPublicKey, Signer};
use crate::secret::Secret;

/// Which key to make.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyKind {
    /// RSA with a modulus of so many bits and the public exponent 65537.
    Rsa {
        /// Length of the modulus.
        bits: u32,
    },
    /// A named curve.
    Ec(Curve),
}

/// `RSA-2048`, `P-256`.
impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA-{bits}"),
            Self::Ec(curve) => curve.fmt(f),
        }
    }
}

/// A key could not be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum GenerateError {
    /// An RSA length outside of 1024 to 8192 bits.
    #[error("an RSA key of {bits} bits cannot be made; use 2048, 3072 or 4096")]
    Size {
        /// Length asked for.
        bits: u32,
    },
    /// The source of randomness failed.
    #[error("no key could be made: the source of randomness failed")]
    Randomness,
    /// The key that was made is unusable.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The components of an RSA private key (RFC 8017 section 3.2), big-endian without leading zeros:
/// what `C_CreateObject` wants of a `CKO_PRIVATE_KEY`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RsaPrivateKey {
    public: RsaPublicKey,
    private_exponent: Secret,
    prime_1: Secret,
    prime_2: Secret,
    exponent_1: Secret,
    exponent_2: Secret,
    coefficient: Secret,
    /// All of it as an `RSAPrivateKey` in DER.
    pkcs1: Secret,
}

impl RsaPrivateKey {
    fn from_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        // Checks that the numbers belong together.
        rsa::PrivateKey::from_pkcs1_der(der).map_err(|_| KeyError::InvalidRsa)?;
        let key = pkcs1::RsaPrivateKeyRef::from_der(der)?;
        let number = |bytes: &[u8]| Secret::new(without_leading_zeros(bytes).to_vec());
        Ok(Self {
            public: RsaPublicKey::new(key.modulus.as_bytes(), key.public_exponent.as_bytes())?,
            private_exponent: number(key.private_exponent.as_bytes()),
            prime_1: number(key.prime1.as_bytes()),
            prime_2: number(key.prime2.as_bytes()),
            exponent_1: number(key.exponent1.as_bytes()),
            exponent_2: number(key.exponent2.as_bytes()),
            coefficient: number(key.coefficient.as_bytes()),
            pkcs1: Secret::new(der.to_vec()),
        })
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> &RsaPublicKey {
        &self.public
    }

    /// *d*, `CKA_PRIVATE_EXPONENT`.
    #[must_use]
    pub const fn private_exponent(&self) -> &Secret {
        &self.private_exponent
    }

    /// *p*, `CKA_PRIME_1`.
    #[must_use]
    pub const fn prime_1(&self) -> &Secret {
        &self.prime_1
    }

    /// *q*, `CKA_PRIME_2`.
    #[must_use]
    pub const fn prime_2(&self) -> &Secret {
        &self.prime_2
    }

    /// *d* mod (*p* - 1), `CKA_EXPONENT_1`.
    #[must_use]
    pub const fn exponent_1(&self) -> &Secret {
        &self.exponent_1
    }

    /// *d* mod (*q* - 1), `CKA_EXPONENT_2`.
    #[must_use]
    pub const fn exponent_2(&self) -> &Secret {
        &self.exponent_2
    }

    /// The inverse of *q* mod *p*, `CKA_COEFFICIENT`.
    #[must_use]
    pub const fn coefficient(&self) -> &Secret {
        &self.coefficient
    }

    pub(super) fn arithmetic(&self) -> Result<rsa::PrivateKey, KeyError> {
        rsa::PrivateKey::from_pkcs1_der(self.pkcs1.expose()).map_err(|_| KeyError::InvalidRsa)
    }
}

/// A scalar of a named curve.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EcPrivateKey {
    public: EcPublicKey,
    value: Secret,
}

impl EcPrivateKey {
    /// A key from its scalar, big-endian, of the length of a coordinate (`CKA_VALUE`).
    ///
    /// # Errors
    /// [`KeyError::NotOnCurve`] if it is zero, too large or of another length.
    pub fn new(curve: Curve, value: Secret) -> Result<Self, KeyError> {
        let off = |_| KeyError::NotOnCurve(curve);
        if value.len() != curve.coordinate_length() {
            return Err(KeyError::NotOnCurve(curve));
        }
        let point = match curve {
            Curve::P256 => p256::SecretKey::from_slice(value.expose())
                .map_err(off)?
                .public_key()
                .to_sec1_bytes(),
            Curve::P384 => p384::SecretKey::from_slice(value.expose())
                .map_err(off)?
                .public_key()
                .to_sec1_bytes(),
        };
        let public = EcPublicKey::new(curve, &point)?;
        Ok(Self { public, value })
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> &EcPublicKey {
        &self.public
    }

    /// The scalar, `CKA_VALUE`: as long as a coordinate.
    #[must_use]
    pub const fn value(&self) -> &Secret {
        &self.value
    }

    fn p256(&self) -> Result<p256::SecretKey, KeyError> {
        p256::SecretKey::from_slice(self.value.expose())
            .map_err(|_| KeyError::NotOnCurve(Curve::P256))
    }

    fn p384(&self) -> Result<p384::SecretKey, KeyError> {
        p384::SecretKey::from_slice(self.value.expose())
            .map_err(|_| KeyError::NotOnCurve(Curve::P384))
    }

    /// ECDSA with the deterministic nonce of RFC 6979; r and s side by side.
    fn sign(&self, hash: &[u8]) -> Result<Vec<u8>, KeyError> {
        let curve = self.public.curve();
        let raw = match curve {
            Curve::P256 => p256::ecdsa::SigningKey::from(self.p256()?)
                .sign_prehash(hash)
                .map(|signature: p256::ecdsa::Signature| signature.to_vec()),
            Curve::P384 => p384::ecdsa::SigningKey::from(self.p384()?)
                .sign_prehash(hash)
                .map(|signature: p384::ecdsa::Signature| signature.to_vec()),
        };
        raw.map_err(|_| KeyError::NotOnCurve(curve))
    }
}

/// A private key. It prints without its secret parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PrivateKey {
    /// RSA with two primes.
    Rsa(RsaPrivateKey),
    /// An elliptic curve.
    Ec(EcPrivateKey),
}

impl PrivateKey {
    /// Makes a key from the randomness of `rng`.
    ///
    /// # Errors
    /// [`GenerateError`] for an RSA length out of reach, or if the randomness fails.
    pub fn generate<R: TryCryptoRng + ?Sized>(
        kind: KeyKind,
        rng: &mut R,
    ) -> Result<Self, GenerateError> {
        let failed = |_: R::Error| GenerateError::Randomness;
        match kind {
            KeyKind::Rsa { bits } => generate_rsa(bits, rng),
            KeyKind::Ec(Curve::P256) => {
                let key = p256::SecretKey::try_generate_from_rng(rng).map_err(failed)?;
                Ok(Self::ec(Curve::P256, &key.to_bytes())?)
            }
            KeyKind::Ec(Curve::P384) => {
                let key = p384::SecretKey::try_generate_from_rng(rng).map_err(failed)?;
                Ok(Self::ec(Curve::P384, &key.to_bytes())?)
            }
        }
    }

    /// Reads a `PrivateKeyInfo` (PKCS#8, RFC 5208) in DER.
    ///
    /// # Errors
    /// [`KeyError`] if it is damaged or of a kind that is not supported.
    pub fn from_pkcs8(der: &Secret) -> Result<Self, KeyError> {
        let info = PrivateKeyInfoRef::from_der(der.expose())?;
        match info.algorithm.oid {
            RSA_ENCRYPTION => RsaPrivateKey::from_pkcs1(info.private_key.as_bytes()).map(Self::Rsa),
            EC_PUBLIC_KEY => match Curve::of(info.algorithm.parameters)? {
                Curve::P256 => {
                    let key = p256::SecretKey::from_pkcs8_der(der.expose())
                        .map_err(|_| KeyError::NotOnCurve(Curve::P256))?;
                    Self::ec(Curve::P256, &key.to_bytes())
                }
                Curve::P384 => {
                    let key = p384::SecretKey::from_pkcs8_der(der.expose())
                        .map_err(|_| KeyError::NotOnCurve(Curve::P384))?;
                    Self::ec(Curve::P384, &key.to_bytes())
                }
            },
            other => Err(KeyError::UnsupportedType(other)),
        }
    }

    /// Writes a `PrivateKeyInfo` in DER.
    ///
    /// # Errors
    /// [`KeyError`] is not to be expected of a key that was made by this module.
    pub fn to_pkcs8(&self) -> Result<Secret, KeyError> {
        let document = match self {
            Self::Rsa(key) => key.arithmetic()?.to_pkcs8_der(),
            Self::Ec(key) => match key.public.curve() {
                Curve::P256 => key.p256()?.to_pkcs8_der(),
                Curve::P384 => key.p384()?.to_pkcs8_der(),
            },
        };
        match document {
            Ok(document) => Ok(Secret::new(document.as_bytes().to_vec())),
            Err(_) => Err(KeyError::InvalidRsa),
        }
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        match self {
            Self::Rsa(key) => PublicKey::Rsa(key.public.clone()),
            Self::Ec(key) => PublicKey::Ec(key.public.clone()),
        }
    }

    fn ec(curve: Curve, scalar: &[u8]) -> Result<Self, KeyError> {
        EcPrivateKey::new(curve, Secret::new(scalar.to_vec())).map(Self::Ec)
    }
}

fn generate_rsa<R: TryCryptoRng + ?Sized>(
    bits: u32,
    rng: &mut R,
) -> Result<PrivateKey, GenerateError> {
    if !(1024..=8192).contains(&bits) {
        return Err(GenerateError::Size { bits });
    }
    let key = rsa::PrivateKey::new(rng, bits as usize).map_err(|_| GenerateError::Randomness)?;
    let der = key.to_pkcs1_der().map_err(|_| KeyError::InvalidRsa)?;
    Ok(RsaPrivateKey::from_pkcs1(der.as_bytes()).map(PrivateKey::Rsa)?)
}

/// Signs in memory. RSA is not blinded, for want of randomness: good for keys of a development CA
/// and for keys that are on their way into a token, not for a service that others can time.
impl Signer for PrivateKey {
    type Error = KeyError;

    fn public_key(&self) -> PublicKey {
        Self::public_key(self)
    }

    fn sign(&mut self, to_be_signed: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self {
            Self::Rsa(key) => key
                .arithmetic()?
                .sign(Pkcs1v15Sign::new_unprefixed(), to_be_signed)
                .map_err(|_| KeyError::InvalidRsa),
            Self::Ec(key) => key.sign(to_be_signed),
        }
    }
}

#[cfg(test)]
mod tests {
    use getrandom::SysRng;

    use super::*;

    #[test]
    fn a_key_comes_back_from_pkcs8() {
        for kind in [
            KeyKind::Rsa { bits: 1024 },
            KeyKind::Ec(Curve::P256),
            KeyKind::Ec(Curve::P384),
        ] {
            let key = PrivateKey::generate(kind, &mut SysRng).unwrap();
            assert_eq!(key.public_key().to_string(), kind.to_string());
            let der = key.to_pkcs8().unwrap();
            assert_eq!(PrivateKey::from_pkcs8(&der), Ok(key));
        }
    }

    #[test]
    fn impossible_keys_are_refused() {
        for bits in [0, 512, 1 << 20] {
            let refused = PrivateKey::generate(KeyKind::Rsa { bits }, &mut SysRng);
            assert_eq!(refused, Err(GenerateError::Size { bits }));
        }
        for scalar in [vec![0; 32], vec![0xff; 32], vec![1; 31], vec![]] {
            let refused = EcPrivateKey::new(Curve::P256, Secret::new(scalar));
            assert_eq!(refused, Err(KeyError::NotOnCurve(Curve::P256)));
        }
    }

    #[test]
    fn prints_no_secret_part() {
        let key = EcPrivateKey::new(Curve::P256, Secret::new(vec![0x5a; 32])).unwrap();
        let shown = format!("{:?}", PrivateKey::Ec(key));
        assert!(
            shown.contains("***") && !shown.contains("90, 90, 90"),
            "{shown}"
        );
    }
}
