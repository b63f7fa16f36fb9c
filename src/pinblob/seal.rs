//! Writing a container.

use cms::authenveloped_data::AuthEnvelopedData;
use cms::content_info::{CmsVersion, ContentInfo};
use cms::enveloped_data::{EncryptedContentInfo, KeyTransRecipientInfo, RecipientInfo};
use der::Encode as _;
use der::asn1::{Any, OctetString, SetOfVec};
use rsa::rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::cipher::{Gcm, KEY_LENGTH, NONCE_LENGTH, TAG_LENGTH};
use super::key_transport::recipient_info;
use super::{AUTH_ENVELOPED_DATA, Content, ContentLengths, DATA, MAX_LENGTH, Recipient};
use crate::pki::EncryptError;

/// A container could not be written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// Nobody could open it.
    #[error("the PINs have no recipient: name at least one PIN encryption certificate")]
    NoRecipients,
    /// More than a card can hold.
    #[error(
        "the encrypted PINs would be longer than {MAX_LENGTH} bytes, which no file of a card is; \
         use fewer recipients"
    )]
    TooLong,
    /// The source of randomness failed.
    #[error("the PINs could not be encrypted: the source of randomness failed")]
    Randomness,
    /// The content key could not be encrypted to a recipient.
    #[error("the PINs could not be encrypted to key {key}: {reason}")]
    Recipient {
        /// The key, `#` and its identifier in hex.
        key: String,
        /// What went wrong.
        reason: EncryptError,
    },
    /// A structure could not be written.
    #[error("the encrypted PINs could not be written: {0}")]
    Der(#[from] der::Error),
}

/// Encrypts `content` to all `recipients`; each of them can open it alone. The same arguments give
/// another container each time, by the randomness of `rng`, but one of the same length.
///
/// # Errors
/// [`SealError`], without anything of the content.
pub fn seal<R: TryCryptoRng + ?Sized>(
    content: &Content,
    recipients: &[Recipient],
    rng: &mut R,
) -> Result<Vec<u8>, SealError> {
    check(&content.lengths(), recipients)?;
    let key = random::<KEY_LENGTH, R>(rng)?;
    let cipher = Gcm::new(*random::<NONCE_LENGTH, R>(rng)?);
    let recipients = recipients
        .iter()
        .map(|recipient| encrypt_key(recipient, &key, rng))
        .collect::<Result<_, _>>()?;
    let plain = content.to_der()?;
    let (encrypted, tag) = cipher.encrypt(&key, &plain).ok_or(SealError::TooLong)?;
    let container = container(&cipher, recipients, encrypted, tag)?.to_der()?;
    within_limit(container.len())?;
    Ok(container)
}

/// The exact length in bytes of what [`seal`] writes for contents with these lengths; never less
/// for longer contents. For the room that a card has to leave.
///
/// # Errors
/// [`SealError`] where [`seal`] would refuse.
pub fn sealed_size(lengths: &ContentLengths, recipients: &[Recipient]) -> Result<usize, SealError> {
    check(lengths, recipients)?;
    let recipients = recipients
        .iter()
        .map(|recipient| recipient_info(recipient, vec![0; recipient.key().modulus().len()]))
        .collect::<Result<_, _>>()?;
    let cipher = Gcm::new([0; NONCE_LENGTH]);
    let encrypted = vec![0; lengths.padded()];
    let container = container(&cipher, recipients, encrypted, [0; TAG_LENGTH])?;
    let length = usize::try_from(container.encoded_len()?).map_err(|_| SealError::TooLong)?;
    within_limit(length)?;
    Ok(length)
}

/// Refuses early, before anything large is made.
fn check(lengths: &ContentLengths, recipients: &[Recipient]) -> Result<(), SealError> {
    if recipients.is_empty() {
        return Err(SealError::NoRecipients);
    }
    let keys = recipients.iter().map(|it| it.key().modulus().len());
    within_limit(keys.fold(lengths.padded(), usize::saturating_add))
}

const fn within_limit(length: usize) -> Result<(), SealError> {
    if length > MAX_LENGTH {
        return Err(SealError::TooLong);
    }
    Ok(())
}

fn random<const LENGTH: usize, R: TryCryptoRng + ?Sized>(
    rng: &mut R,
) -> Result<Zeroizing<[u8; LENGTH]>, SealError> {
    let mut bytes = Zeroizing::new([0; LENGTH]);
    rng.try_fill_bytes(bytes.as_mut_slice())
        .map_err(|_| SealError::Randomness)?;
    Ok(bytes)
}

fn encrypt_key<R: TryCryptoRng + ?Sized>(
    recipient: &Recipient,
    key: &[u8; KEY_LENGTH],
    rng: &mut R,
) -> Result<KeyTransRecipientInfo, SealError> {
    let encrypted = recipient
        .key()
        .encrypt(recipient.key_encryption(), key, rng)
        .map_err(|reason| match reason {
            EncryptError::Randomness => SealError::Randomness,
            reason => SealError::Recipient {
                key: recipient.key_reference().to_string(),
                reason,
            },
        })?;
    Ok(recipient_info(recipient, encrypted)?)
}

/// The CMS structure. Without authenticated attributes, as the content type is id-data (RFC 5083
/// section 2.1).
fn container(
    cipher: &Gcm,
    recipients: Vec<KeyTransRecipientInfo>,
    encrypted: Vec<u8>,
    tag: [u8; TAG_LENGTH],
) -> der::Result<ContentInfo> {
    let recipients: Vec<_> = recipients.into_iter().map(RecipientInfo::Ktri).collect();
    let enveloped = AuthEnvelopedData {
        version: CmsVersion::V0,
        originator_info: None,
        recip_infos: SetOfVec::try_from(recipients)?.into(),
        auth_encrypted_content_info: EncryptedContentInfo {
            content_type: DATA,
            content_enc_alg: cipher.to_algorithm()?,
            encrypted_content: Some(OctetString::new(encrypted)?),
        },
        auth_attrs: None,
        mac: OctetString::new(tag)?,
        unauth_attrs: None,
    };
    Ok(ContentInfo {
        content_type: AUTH_ENVELOPED_DATA,
        content: Any::encode_from(&enveloped)?,
    })
}
