//! Public keys: RSA, and elliptic curves P-256 and P-384.

use std::fmt;

use der::asn1::{Any, AnyRef, BitString, Null, UintRef};
use der::oid::ObjectIdentifier;
use der::{Decode as _, Encode as _};
use rsa::pkcs1;
use sha1::{Digest as _, Sha1};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

/// rsaEncryption (RFC 8017 appendix C).
pub(super) const RSA_ENCRYPTION: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// id-ecPublicKey (RFC 5480 section 2.1.1).
pub(super) const EC_PUBLIC_KEY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// A named elliptic curve (RFC 5480 section 2.1.1.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Curve {
    /// secp256r1, NIST P-256.
    P256,
    /// secp384r1, NIST P-384.
    P384,
}

impl Curve {
    /// Object identifier of the named curve.
    #[must_use]
    pub const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::P256 => ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"),
            Self::P384 => ObjectIdentifier::new_unwrap("1.3.132.0.34"),
        }
    }

    /// Length of a coordinate, of a scalar, and of half a raw signature, in bytes.
    #[must_use]
    pub const fn coordinate_length(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }

    /// Size of the key in bits: 256, 384.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::P256 => 256,
            Self::P384 => 384,
        }
    }

    /// The DER encoding of the object identifier: `CKA_EC_PARAMS` (PKCS#11 section 6.3.3).
    ///
    /// # Errors
    /// [`KeyError::Der`] is not to be expected.
    pub fn parameters(self) -> Result<Vec<u8>, KeyError> {
        Ok(self.oid().to_der()?)
    }

    /// The curve that `parameters` (`ECParameters` in DER) name.
    ///
    /// # Errors
    /// [`KeyError::UnsupportedCurve`] for every other curve and for explicit parameters.
    pub fn from_parameters(parameters: &[u8]) -> Result<Self, KeyError> {
        ObjectIdentifier::from_der(parameters)
            .ok()
            .and_then(Self::from_oid)
            .ok_or(KeyError::UnsupportedCurve)
    }

    /// The curve that the parameters of an `id-ecPublicKey` name.
    pub(super) fn of(parameters: Option<AnyRef<'_>>) -> Result<Self, KeyError> {
        parameters
            .and_then(|parameters| parameters.decode_as().ok())
            .and_then(Self::from_oid)
            .ok_or(KeyError::UnsupportedCurve)
    }

    fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        [Self::P256, Self::P384]
            .into_iter()
            .find(|curve| curve.oid() == oid)
    }
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
        })
    }
}

/// A key that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not a DER structure of the expected kind.
    #[error("the key is not well-formed DER: {0}")]
    Der(#[from] der::Error),
    /// Neither RSA nor an elliptic curve.
    #[error("keys of type {0} are not supported; use RSA, P-256 or P-384")]
    UnsupportedType(ObjectIdentifier),
    /// A curve other than P-256 and P-384.
    #[error("the elliptic curve is not supported; use P-256 or P-384")]
    UnsupportedCurve,
    /// Numbers that are no RSA key.
    #[error("the numbers do not form an RSA key of 1024 to 8192 bits")]
    InvalidRsa,
    /// Bytes that are no point, or no scalar, of the curve.
    #[error("the value does not belong to the curve {0}")]
    NotOnCurve(Curve),
}

/// The numbers of an RSA public key, big-endian without leading zeros.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RsaPublicKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl RsaPublicKey {
    /// A key from big-endian numbers, as `CKA_MODULUS` and `CKA_PUBLIC_EXPONENT` hold them.
    ///
    /// # Errors
    /// [`KeyError::InvalidRsa`] if the numbers are no RSA key of 1024 to 8192 bits.
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let key = Self {
            modulus: without_leading_zeros(modulus).to_vec(),
            exponent: without_leading_zeros(exponent).to_vec(),
        };
        key.arithmetic()?;
        Ok(key)
    }

    /// The modulus *n*.
    #[must_use]
    pub fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// The public exponent *e*.
    #[must_use]
    pub fn exponent(&self) -> &[u8] {
        &self.exponent
    }

    /// Length of the modulus in bits.
    #[must_use]
    pub fn bits(&self) -> u32 {
        let unused = self.modulus.first().map_or(0, |byte| byte.leading_zeros());
        u32::try_from(self.modulus.len() * 8).unwrap_or(u32::MAX) - unused
    }

    /// The key as the arithmetic of the library wants it.
    pub(super) fn arithmetic(&self) -> Result<rsa::PublicKey, KeyError> {
        rsa::PublicKey::try_from(self.pkcs1()?).map_err(|_| KeyError::InvalidRsa)
    }

    fn pkcs1(&self) -> Result<pkcs1::RsaPublicKeyRef<'_>, KeyError> {
        Ok(pkcs1::RsaPublicKeyRef {
            modulus: UintRef::new(&self.modulus)?,
            public_exponent: UintRef::new(&self.exponent)?,
        })
    }
}

/// A point on a named curve.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EcPublicKey {
    curve: Curve,
    point: Vec<u8>,
}

impl EcPublicKey {
    /// A key from a point as X9.62 writes it, compressed or not.
    ///
    /// # Errors
    /// [`KeyError::NotOnCurve`] if the bytes are no such point.
    pub fn new(curve: Curve, point: &[u8]) -> Result<Self, KeyError> {
        let off = |_| KeyError::NotOnCurve(curve);
        let point = match curve {
            Curve::P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(point)
                .map_err(off)?
                .to_sec1_point(false)
                .as_bytes()
                .to_vec(),
            Curve::P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(point)
                .map_err(off)?
                .to_sec1_point(false)
                .as_bytes()
                .to_vec(),
        };
        Ok(Self { curve, point })
    }

    /// The curve.
    #[must_use]
    pub const fn curve(&self) -> Curve {
        self.curve
    }

    /// The point, uncompressed: `04`, x, y.
    #[must_use]
    pub fn point(&self) -> &[u8] {
        &self.point
    }
}

/// A public key.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum PublicKey {
    /// RSA.
    Rsa(RsaPublicKey),
    /// An elliptic curve.
    Ec(EcPublicKey),
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7) in DER.
    ///
    /// # Errors
    /// [`KeyError`] if it is damaged or of a kind that is not supported.
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_parsed(&SubjectPublicKeyInfoOwned::from_der(der)?)
    }

    /// Writes a `SubjectPublicKeyInfo` in DER.
    ///
    /// # Errors
    /// [`KeyError::Der`] is not to be expected of a key that was made by this module.
    pub fn to_spki(&self) -> Result<Vec<u8>, KeyError> {
        Ok(self.to_parsed()?.to_der()?)
    }

    /// The key identifier: SHA-1 of the key bits (RFC 5280 section 4.2.1.2, method 1).
    ///
    /// # Errors
    /// [`KeyError::Der`] is not to be expected of a key that was made by this module.
    pub fn key_identifier(&self) -> Result<[u8; 20], KeyError> {
        Ok(Sha1::digest(self.key_bits()?).into())
    }

    pub(super) fn from_parsed(info: &SubjectPublicKeyInfoOwned) -> Result<Self, KeyError> {
        let bits = info.subject_public_key.raw_bytes();
        match info.algorithm.oid {
            RSA_ENCRYPTION => {
                let key = pkcs1::RsaPublicKeyRef::from_der(bits)?;
                RsaPublicKey::new(key.modulus.as_bytes(), key.public_exponent.as_bytes())
                    .map(Self::Rsa)
            }
            EC_PUBLIC_KEY => {
                let parameters = info.algorithm.parameters.as_ref();
                let curve = Curve::of(parameters.map(AnyRef::from))?;
                EcPublicKey::new(curve, bits).map(Self::Ec)
            }
            other => Err(KeyError::UnsupportedType(other)),
        }
    }

    pub(super) fn to_parsed(&self) -> Result<SubjectPublicKeyInfoOwned, KeyError> {
        let algorithm = match self {
            Self::Rsa(_) => AlgorithmIdentifierOwned {
                oid: RSA_ENCRYPTION,
                parameters: Some(Null.into()),
            },
            Self::Ec(key) => AlgorithmIdentifierOwned {
                oid: EC_PUBLIC_KEY,
                parameters: Some(Any::encode_from(&key.curve.oid())?),
            },
        };
        Ok(SubjectPublicKeyInfoOwned {
            algorithm,
            subject_public_key: BitString::from_bytes(&self.key_bits()?)?,
        })
    }

    /// What stands in the BIT STRING `subjectPublicKey`.
    fn key_bits(&self) -> Result<Vec<u8>, KeyError> {
        match self {
            Self::Rsa(key) => Ok(key.pkcs1()?.to_der()?),
            Self::Ec(key) => Ok(key.point.clone()),
        }
    }
}

/// `RSA-2048`, `P-256`.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(key) => write!(f, "RSA-{}", key.bits()),
            Self::Ec(key) => key.curve.fmt(f),
        }
    }
}

pub(super) fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Base point of P-256 (SEC 2 section 2.4.2), compressed.
    const G: [u8; 33] = [
        0x03, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4,
        0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8,
        0x98, 0xc2, 0x96,
    ];

    #[test]
    fn a_compressed_point_is_the_same_key() {
        let key = EcPublicKey::new(Curve::P256, &G).unwrap();
        assert_eq!(key.point().len(), 65);
        assert_eq!(EcPublicKey::new(Curve::P256, key.point()), Ok(key));
    }

    #[test]
    fn a_point_off_the_curve_is_refused() {
        let mut off = EcPublicKey::new(Curve::P256, &G).unwrap().point().to_vec();
        off[64] ^= 1;
        let refused = Err(KeyError::NotOnCurve(Curve::P256));
        assert_eq!(EcPublicKey::new(Curve::P256, &off), refused);
        assert_eq!(EcPublicKey::new(Curve::P256, &[]), refused);
        assert!(EcPublicKey::new(Curve::P384, &G).is_err());
    }

    #[test]
    fn an_info_comes_back_and_keeps_its_identifier() {
        let key = PublicKey::Ec(EcPublicKey::new(Curve::P256, &G).unwrap());
        let spki = key.to_spki().unwrap();
        assert_eq!(PublicKey::from_spki(&spki).as_ref(), Ok(&key));
        assert_eq!(key.to_string(), "P-256");

        let rsa = PublicKey::Rsa(RsaPublicKey::new(&[0xc1; 256], &[0, 1, 0, 1]).unwrap());
        let spki = rsa.to_spki().unwrap();
        assert_eq!(PublicKey::from_spki(&spki).as_ref(), Ok(&rsa));
        assert_eq!(rsa.to_string(), "RSA-2048");
        assert_ne!(key.key_identifier(), rsa.key_identifier());
    }

    #[test]
    fn numbers_that_are_no_rsa_key_are_refused() {
        for (modulus, exponent) in [
            (&[][..], &[3][..]),
            (&[0xff; 256], &[]),
            (&[0xfe; 64], &[3]),
        ] {
            assert!(RsaPublicKey::new(modulus, exponent).is_err());
        }
    }

    #[test]
    fn curve_parameters_come_back() {
        for curve in [Curve::P256, Curve::P384] {
            assert_eq!(
                Curve::from_parameters(&curve.parameters().unwrap()),
                Ok(curve)
            );
        }
        // secp521r1
        let other = Curve::from_parameters(&[6, 5, 0x2b, 0x81, 4, 0, 0x23]);
        assert_eq!(other, Err(KeyError::UnsupportedCurve));
    }

    proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>) {
            let _ = PublicKey::from_spki(&bytes);
            let _ = Curve::from_parameters(&bytes);
            let _ = RsaPublicKey::new(&bytes, &[1, 0, 1]);
        }
    }
}
