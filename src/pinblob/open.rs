//! Reading a container.

use std::fmt;

use cms::authenveloped_data::AuthEnvelopedData;
use cms::content_info::ContentInfo;
use cms::enveloped_data::{
    EncryptedContentInfo, EnvelopedData, KeyTransRecipientInfo, RecipientInfo, RecipientInfos,
};
use der::asn1::ObjectIdentifier;
use der::{Decode as _, Encode as _};

use super::cipher::{Cbc, Gcm};
use super::key_transport::{key_encryption, key_reference};
use super::{AUTH_ENVELOPED_DATA, Content, ContentError, ENVELOPED_DATA, MAX_LENGTH};
use crate::pki::{DecryptError, Decryptors, KeyEncryption, KeyReference};
use crate::secret::Secret;

/// What is accepted beyond the safe ways.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Accept {
    /// Content keys encrypted with RSAES-PKCS1-v1_5.
    pub pkcs1v15: bool,
}

/// An opened container.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opened {
    /// What it held.
    pub content: Content,
    /// Whether a change of the content would have been noticed: AES-GCM notices, AES-CBC does
    /// not. Neither says who wrote it.
    pub is_authenticated: bool,
}

/// The keys that a container is encrypted to, none of which is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoKey(Vec<KeyReference>);

impl NoKey {
    /// How many of them a message names.
    const MOST: usize = 4;

    /// The keys, one of which is needed.
    #[must_use]
    pub fn wanted(&self) -> &[KeyReference] {
        &self.0
    }
}

/// `no decryption key found matching #0A1B…`
impl fmt::Display for NoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (named, unnamed) = self.0.split_at(self.0.len().min(Self::MOST));
        let named: Vec<_> = named.iter().map(ToString::to_string).collect();
        let named = named.join(" or ");
        write!(f, "no decryption key found matching {named}")?;
        match unnamed.len() {
            0 => Ok(()),
            more => write!(f, " or {more} more"),
        }
    }
}

/// A container that cannot be opened.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Longer than any file of a card.
    #[error("{length} bytes are no encrypted PINs: no more than {MAX_LENGTH} fit on a card")]
    TooLong {
        /// Length of what was given.
        length: usize,
    },
    /// Not CMS.
    #[error(
        "these are no encrypted PINs: they are not CMS (RFC 5652) in DER, or are cut short or damaged"
    )]
    Structure,
    /// CMS of another kind.
    #[error(
        "these are no encrypted PINs: the CMS content type is {0}, not AuthEnvelopedData or EnvelopedData"
    )]
    ContentType(ObjectIdentifier),
    /// No recipient with an RSA key.
    #[error("the PINs are encrypted to nobody with an RSA key (no KeyTransRecipientInfo)")]
    NoRsaRecipient,
    /// No key for it.
    #[error("{0}")]
    NoKey(NoKey),
    /// The content key is encrypted in a way that is not supported.
    #[error(
        "the content key for {key} is encrypted with algorithm {algorithm} or parameters of it that \
         are not supported; use RSAES-OAEP with SHA-256 or SHA-1 for hash and mask, and no label"
    )]
    KeyEncryption {
        /// The key.
        key: KeyReference,
        /// The algorithm.
        algorithm: ObjectIdentifier,
    },
    /// RSAES-PKCS1-v1_5 without leave.
    #[error(
        "the content key for {key} is encrypted with RSAES-PKCS1-v1_5, which does not show a wrong \
         key or a change; have it written with RSAES-OAEP, or allow PKCS#1 v1.5"
    )]
    Pkcs1v15 {
        /// The key.
        key: KeyReference,
    },
    /// A cipher that is not supported.
    #[error(
        "the PINs are encrypted with algorithm {0} or parameters of it that are not supported; use \
         AES-GCM with a nonce of 12 and a tag of 16 bytes in AuthEnvelopedData, AES-CBC in \
         EnvelopedData, with keys of 128 or 256 bits"
    )]
    Cipher(ObjectIdentifier),
    /// The private key did not decrypt the content key.
    #[error("the content key could not be decrypted with key {key}: {reason}")]
    Decrypt {
        /// The key.
        key: KeyReference,
        /// What went wrong.
        reason: DecryptError,
    },
    /// The tag or the padding does not fit.
    #[error(
        "the encrypted PINs were changed or damaged, or belong to another key than {key}: their \
         check fails"
    )]
    Changed {
        /// The key.
        key: KeyReference,
    },
    /// Something else was encrypted.
    #[error("what was decrypted is no list of PINs as perso writes it: {0}")]
    Content(#[from] ContentError),
}

/// Opens a container in DER with the first of its recipients' keys that `keys` hold.
///
/// # Errors
/// [`OpenError`], without anything of the content.
pub fn open(
    container: &[u8],
    keys: &mut dyn Decryptors,
    accept: Accept,
) -> Result<Opened, OpenError> {
    let envelope = Envelope::read(container)?;
    let (key, content_key) = envelope.decrypt_key(keys, accept)?;
    let plain = envelope.decrypt(&content_key);
    let plain = plain.ok_or(OpenError::Changed { key })?;
    Ok(Opened {
        content: Content::from_der(&plain)?,
        is_authenticated: matches!(envelope.cipher, Cipher::Gcm { .. }),
    })
}

/// What both kinds of CMS have in common.
struct Envelope {
    recipients: Vec<KeyTransRecipientInfo>,
    cipher: Cipher,
    encrypted: Vec<u8>,
}

enum Cipher {
    Gcm {
        gcm: Gcm,
        /// The authenticated attributes in DER; empty if there are none.
        associated: Vec<u8>,
        tag: Vec<u8>,
    },
    Cbc(Cbc),
}

impl Envelope {
    fn read(container: &[u8]) -> Result<Self, OpenError> {
        if container.len() > MAX_LENGTH {
            let length = container.len();
            return Err(OpenError::TooLong { length });
        }
        let info = ContentInfo::from_der(container).map_err(structure)?;
        match info.content_type {
            AUTH_ENVELOPED_DATA => {
                let enveloped: AuthEnvelopedData = info.content.decode_as().map_err(structure)?;
                Self::authenticated(enveloped)
            }
            ENVELOPED_DATA => {
                let enveloped: EnvelopedData = info.content.decode_as().map_err(structure)?;
                Self::unauthenticated(enveloped)
            }
            other => Err(OpenError::ContentType(other)),
        }
    }

    fn authenticated(enveloped: AuthEnvelopedData) -> Result<Self, OpenError> {
        let content = enveloped.auth_encrypted_content_info;
        let algorithm = &content.content_enc_alg;
        let gcm = Gcm::from_algorithm(algorithm).ok_or(OpenError::Cipher(algorithm.oid))?;
        // "The DER encoding of authAttrs with the tag SET OF" (RFC 5083 section 2.2).
        let associated = enveloped.auth_attrs.map(|attributes| attributes.to_der());
        let cipher = Cipher::Gcm {
            gcm,
            associated: associated
                .transpose()
                .map_err(structure)?
                .unwrap_or_default(),
            tag: enveloped.mac.into_bytes().into_vec(),
        };
        Self::new(enveloped.recip_infos, cipher, content)
    }

    fn unauthenticated(enveloped: EnvelopedData) -> Result<Self, OpenError> {
        let content = enveloped.encrypted_content;
        let algorithm = &content.content_enc_alg;
        let cbc = Cbc::from_algorithm(algorithm).ok_or(OpenError::Cipher(algorithm.oid))?;
        Self::new(enveloped.recip_infos, Cipher::Cbc(cbc), content)
    }

    fn new(
        recipients: RecipientInfos,
        cipher: Cipher,
        content: EncryptedContentInfo,
    ) -> Result<Self, OpenError> {
        let encrypted = content.encrypted_content.ok_or(OpenError::Structure)?;
        let recipients = recipients.0.into_vec().into_iter();
        Ok(Self {
            recipients: recipients.filter_map(key_transport).collect(),
            cipher,
            encrypted: encrypted.into_bytes().into_vec(),
        })
    }

    /// The content key, and the key that it was decrypted with.
    fn decrypt_key(
        &self,
        keys: &mut dyn Decryptors,
        accept: Accept,
    ) -> Result<(KeyReference, Secret), OpenError> {
        let mut wanted = Vec::new();
        for recipient in &self.recipients {
            let key = key_reference(&recipient.rid).ok_or(OpenError::Structure)?;
            match keys.holds(&key) {
                Ok(true) => {
                    let content_key = decrypt_key(recipient, &key, keys, accept)?;
                    return Ok((key, content_key));
                }
                Ok(false) => wanted.push(key),
                Err(reason) => return Err(OpenError::Decrypt { key, reason }),
            }
        }
        if wanted.is_empty() {
            return Err(OpenError::NoRsaRecipient);
        }
        Err(OpenError::NoKey(NoKey(wanted)))
    }

    fn decrypt(&self, key: &Secret) -> Option<Secret> {
        match &self.cipher {
            Cipher::Gcm {
                gcm,
                associated,
                tag,
            } => gcm.decrypt(key, associated, &self.encrypted, tag),
            Cipher::Cbc(cbc) => cbc.decrypt(key, &self.encrypted),
        }
    }
}

/// What DER has to say about hostile bytes helps nobody.
fn structure(_: der::Error) -> OpenError {
    OpenError::Structure
}

fn key_transport(recipient: RecipientInfo) -> Option<KeyTransRecipientInfo> {
    match recipient {
        RecipientInfo::Ktri(recipient) => Some(recipient),
        _ => None,
    }
}

fn decrypt_key(
    recipient: &KeyTransRecipientInfo,
    key: &KeyReference,
    keys: &mut dyn Decryptors,
    accept: Accept,
) -> Result<Secret, OpenError> {
    let algorithm = &recipient.key_enc_alg;
    let key = || key.clone();
    let scheme = key_encryption(algorithm).ok_or_else(|| OpenError::KeyEncryption {
        key: key(),
        algorithm: algorithm.oid,
    })?;
    if scheme == KeyEncryption::Pkcs1v15 && !accept.pkcs1v15 {
        return Err(OpenError::Pkcs1v15 { key: key() });
    }
    keys.decrypt(&key(), scheme, recipient.enc_key.as_bytes())
        .map_err(|reason| OpenError::Decrypt { key: key(), reason })
}
