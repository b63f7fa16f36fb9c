//! Encrypting short secrets (content keys) to an RSA key, and who can decrypt them again.
//!
//! As with [`Signer`](super::Signer), the private half stands behind a trait: [`Decryptors`] is a
//! set of keys, in memory or in a token, that is asked by the name a message gives the key.

use std::fmt;

use rsa::rand_core::TryCryptoRng;
use rsa::{Oaep, Pkcs1v15Encrypt};
use sha1::Sha1;
use sha2::Sha256;

use super::{Certificate, DistinguishedName, KeyError, PublicKey, RsaPrivateKey, RsaPublicKey};
use crate::secret::Secret;

/// The hash of OAEP, of its label and its mask alike.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum OaepHash {
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-1: for tokens that know no other; its weaknesses do not touch OAEP.
    Sha1,
}

impl fmt::Display for OaepHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256 => "SHA-256",
            Self::Sha1 => "SHA-1",
        })
    }
}

/// How a short secret is encrypted with RSA.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyEncryption {
    /// RSAES-OAEP (RFC 8017 section 7.1) with MGF1 and an empty label.
    Oaep(OaepHash),
    /// RSAES-PKCS1-v1_5 (RFC 8017 section 7.2): a wrong key or a changed message shows only in
    /// what is decrypted with the result.
    Pkcs1v15,
}

impl fmt::Display for KeyEncryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Oaep(hash) => write!(f, "RSAES-OAEP with {hash}"),
            Self::Pkcs1v15 => f.write_str("RSAES-PKCS1-v1_5"),
        }
    }
}

/// How a message names the key that it is encrypted to (RFC 5652 section 6.2.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeyReference {
    /// By the subject key identifier of its certificate.
    SubjectKeyIdentifier(Vec<u8>),
    /// By its certificate.
    IssuerAndSerialNumber {
        /// Issuer of the certificate.
        issuer: DistinguishedName,
        /// Serial number of the certificate, big-endian.
        serial_number: Vec<u8>,
    },
}

impl KeyReference {
    /// Whether this names `key`. A key without certificate has the identifier of RFC 5280 section
    /// 4.2.1.2, method 1; one with a certificate answers to that as well.
    #[must_use]
    pub fn names(&self, key: &PublicKey, certificate: Option<&Certificate>) -> bool {
        match self {
            Self::SubjectKeyIdentifier(identifier) => {
                let in_certificate =
                    certificate.and_then(|certificate| certificate.key_identifier().ok());
                in_certificate.is_some_and(|own| own == *identifier)
                    || key
                        .key_identifier()
                        .is_ok_and(|own| own[..] == **identifier)
            }
            Self::IssuerAndSerialNumber {
                issuer,
                serial_number,
            } => certificate.is_some_and(|certificate| {
                certificate.serial_number() == serial_number && certificate.issuer() == *issuer
            }),
        }
    }
}

/// `#0A1B…`; a certificate as `serial number 0A1B of CN=Example CA`.
impl fmt::Display for KeyReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SubjectKeyIdentifier(identifier) => write!(f, "#{}", Hex(identifier)),
            Self::IssuerAndSerialNumber {
                issuer,
                serial_number,
            } => write!(f, "serial number {} of {issuer}", Hex(serial_number)),
        }
    }
}

/// Upper-case hex, cut where no honest identifier is that long.
struct Hex<'a>(&'a [u8]);

impl Hex<'_> {
    const MOST: usize = 64;
}

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.iter().take(Self::MOST) {
            write!(f, "{byte:02X}")?;
        }
        f.write_str(if self.0.len() > Self::MOST { "…" } else { "" })
    }
}

/// A secret could not be encrypted.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptError {
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// More than fits under the modulus with its padding.
    #[error("{length} bytes are too many to be encrypted with an RSA key of {bits} bits")]
    TooLong {
        /// Length of the secret.
        length: usize,
        /// Length of the modulus.
        bits: u32,
    },
    /// The source of randomness failed.
    #[error("nothing could be encrypted: the source of randomness failed")]
    Randomness,
}

/// A secret could not be decrypted.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// The padding is wrong.
    #[error("it was changed, or encrypted to another key")]
    Rejected,
    /// No such key.
    #[error("the key is not there")]
    NoSuchKey,
    /// The holder of the key cannot decrypt this way.
    #[error("the holder of the key does not support {0}")]
    Unsupported(KeyEncryption),
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The holder of the key refused the login, and may have counted the attempt.
    #[error("{reason}")]
    Login {
        /// What it says, without secrets.
        reason: String,
    },
    /// The holder of the key failed.
    #[error("{reason}")]
    Failed {
        /// What it says, without secrets.
        reason: String,
    },
}

/// RSA keys that can decrypt, wherever they are.
pub trait Decryptors {
    /// Whether the key that `key` names is among them.
    ///
    /// # Errors
    /// Whatever keeps the holder from looking.
    fn holds(&mut self, key: &KeyReference) -> Result<bool, DecryptError>;

    /// Decrypts `encrypted` with the key that `key` names and takes the padding off.
    ///
    /// A token that lacks OAEP with the wanted hash can decrypt raw and leave the padding to
    /// [`OaepHash::unpad`].
    ///
    /// # Errors
    /// [`DecryptError::Rejected`] for wrong padding; else whatever keeps the holder from it.
    fn decrypt(
        &mut self,
        key: &KeyReference,
        scheme: KeyEncryption,
        encrypted: &[u8],
    ) -> Result<Secret, DecryptError>;
}

/// Keys in memory, as they come from PKCS#12 files. Every decryption is blinded with the
/// randomness of `R`.
pub struct SoftwareKeys<R> {
    rng: R,
    keys: Vec<(RsaPrivateKey, Option<Certificate>)>,
}

impl<R: TryCryptoRng> SoftwareKeys<R> {
    /// No key yet; `rng` is for blinding.
    #[must_use]
    pub const fn new(rng: R) -> Self {
        Self {
            rng,
            keys: Vec::new(),
        }
    }

    /// These and `key`. Without `certificate` it answers only to the identifier of its public key.
    #[must_use]
    pub fn with(mut self, key: RsaPrivateKey, certificate: Option<Certificate>) -> Self {
        self.keys.push((key, certificate));
        self
    }

    fn position(&self, reference: &KeyReference) -> Option<usize> {
        self.keys.iter().position(|(key, certificate)| {
            let public = PublicKey::Rsa(key.public().clone());
            reference.names(&public, certificate.as_ref())
        })
    }
}

impl<R: TryCryptoRng> Decryptors for SoftwareKeys<R> {
    fn holds(&mut self, key: &KeyReference) -> Result<bool, DecryptError> {
        Ok(self.position(key).is_some())
    }

    fn decrypt(
        &mut self,
        key: &KeyReference,
        scheme: KeyEncryption,
        encrypted: &[u8],
    ) -> Result<Secret, DecryptError> {
        let position = self.position(key).ok_or(DecryptError::NoSuchKey)?;
        let (key, _) = self.keys.get(position).ok_or(DecryptError::NoSuchKey)?;
        key.decrypt(scheme, encrypted, &mut self.rng)
    }
}

impl RsaPublicKey {
    /// Encrypts `message` with the padding of `scheme`; the result has the length of the modulus.
    ///
    /// # Errors
    /// [`EncryptError`] if it is too long or the randomness fails.
    pub fn encrypt<R: TryCryptoRng + ?Sized>(
        &self,
        scheme: KeyEncryption,
        message: &[u8],
        rng: &mut R,
    ) -> Result<Vec<u8>, EncryptError> {
        let key = self.arithmetic()?;
        let encrypted = match scheme {
            KeyEncryption::Oaep(OaepHash::Sha256) => {
                key.encrypt(rng, Oaep::<Sha256>::new(), message)
            }
            KeyEncryption::Oaep(OaepHash::Sha1) => key.encrypt(rng, Oaep::<Sha1>::new(), message),
            KeyEncryption::Pkcs1v15 => key.encrypt(rng, Pkcs1v15Encrypt, message),
        };
        encrypted.map_err(|error| match error {
            rsa::Error::Rng => EncryptError::Randomness,
            rsa::Error::MessageTooLong => EncryptError::TooLong {
                length: message.len(),
                bits: self.bits(),
            },
            _ => EncryptError::Key(KeyError::InvalidRsa),
        })
    }
}

impl RsaPrivateKey {
    /// Decrypts `encrypted`, blinded with randomness of `rng`, and takes the padding off.
    ///
    /// Wrong padding of RSAES-PKCS1-v1_5 is no error: the result is then bytes that depend on the
    /// key and on `encrypted` only (implicit rejection).
    ///
    /// # Errors
    /// [`DecryptError::Rejected`] if it was not encrypted to this key in this way.
    pub fn decrypt<R: TryCryptoRng + ?Sized>(
        &self,
        scheme: KeyEncryption,
        encrypted: &[u8],
        rng: &mut R,
    ) -> Result<Secret, DecryptError> {
        let key = self.arithmetic()?;
        let decrypted = match scheme {
            KeyEncryption::Oaep(OaepHash::Sha256) => {
                key.decrypt_blinded(rng, Oaep::<Sha256>::new(), encrypted)
            }
            KeyEncryption::Oaep(OaepHash::Sha1) => {
                key.decrypt_blinded(rng, Oaep::<Sha1>::new(), encrypted)
            }
            KeyEncryption::Pkcs1v15 => key.decrypt_blinded(rng, Pkcs1v15Encrypt, encrypted),
        };
        match decrypted {
            Ok(message) => Ok(Secret::new(message)),
            Err(rsa::Error::Rng) => Err(DecryptError::Failed {
                reason: "the source of randomness failed".to_owned(),
            }),
            Err(_) => Err(DecryptError::Rejected),
        }
    }
}
