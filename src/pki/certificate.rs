//! Certificates (X.509, RFC 5280): what a token stores of them, and whose they are.

use der::pem::LineEnding;
use der::{Decode as _, Encode as _, EncodePem as _};
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, SubjectKeyIdentifier};

use super::signature::{from_pem, signature_bytes, signed_part};
use super::{DistinguishedName, KeyError, PublicKey, SignatureAlgorithm, UnixTime, Validity};

/// A certificate; its bytes are kept as they came.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    parsed: x509_cert::Certificate,
}

/// Not a certificate.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("this is no X.509 certificate: {0}")]
pub struct CertificateError(#[from] der::Error);

/// A certificate was not issued by the one it was held against.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The names do not match.
    #[error("the certificate was issued by `{named}`, not by `{issuer}`")]
    OtherIssuer {
        /// Issuer in the certificate.
        named: String,
        /// Subject of the supposed issuer.
        issuer: String,
    },
    /// The issuer's key cannot be used.
    #[error("the issuer's key cannot be used: {0}")]
    Key(#[from] KeyError),
    /// A signature algorithm that is not supported.
    #[error("the certificate is signed with {0}, which is not supported")]
    UnsupportedAlgorithm(der::oid::ObjectIdentifier),
    /// The signature fails.
    #[error("the signature of the certificate does not verify with the issuer's key")]
    BadSignature,
}

impl Certificate {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// [`CertificateError`] if it is none.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        Ok(Self {
            der: der.to_vec(),
            parsed: x509_cert::Certificate::from_der(der)?,
        })
    }

    /// Reads a certificate in PEM.
    ///
    /// # Errors
    /// [`CertificateError`] if it is none.
    pub fn from_pem(pem: &str) -> Result<Self, CertificateError> {
        Self::from_der(&from_pem::<x509_cert::Certificate>(pem)?)
    }

    /// The certificate in DER: `CKA_VALUE`.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate in PEM.
    ///
    /// # Errors
    /// [`CertificateError`] is not to be expected.
    pub fn to_pem(&self) -> Result<String, CertificateError> {
        Ok(self.parsed.to_pem(LineEnding::LF)?)
    }

    /// Whom it is for.
    #[must_use]
    pub fn subject(&self) -> DistinguishedName {
        DistinguishedName::from_parsed(self.parsed.tbs_certificate().subject())
    }

    /// Who signed it.
    #[must_use]
    pub fn issuer(&self) -> DistinguishedName {
        DistinguishedName::from_parsed(self.parsed.tbs_certificate().issuer())
    }

    /// The serial number, big-endian.
    #[must_use]
    pub fn serial_number(&self) -> &[u8] {
        self.parsed.tbs_certificate().serial_number().as_bytes()
    }

    /// The serial number as an INTEGER in DER: `CKA_SERIAL_NUMBER`.
    ///
    /// # Errors
    /// [`CertificateError`] is not to be expected.
    pub fn serial_number_der(&self) -> Result<Vec<u8>, CertificateError> {
        Ok(self.parsed.tbs_certificate().serial_number().to_der()?)
    }

    /// From when to when it is valid.
    #[must_use]
    pub fn validity(&self) -> Validity {
        let validity = self.parsed.tbs_certificate().validity();
        Validity {
            not_before: UnixTime::from_x509(validity.not_before),
            not_after: UnixTime::from_x509(validity.not_after),
        }
    }

    /// The key that it certifies.
    ///
    /// # Errors
    /// [`KeyError`] for a key of a kind that is not supported.
    pub fn public_key(&self) -> Result<PublicKey, KeyError> {
        PublicKey::from_parsed(self.parsed.tbs_certificate().subject_public_key_info())
    }

    /// Whether it certifies `key`.
    #[must_use]
    pub fn is_for(&self, key: &PublicKey) -> bool {
        self.public_key().is_ok_and(|own| own == *key)
    }

    /// The subject key identifier: the extension's, else the one of RFC 5280 section 4.2.1.2,
    /// method 1.
    ///
    /// # Errors
    /// [`KeyError`] if there is no extension and the key is of a kind that is not supported.
    pub fn key_identifier(&self) -> Result<Vec<u8>, KeyError> {
        match self
            .parsed
            .tbs_certificate()
            .get_extension::<SubjectKeyIdentifier>()
        {
            Ok(Some((_, identifier))) => Ok(identifier.0.as_bytes().to_vec()),
            Ok(None) | Err(_) => Ok(self.public_key()?.key_identifier()?.to_vec()),
        }
    }

    /// Whether the basic constraints make it the certificate of a certification authority.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        let constraints = self
            .parsed
            .tbs_certificate()
            .get_extension::<BasicConstraints>();
        matches!(constraints, Ok(Some((_, constraints))) if constraints.ca)
    }

    /// Whether keys may be encrypted to it: there is no key usage, or it names `keyEncipherment`
    /// (RFC 5280 section 4.2.1.3). A key usage that cannot be read allows nothing.
    #[must_use]
    pub fn allows_key_encipherment(&self) -> bool {
        match self.parsed.tbs_certificate().get_extension::<KeyUsage>() {
            Ok(usage) => usage.is_none_or(|(_, usage)| usage.key_encipherment()),
            Err(_) => false,
        }
    }

    /// Checks that `issuer` issued it: the names match and the signature verifies. Validity,
    /// extensions and revocation are not looked at.
    ///
    /// # Errors
    /// [`VerifyError`] says what does not fit.
    pub fn verify_issued_by(&self, issuer: &Self) -> Result<(), VerifyError> {
        if self.issuer() != issuer.subject() {
            return Err(VerifyError::OtherIssuer {
                named: self.issuer().to_string(),
                issuer: issuer.subject().to_string(),
            });
        }
        let oid = self.parsed.signature_algorithm().oid;
        let algorithm =
            SignatureAlgorithm::from_oid(oid).ok_or(VerifyError::UnsupportedAlgorithm(oid))?;
        let signature = signature_bytes(self.parsed.signature());
        let signed = signed_part(&self.der).ok_or(VerifyError::BadSignature)?;
        if algorithm.verifies(&issuer.public_key()?, signed, signature) {
            Ok(())
        } else {
            Err(VerifyError::BadSignature)
        }
    }
}

/// The parts that tell it from others, not its bytes.
impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject())
            .field("issuer", &self.issuer())
            .field("validity", &self.validity())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>) {
            let _ = Certificate::from_der(&bytes);
            let _ = Certificate::from_pem(&String::from_utf8_lossy(&bytes));
        }
    }
}
