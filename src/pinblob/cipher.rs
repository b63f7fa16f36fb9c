//! The content encryption: AES-GCM (RFC 5084) written and read, AES-CBC (RFC 3565) only read.

use aes::{Aes128, Aes256};
use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes128Gcm, Aes256Gcm, Tag};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use der::Sequence;
use der::asn1::{Any, OctetString};
use der::oid::ObjectIdentifier;
use x509_cert::spki::AlgorithmIdentifierOwned;
use zeroize::Zeroizing;

use crate::secret::Secret;

const AES_128_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.2");
const AES_256_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42");
const AES_128_GCM: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.6");
const AES_256_GCM: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.46");

/// Length of the key that [`Gcm::encrypt`] takes.
pub(super) const KEY_LENGTH: usize = 32;
/// Length of a nonce of GCM (RFC 5084 section 3.2 recommends it).
pub(super) const NONCE_LENGTH: usize = 12;
/// Length of an authentication tag: the longest, and no other is accepted.
pub(super) const TAG_LENGTH: usize = 16;

/// Length of a block of AES and of the initialization vector of CBC.
const BLOCK_LENGTH: usize = 16;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum KeySize {
    Aes128,
    Aes256,
}

/// AES-GCM with its nonce.
#[derive(Debug)]
pub(super) struct Gcm {
    size: KeySize,
    nonce: [u8; NONCE_LENGTH],
}

/// ```text
/// GCMParameters ::= SEQUENCE {
///     aes-nonce   OCTET STRING,
///     aes-ICVlen  AES-GCM-ICVlen DEFAULT 12 }
/// ```
#[derive(Sequence)]
struct GcmParameters {
    nonce: OctetString,
    #[asn1(default = "default_tag_length")]
    tag_length: u8,
}

const fn default_tag_length() -> u8 {
    12
}

impl Gcm {
    /// AES-256-GCM.
    pub(super) const fn new(nonce: [u8; NONCE_LENGTH]) -> Self {
        Self {
            size: KeySize::Aes256,
            nonce,
        }
    }

    pub(super) fn from_algorithm(algorithm: &AlgorithmIdentifierOwned) -> Option<Self> {
        let size = match algorithm.oid {
            AES_128_GCM => KeySize::Aes128,
            AES_256_GCM => KeySize::Aes256,
            _ => return None,
        };
        let parameters = algorithm.parameters.as_ref()?;
        let parameters: GcmParameters = parameters.decode_as().ok()?;
        let nonce = parameters.nonce.as_bytes().try_into().ok()?;
        (usize::from(parameters.tag_length) == TAG_LENGTH).then_some(Self { size, nonce })
    }

    pub(super) fn to_algorithm(&self) -> der::Result<AlgorithmIdentifierOwned> {
        let parameters = GcmParameters {
            nonce: OctetString::new(self.nonce)?,
            tag_length: TAG_LENGTH as u8,
        };
        Ok(AlgorithmIdentifierOwned {
            oid: match self.size {
                KeySize::Aes128 => AES_128_GCM,
                KeySize::Aes256 => AES_256_GCM,
            },
            parameters: Some(Any::encode_from(&parameters)?),
        })
    }

    /// The encrypted content and its tag; `None` for a content of gigabytes.
    pub(super) fn encrypt(
        &self,
        key: &[u8; KEY_LENGTH],
        plain: &Secret,
    ) -> Option<(Vec<u8>, [u8; TAG_LENGTH])> {
        let mut buffer = Zeroizing::new(plain.expose().to_vec());
        let tag = Aes256Gcm::new(key.into())
            .encrypt_inout_detached(&self.nonce.into(), &[], buffer.as_mut_slice().into())
            .ok()?;
        Some((std::mem::take(&mut *buffer), tag.into()))
    }

    /// The content; `None` if the tag does not fit, or the key is no key of this size.
    pub(super) fn decrypt(
        &self,
        key: &Secret,
        associated: &[u8],
        encrypted: &[u8],
        tag: &[u8],
    ) -> Option<Secret> {
        let key = key.expose();
        let decrypt = match self.size {
            KeySize::Aes128 => gcm_decrypt::<Aes128Gcm>,
            KeySize::Aes256 => gcm_decrypt::<Aes256Gcm>,
        };
        decrypt(key, &self.nonce, associated, encrypted, tag)
    }
}

fn gcm_decrypt<C: KeyInit + AeadInOut<NonceSize = U12, TagSize = U16>>(
    key: &[u8],
    nonce: &[u8; NONCE_LENGTH],
    associated: &[u8],
    encrypted: &[u8],
    tag: &[u8],
) -> Option<Secret> {
    let cipher = C::new_from_slice(key).ok()?;
    let tag: &Tag = tag.try_into().ok()?;
    let mut buffer = Zeroizing::new(encrypted.to_vec());
    cipher
        .decrypt_inout_detached(nonce.into(), associated, buffer.as_mut_slice().into(), tag)
        .ok()?;
    Some(Secret::new(std::mem::take(&mut *buffer)))
}

/// AES-CBC with its initialization vector; nothing in it shows a change of the content.
#[derive(Debug)]
pub(super) struct Cbc {
    size: KeySize,
    vector: [u8; BLOCK_LENGTH],
}

impl Cbc {
    pub(super) fn from_algorithm(algorithm: &AlgorithmIdentifierOwned) -> Option<Self> {
        let size = match algorithm.oid {
            AES_128_CBC => KeySize::Aes128,
            AES_256_CBC => KeySize::Aes256,
            _ => return None,
        };
        let vector: OctetString = algorithm.parameters.as_ref()?.decode_as().ok()?;
        let vector = vector.as_bytes().try_into().ok()?;
        Some(Self { size, vector })
    }

    /// The content; `None` for wrong padding and for a key of another size alike.
    pub(super) fn decrypt(&self, key: &Secret, encrypted: &[u8]) -> Option<Secret> {
        match self.size {
            KeySize::Aes128 => cbc_decrypt::<cbc::Decryptor<Aes128>>(key, &self.vector, encrypted),
            KeySize::Aes256 => cbc_decrypt::<cbc::Decryptor<Aes256>>(key, &self.vector, encrypted),
        }
    }
}

fn cbc_decrypt<C: KeyIvInit + BlockModeDecrypt>(
    key: &Secret,
    vector: &[u8; BLOCK_LENGTH],
    encrypted: &[u8],
) -> Option<Secret> {
    let cipher = C::new_from_slices(key.expose(), vector).ok()?;
    let mut buffer = Zeroizing::new(encrypted.to_vec());
    let plain = cipher.decrypt_padded::<Pkcs7>(&mut buffer).ok()?;
    Some(Secret::new(plain.to_vec()))
}
