//! Signatures as certificates and requests carry them.
//!
//! A [`Signer`] does only what the simplest mechanism of a token does, `CKM_RSA_PKCS` or
//! `CKM_ECDSA`; hashing, DigestInfo and the DER form of ECDSA signatures are made here, so that
//! the lowest common mechanisms of all tokens suffice.

use der::asn1::{BitString, Null, OctetStringRef};
use der::oid::ObjectIdentifier;
use der::pem::PemLabel;
use der::{Decode as _, Document, Encode as _, Header, Reader as _, Sequence, SliceReader};
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use rsa::Pkcs1v15Sign;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::{Curve, KeyError, PublicKey};

/// Holder of a private key, in a token or in memory.
pub trait Signer {
    /// What can go wrong while signing.
    type Error: std::error::Error;

    /// The public half.
    fn public_key(&self) -> PublicKey;

    /// The raw signature operation over `to_be_signed`:
    ///
    /// * RSA: a DigestInfo in DER, padded and signed by RSASSA-PKCS1-v1_5 (`CKM_RSA_PKCS`); the
    ///   result has the length of the modulus.
    /// * EC: a hash, signed by ECDSA (`CKM_ECDSA`); the result is r and s, each of the length of a
    ///   coordinate.
    ///
    /// # Errors
    /// Whatever keeps the holder from signing.
    fn sign(&mut self, to_be_signed: &[u8]) -> Result<Vec<u8>, Self::Error>;
}

/// A signature could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SignError<E: std::error::Error> {
    /// The holder of the key failed.
    #[error(transparent)]
    Signer(E),
    /// The structure around the signature could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The signature does not verify: the token signed with another key, or not at all.
    #[error("the signature does not fit the public key: the token may have used another key")]
    Mismatch,
}

/// How a request or certificate is signed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SignatureAlgorithm {
    /// sha256WithRSAEncryption.
    RsaSha256,
    /// sha384WithRSAEncryption; only verified.
    RsaSha384,
    /// sha512WithRSAEncryption; only verified.
    RsaSha512,
    /// ecdsa-with-SHA256.
    EcdsaSha256,
    /// ecdsa-with-SHA384.
    EcdsaSha384,
}

/// RFC 8017 section 9.2.
#[derive(Sequence)]
struct DigestInfo<'a> {
    algorithm: AlgorithmIdentifierOwned,
    digest: &'a OctetStringRef,
}

impl SignatureAlgorithm {
    const ALL: [Self; 5] = [
        Self::RsaSha256,
        Self::RsaSha384,
        Self::RsaSha512,
        Self::EcdsaSha256,
        Self::EcdsaSha384,
    ];

    /// What we sign with under a key: SHA-256, for P-384 SHA-384.
    #[must_use]
    pub const fn for_key(key: &PublicKey) -> Self {
        match key {
            PublicKey::Rsa(_) => Self::RsaSha256,
            PublicKey::Ec(key) => match key.curve() {
                Curve::P256 => Self::EcdsaSha256,
                Curve::P384 => Self::EcdsaSha384,
            },
        }
    }

    /// Object identifier (RFC 8017 appendix C, RFC 5758 section 3.2).
    #[must_use]
    pub const fn oid(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Self::RsaSha256 => "1.2.840.113549.1.1.11",
            Self::RsaSha384 => "1.2.840.113549.1.1.12",
            Self::RsaSha512 => "1.2.840.113549.1.1.13",
            Self::EcdsaSha256 => "1.2.840.10045.4.3.2",
            Self::EcdsaSha384 => "1.2.840.10045.4.3.3",
        })
    }

    pub(super) fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.oid() == oid)
    }

    pub(super) fn identifier(self) -> AlgorithmIdentifierOwned {
        AlgorithmIdentifierOwned {
            oid: self.oid(),
            // RFC 4055 section 5 demands NULL, RFC 5758 section 3.2 its absence.
            parameters: self.is_rsa().then(|| Null.into()),
        }
    }

    const fn is_rsa(self) -> bool {
        matches!(self, Self::RsaSha256 | Self::RsaSha384 | Self::RsaSha512)
    }

    const fn hash_oid(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Self::RsaSha256 | Self::EcdsaSha256 => "2.16.840.1.101.3.4.2.1",
            Self::RsaSha384 | Self::EcdsaSha384 => "2.16.840.1.101.3.4.2.2",
            Self::RsaSha512 => "2.16.840.1.101.3.4.2.3",
        })
    }

    fn hash(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::RsaSha256 | Self::EcdsaSha256 => Sha256::digest(message).to_vec(),
            Self::RsaSha384 | Self::EcdsaSha384 => Sha384::digest(message).to_vec(),
            Self::RsaSha512 => Sha512::digest(message).to_vec(),
        }
    }

    /// What [`Signer::sign`] is given for `message`.
    ///
    /// # Errors
    /// [`KeyError::Der`] is not to be expected.
    pub fn to_be_signed(self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let hash = self.hash(message);
        if !self.is_rsa() {
            return Ok(hash);
        }
        let info = DigestInfo {
            algorithm: AlgorithmIdentifierOwned {
                oid: self.hash_oid(),
                parameters: Some(Null.into()),
            },
            digest: OctetStringRef::new(&hash)?,
        };
        Ok(info.to_der()?)
    }

    /// Whether `signature` (ECDSA in DER) of `message` was made with the private half of `key`.
    #[must_use]
    pub fn verifies(self, key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
        match key {
            PublicKey::Rsa(key) if self.is_rsa() => {
                let Ok(to_be_signed) = self.to_be_signed(message) else {
                    return false;
                };
                key.arithmetic().is_ok_and(|key| {
                    key.verify(Pkcs1v15Sign::new_unprefixed(), &to_be_signed, signature)
                        .is_ok()
                })
            }
            PublicKey::Ec(key) if !self.is_rsa() => {
                let hash = self.hash(message);
                match key.curve() {
                    Curve::P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(key.point())
                        .and_then(|verifier| {
                            let signature = p256::ecdsa::Signature::from_der(signature)?;
                            verifier.verify_prehash(&hash, &signature)
                        })
                        .is_ok(),
                    Curve::P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(key.point())
                        .and_then(|verifier| {
                            let signature = p384::ecdsa::Signature::from_der(signature)?;
                            verifier.verify_prehash(&hash, &signature)
                        })
                        .is_ok(),
                }
            }
            PublicKey::Rsa(_) | PublicKey::Ec(_) => false,
        }
    }
}

/// Signs `message` as certificates and requests are signed, and checks the result.
pub(super) fn sign<S: Signer>(
    signer: &mut S,
    message: &[u8],
) -> Result<(AlgorithmIdentifierOwned, BitString), SignError<S::Error>> {
    let key = signer.public_key();
    let algorithm = SignatureAlgorithm::for_key(&key);
    let to_be_signed = algorithm.to_be_signed(message)?;
    let raw = signer.sign(&to_be_signed).map_err(SignError::Signer)?;
    let signature = match &key {
        PublicKey::Rsa(_) => raw,
        PublicKey::Ec(key) => ecdsa_der(key.curve(), &raw).ok_or(SignError::Mismatch)?,
    };
    if !algorithm.verifies(&key, message, &signature) {
        return Err(SignError::Mismatch);
    }
    let signature = BitString::from_bytes(&signature).map_err(KeyError::Der)?;
    Ok((algorithm.identifier(), signature))
}

/// The first part of a certificate or request in DER, the one that is signed: as it came, not
/// encoded again.
pub(super) fn signed_part(der: &[u8]) -> Option<&[u8]> {
    let mut reader = SliceReader::new(der).ok()?;
    Header::decode(&mut reader).ok()?;
    reader.tlv_bytes().ok()
}

/// A signature is a whole number of bytes; anything else verifies as nothing.
pub(super) fn signature_bytes(bits: &BitString) -> &[u8] {
    bits.as_bytes().unwrap_or_default()
}

/// The DER inside of PEM with the label that `T` has.
pub(super) fn from_pem<T: PemLabel>(pem: &str) -> der::Result<Vec<u8>> {
    let (label, document) = Document::from_pem(pem)?;
    T::validate_pem_label(label)?;
    Ok(document.into_vec())
}

/// `Ecdsa-Sig-Value` (RFC 5480 appendix A) of r and s side by side, as PKCS#11 returns them.
fn ecdsa_der(curve: Curve, raw: &[u8]) -> Option<Vec<u8>> {
    match curve {
        Curve::P256 => p256::ecdsa::Signature::from_slice(raw)
            .ok()
            .map(|signature| signature.to_der().as_bytes().to_vec()),
        Curve::P384 => p384::ecdsa::Signature::from_slice(raw)
            .ok()
            .map(|signature| signature.to_der().as_bytes().to_vec()),
    }
}
