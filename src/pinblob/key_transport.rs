//! One recipient of the CMS structure (RFC 5652 section 6.2.1), and how its algorithm is written.

use cms::cert::IssuerAndSerialNumber;
use cms::content_info::CmsVersion;
use cms::enveloped_data::{KeyTransRecipientInfo, RecipientIdentifier};
use der::Encode as _;
use der::asn1::{Any, Null, OctetString};
use der::oid::ObjectIdentifier;
use rsa::pkcs1::{RsaOaepParams, RsaOaepParamsOwned, RsaOaepParamsRef};
use sha1::Sha1;
use sha2::Sha256;
use x509_cert::ext::pkix::SubjectKeyIdentifier;
use x509_cert::spki::{AlgorithmIdentifierOwned, AlgorithmIdentifierRef};

use super::Recipient;
use crate::pki::{DistinguishedName, KeyEncryption, KeyReference, OaepHash};

/// rsaEncryption (RFC 8017 appendix C): RSAES-PKCS1-v1_5 here.
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// id-RSAES-OAEP (RFC 8017 appendix C).
const RSAES_OAEP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.7");

/// The entry for `recipient` around its copy of the content key.
pub(super) fn recipient_info(
    recipient: &Recipient,
    encrypted_key: Vec<u8>,
) -> der::Result<KeyTransRecipientInfo> {
    let identifier = OctetString::new(recipient.key_identifier())?;
    Ok(KeyTransRecipientInfo {
        // "If the RecipientIdentifier is the SubjectKeyIdentifier, then the version MUST be 2."
        version: CmsVersion::V2,
        rid: RecipientIdentifier::SubjectKeyIdentifier(SubjectKeyIdentifier(identifier)),
        key_enc_alg: algorithm(recipient.key_encryption())?,
        enc_key: OctetString::new(encrypted_key)?,
    })
}

/// The key that an entry names; `None` for an issuer whose name cannot be read.
pub(super) fn key_reference(identifier: &RecipientIdentifier) -> Option<KeyReference> {
    match identifier {
        RecipientIdentifier::SubjectKeyIdentifier(identifier) => Some(
            KeyReference::SubjectKeyIdentifier(identifier.0.as_bytes().to_vec()),
        ),
        RecipientIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer,
            serial_number,
        }) => {
            let issuer = DistinguishedName::from_der(&issuer.to_der().ok()?).ok()?;
            Some(KeyReference::IssuerAndSerialNumber {
                issuer,
                serial_number: serial_number.as_bytes().to_vec(),
            })
        }
    }
}

fn algorithm(scheme: KeyEncryption) -> der::Result<AlgorithmIdentifierOwned> {
    let (oid, parameters) = match scheme {
        KeyEncryption::Oaep(hash) => (RSAES_OAEP, Any::encode_from(&oaep_parameters(hash))?),
        KeyEncryption::Pkcs1v15 => (RSA_ENCRYPTION, Null.into()),
    };
    Ok(AlgorithmIdentifierOwned {
        oid,
        parameters: Some(parameters),
    })
}

/// RSAES-OAEP-params with one hash for label and mask, and an empty label.
fn oaep_parameters(hash: OaepHash) -> RsaOaepParamsRef<'static> {
    match hash {
        OaepHash::Sha256 => RsaOaepParams::new::<Sha256>(),
        OaepHash::Sha1 => RsaOaepParams::new::<Sha1>(),
    }
}

/// The scheme that an algorithm identifier names; `None` for others.
pub(super) fn key_encryption(algorithm: &AlgorithmIdentifierOwned) -> Option<KeyEncryption> {
    match algorithm.oid {
        RSA_ENCRYPTION => Some(KeyEncryption::Pkcs1v15),
        RSAES_OAEP => {
            let parameters = algorithm.parameters.as_ref()?;
            let parameters: RsaOaepParamsOwned = parameters.decode_as().ok()?;
            [OaepHash::Sha256, OaepHash::Sha1]
                .into_iter()
                .find(|hash| is_same(&parameters, &oaep_parameters(*hash)))
                .map(KeyEncryption::Oaep)
        }
        _ => None,
    }
}

/// A hash is written with parameters NULL or none (RFC 4055 section 2.1); both mean the same.
fn is_same(found: &RsaOaepParamsOwned, known: &RsaOaepParamsRef<'_>) -> bool {
    let found_mask_hash = found.mask_gen.parameters.as_ref().map(|hash| hash.oid);
    let known_mask_hash = known.mask_gen.parameters.as_ref().map(|hash| hash.oid);
    found.hash.oid == known.hash.oid
        && found.mask_gen.oid == known.mask_gen.oid
        && found_mask_hash == known_mask_hash
        && AlgorithmIdentifierRef::from(&found.p_source) == known.p_source
}
