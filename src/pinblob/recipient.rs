//! Whom a container is encrypted to.

use crate::pki::{
    Certificate, KeyEncryption, KeyError, KeyReference, OaepHash, PublicKey, RsaPublicKey,
};

/// A shorter modulus is refused.
const LEAST_BITS: u32 = 2048;

/// The holder of an RSA key that opens the container, known by a certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recipient {
    key: RsaPublicKey,
    key_identifier: Vec<u8>,
    oaep_hash: OaepHash,
}

/// A certificate that PINs are not encrypted to.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecipientError {
    /// A key of another kind, or a broken one.
    #[error("the key of the PIN encryption certificate cannot be used: {0}")]
    Key(#[from] KeyError),
    /// An elliptic curve.
    #[error("the PIN encryption certificate is for a key of type {kind}; it has to be RSA")]
    NotRsa {
        /// `P-256`.
        kind: String,
    },
    /// A short modulus.
    #[error(
        "the RSA key of the PIN encryption certificate has {bits} bits; it needs {LEAST_BITS} or more"
    )]
    TooShort {
        /// Length of the modulus.
        bits: u32,
    },
    /// The key usage names other uses.
    #[error(
        "the key usage of the PIN encryption certificate does not allow key encipherment; \
         have a certificate issued with keyEncipherment"
    )]
    KeyUsage,
}

impl Recipient {
    /// The subject of `certificate`, with OAEP and SHA-256. Whether the certificate is valid now
    /// and trusted is for the caller to know.
    ///
    /// # Errors
    /// [`RecipientError`] says what the certificate lacks.
    pub fn new(certificate: &Certificate) -> Result<Self, RecipientError> {
        let key = match certificate.public_key()? {
            PublicKey::Rsa(key) => key,
            other @ PublicKey::Ec(_) => {
                let kind = other.to_string();
                return Err(RecipientError::NotRsa { kind });
            }
        };
        if key.bits() < LEAST_BITS {
            return Err(RecipientError::TooShort { bits: key.bits() });
        }
        if !certificate.allows_key_encipherment() {
            return Err(RecipientError::KeyUsage);
        }
        Ok(Self {
            key,
            key_identifier: certificate.key_identifier()?,
            oaep_hash: OaepHash::default(),
        })
    }

    /// The same with another hash of OAEP, for tokens that know only SHA-1.
    #[must_use]
    pub fn with_oaep_hash(self, oaep_hash: OaepHash) -> Self {
        Self { oaep_hash, ..self }
    }

    /// How the container names the key.
    #[must_use]
    pub fn key_reference(&self) -> KeyReference {
        KeyReference::SubjectKeyIdentifier(self.key_identifier.clone())
    }

    pub(super) const fn key(&self) -> &RsaPublicKey {
        &self.key
    }

    pub(super) fn key_identifier(&self) -> &[u8] {
        &self.key_identifier
    }

    pub(super) const fn key_encryption(&self) -> KeyEncryption {
        KeyEncryption::Oaep(self.oaep_hash)
    }
}
