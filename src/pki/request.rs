//! Certificate requests (PKCS#10, RFC 2986).

use der::{Decode as _, Encode as _, EncodePem as _};
use x509_cert::request::{CertReq, CertReqInfo, Version};

use super::signature::{from_pem, sign, signature_bytes, signed_part};
use super::{DistinguishedName, KeyError, PublicKey, SignError, SignatureAlgorithm, Signer};

/// A signed request for a certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertificateRequest {
    der: Vec<u8>,
    parsed: CertReq,
}

/// A request that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Not PKCS#10.
    #[error("this is no certificate request (PKCS#10): {0}")]
    Der(#[from] der::Error),
    /// A key of a kind that is not supported.
    #[error("the key of the certificate request cannot be used: {0}")]
    Key(#[from] KeyError),
    /// A signature algorithm that is not supported.
    #[error("the certificate request is signed with {0}, which is not supported")]
    UnsupportedAlgorithm(der::oid::ObjectIdentifier),
    /// The proof of possession fails.
    #[error(
        "the signature of the certificate request does not verify: it was changed, or signed with another key"
    )]
    BadSignature,
}

impl CertificateRequest {
    /// Makes a request for `subject`, signed by the private key behind `signer`.
    ///
    /// The signature is verified before it is believed.
    ///
    /// # Errors
    /// [`SignError`]: the signer failed, or what it returned is no signature by its key.
    pub fn build<S: Signer>(
        subject: &DistinguishedName,
        signer: &mut S,
    ) -> Result<Self, SignError<S::Error>> {
        let info = CertReqInfo {
            version: Version::V1,
            subject: subject.parsed().clone(),
            public_key: signer.public_key().to_parsed()?,
            attributes: Default::default(),
        };
        let (algorithm, signature) = sign(signer, &info.to_der().map_err(KeyError::Der)?)?;
        let parsed = CertReq {
            info,
            algorithm,
            signature,
        };
        let der = parsed.to_der().map_err(KeyError::Der)?;
        Ok(Self { der, parsed })
    }

    /// Reads a request in DER, without checking its signature.
    ///
    /// # Errors
    /// [`RequestError::Der`] if it is none.
    pub fn from_der(der: &[u8]) -> Result<Self, RequestError> {
        Ok(Self {
            der: der.to_vec(),
            parsed: CertReq::from_der(der)?,
        })
    }

    /// Reads a request in PEM, without checking its signature.
    ///
    /// # Errors
    /// [`RequestError::Der`] if it is none.
    pub fn from_pem(pem: &str) -> Result<Self, RequestError> {
        Self::from_der(&from_pem::<CertReq>(pem)?)
    }

    /// The request in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The request in PEM, as certification authorities take it.
    ///
    /// # Errors
    /// [`RequestError::Der`] is not to be expected.
    pub fn to_pem(&self) -> Result<String, RequestError> {
        Ok(self.parsed.to_pem(der::pem::LineEnding::LF)?)
    }

    /// Whom the certificate is for.
    #[must_use]
    pub fn subject(&self) -> DistinguishedName {
        DistinguishedName::from_parsed(&self.parsed.info.subject)
    }

    /// The key that the certificate is for.
    ///
    /// # Errors
    /// [`RequestError::Key`] for a key of a kind that is not supported.
    pub fn public_key(&self) -> Result<PublicKey, RequestError> {
        Ok(PublicKey::from_parsed(&self.parsed.info.public_key)?)
    }

    /// Checks that whoever asks holds the private key.
    ///
    /// # Errors
    /// [`RequestError::BadSignature`] if not.
    pub fn verify(&self) -> Result<(), RequestError> {
        let oid = self.parsed.algorithm.oid;
        let algorithm =
            SignatureAlgorithm::from_oid(oid).ok_or(RequestError::UnsupportedAlgorithm(oid))?;
        let signed = signed_part(&self.der).ok_or(RequestError::BadSignature)?;
        let signature = signature_bytes(&self.parsed.signature);
        if algorithm.verifies(&self.public_key()?, signed, signature) {
            Ok(())
        } else {
            Err(RequestError::BadSignature)
        }
    }
}

#[cfg(test)]
mod tests {
    use getrandom::SysRng;

    use super::*;
    use crate::pki::{Attribute, Curve, KeyKind, PrivateKey};

    fn subject() -> DistinguishedName {
        DistinguishedName::new([Attribute::CommonName("Ada".to_owned())]).unwrap()
    }

    fn key(kind: KeyKind) -> PrivateKey {
        PrivateKey::generate(kind, &mut SysRng).unwrap()
    }

    #[test]
    fn is_signed_with_every_kind_of_key() {
        for kind in [
            KeyKind::Rsa { bits: 1024 },
            KeyKind::Ec(Curve::P256),
            KeyKind::Ec(Curve::P384),
        ] {
            let mut key = key(kind);
            let request = CertificateRequest::build(&subject(), &mut key).unwrap();
            assert_eq!(request.verify(), Ok(()), "{kind}");
            assert_eq!(request.public_key(), Ok(key.public_key()));
            assert_eq!(request.subject().to_string(), "CN=Ada");
            let pem = request.to_pem().unwrap();
            assert_eq!(CertificateRequest::from_pem(&pem), Ok(request));
        }
    }

    #[test]
    fn a_changed_request_does_not_verify() {
        let request =
            CertificateRequest::build(&subject(), &mut key(KeyKind::Ec(Curve::P256))).unwrap();
        let mut der = request.der().to_vec();
        let place = der.windows(3).position(|bytes| bytes == b"Ada").unwrap();
        der[place] = b'O';
        let changed = CertificateRequest::from_der(&der).unwrap();
        assert_eq!(changed.verify(), Err(RequestError::BadSignature));
    }

    /// A token that signs with another key than it says.
    struct Confused(PrivateKey, PrivateKey);

    impl Signer for Confused {
        type Error = KeyError;

        fn public_key(&self) -> PublicKey {
            self.0.public_key()
        }

        fn sign(&mut self, to_be_signed: &[u8]) -> Result<Vec<u8>, KeyError> {
            self.1.sign(to_be_signed)
        }
    }

    #[test]
    fn a_signature_by_another_key_is_not_believed() {
        let curve = KeyKind::Ec(Curve::P256);
        let mut confused = Confused(key(curve), key(curve));
        let refused = CertificateRequest::build(&subject(), &mut confused);
        assert!(matches!(refused, Err(SignError::Mismatch)));
    }
}
