//! A certification authority in the process, for trying an encoding out.
//!
//! Its key is made from the randomness that it is given, and dies with the process unless it is kept.
//! Its name says
//! what it is, so that no certificate of it is taken for a real one.

use p256::ecdsa::{DerSignature, SigningKey};
use p256::elliptic_curve::Generate as _;
use rsa::rand_core::TryCryptoRng;
use sha2::{Digest as _, Sha256};
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{self, Builder as _, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension as _};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::time as x509;

use der::flagset::FlagSet;
use der::{Decode as _, Encode as _};

use super::{IssueError, Issued, Issuer, Request};
use crate::pki::{
    Attribute, Certificate, CertificateError, DistinguishedName, KeyError, NameError, PublicKey,
    UnixTime, Validity,
};

/// Common name of the authority.
const NAME: &str = "perso development CA (not for production)";

/// A development CA: P-256, self-signed, its certificates valid for a set number of days.
pub struct DevCa {
    pub(super) key: SigningKey,
    pub(super) certificate: Certificate,
    pub(super) days: u32,
}

/// The development CA could not be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DevCaError {
    /// The source of randomness failed.
    #[error("no development CA could be made: the source of randomness failed")]
    Randomness,
    /// What is kept of it cannot be read or written.
    #[error("the kept development CA `{place}`: {reason}")]
    Kept {
        /// The file or folder.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// A certificate could not be put together.
    #[error("the development CA could not make a certificate: {0}")]
    Certificate(String),
}

impl DevCa {
    /// An authority with a key from `rng`, valid as `validity` says; what it issues is valid from
    /// the time of the request for `days` days, at most as long as the authority itself.
    ///
    /// # Errors
    /// [`DevCaError`] if the randomness fails or the validity cannot be written.
    pub fn new<R: TryCryptoRng + ?Sized>(
        rng: &mut R,
        validity: Validity,
        days: u32,
    ) -> Result<Self, DevCaError> {
        let key = SigningKey::try_generate_from_rng(rng).map_err(|_| DevCaError::Randomness)?;
        let subject = DistinguishedName::new([Attribute::CommonName(NAME.to_owned())])?;
        let public_key = SubjectPublicKeyInfoOwned::from_key(key.verifying_key())
            .map_err(builder::Error::from)?;
        let profile = Profile {
            issuer: None,
            subject: x509_name(&subject)?,
            usages: KeyUsages::KeyCertSign | KeyUsages::CRLSign,
        };
        let certificate = sign(&key, profile, public_key, validity)?;
        Ok(Self {
            key,
            certificate,
            days,
        })
    }

    /// The certificate of the authority, to be trusted by whoever tests.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// From `now` on, never beyond the authority's own certificate.
    fn validity(&self, now: UnixTime) -> Result<Validity, IssueError> {
        let own = self.certificate.validity();
        if !own.contains(now) {
            let reason = format!(
                "the development CA is valid from {} to {}, not at {now}",
                own.not_before, own.not_after
            );
            return Err(IssueError::Failed { reason });
        }
        let wanted = Validity::days_from(now, self.days);
        Ok(Validity {
            not_after: wanted.not_after.min(own.not_after),
            ..wanted
        })
    }

    fn certify(
        &self,
        subject: &DistinguishedName,
        key: &PublicKey,
        validity: Validity,
    ) -> Result<Certificate, DevCaError> {
        let profile = Profile {
            issuer: Some(x509_name(&self.certificate.subject())?),
            subject: x509_name(subject)?,
            usages: end_entity_usages(key),
        };
        let public_key = SubjectPublicKeyInfoOwned::from_der(&key.to_spki()?)?;
        sign(&self.key, profile, public_key, validity)
    }
}

impl Issuer for DevCa {
    fn issue(&mut self, request: &Request) -> Result<Issued, IssueError> {
        let refused = |error: crate::pki::RequestError| IssueError::Refused {
            reason: error.to_string(),
        };
        let csr = &request.certificate_request;
        csr.verify().map_err(refused)?;
        let key = csr.public_key().map_err(refused)?;
        let validity = self.validity(request.now)?;
        let certificate = self
            .certify(&csr.subject(), &key, validity)
            .map_err(|error| IssueError::Failed {
                reason: error.to_string(),
            })?;
        Ok(Issued {
            certificate,
            chain: vec![self.certificate.clone()],
        })
    }
}

/// Nothing of the key.
impl std::fmt::Debug for DevCa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DevCa")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

/// Authentication and signature, and for RSA also the decryption of content keys.
fn end_entity_usages(key: &PublicKey) -> FlagSet<KeyUsages> {
    let signing = KeyUsages::DigitalSignature | KeyUsages::NonRepudiation;
    match key {
        PublicKey::Rsa(_) => signing | KeyUsages::KeyEncipherment,
        PublicKey::Ec(_) => signing | KeyUsages::KeyAgreement,
    }
}

/// Names, usages and, from them, the extensions of a certificate.
struct Profile {
    /// `None` for the authority itself.
    issuer: Option<Name>,
    subject: Name,
    usages: FlagSet<KeyUsages>,
}

impl BuilderProfile for Profile {
    fn get_issuer(&self, subject: &Name) -> Name {
        self.issuer.clone().unwrap_or_else(|| subject.clone())
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        issuer_key: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        let ca = self.issuer.is_none();
        let constraints = BasicConstraints {
            ca,
            path_len_constraint: ca.then_some(0),
        };
        let subject = tbs.subject();
        let mut extensions = Vec::new();
        extensions.push(constraints.to_extension(subject, &extensions)?);
        extensions.push(KeyUsage(self.usages).to_extension(subject, &extensions)?);
        let own = SubjectKeyIdentifier::try_from(key)?;
        extensions.push(own.to_extension(subject, &extensions)?);
        let above = AuthorityKeyIdentifier::try_from(issuer_key)?;
        extensions.push(above.to_extension(subject, &extensions)?);
        Ok(extensions)
    }
}

fn sign(
    key: &SigningKey,
    profile: Profile,
    public_key: SubjectPublicKeyInfoOwned,
    validity: Validity,
) -> Result<Certificate, DevCaError> {
    let serial = serial_number(&profile.subject, &public_key, validity)?;
    let validity = x509::Validity::new(
        validity.not_before.to_date_time()?.into(),
        validity.not_after.to_date_time()?.into(),
    );
    let builder = CertificateBuilder::new(profile, serial, validity, public_key)?;
    let certificate = builder.build::<_, DerSignature>(key)?;
    Ok(Certificate::from_der(&certificate.to_der()?)?)
}

/// 16 bytes of a hash over what is certified: no counter to remember, no two certificates with the
/// same number, and the same certificate for the same request.
fn serial_number(
    subject: &Name,
    key: &SubjectPublicKeyInfoOwned,
    validity: Validity,
) -> Result<SerialNumber, DevCaError> {
    let hash = Sha256::new()
        .chain_update(subject.to_der()?)
        .chain_update(key.to_der()?)
        .chain_update(validity.not_before.seconds().to_be_bytes())
        .chain_update(validity.not_after.seconds().to_be_bytes())
        .finalize();
    let mut serial = [0; 16];
    serial.copy_from_slice(hash.split_at(16).0);
    // Positive, and never zero (RFC 5280 section 4.1.2.2).
    serial[0] = serial[0] & 0x3f | 0x40;
    Ok(SerialNumber::new(&serial)?)
}

fn x509_name(name: &DistinguishedName) -> Result<Name, DevCaError> {
    Ok(Name::from_der(&name.to_der()?)?)
}

macro_rules! certificate_error_from {
    ($($error:ty),*) => {$(
        impl From<$error> for DevCaError {
            fn from(error: $error) -> Self {
                Self::Certificate(error.to_string())
            }
        }
    )*};
}

certificate_error_from!(
    builder::Error,
    der::Error,
    CertificateError,
    KeyError,
    NameError
);

#[cfg(test)]
mod tests {
    use getrandom::SysRng;

    use super::*;
    use crate::pki::{CertificateRequest, Curve, KeyKind, PrivateKey};

    const NOW: UnixTime = UnixTime::from_seconds(1_772_366_400);

    fn ca() -> DevCa {
        DevCa::new(&mut SysRng, Validity::days_from(NOW, 30), 365).unwrap()
    }

    fn request(kind: KeyKind) -> Request {
        let mut key = PrivateKey::generate(kind, &mut SysRng).unwrap();
        let subject = DistinguishedName::new([Attribute::CommonName("Ada".to_owned())]).unwrap();
        Request {
            certificate_request: CertificateRequest::build(&subject, &mut key).unwrap(),
            name: "1-A.obtain".to_owned(),
            template: "User".to_owned(),
            now: NOW.plus_days(1),
        }
    }

    #[test]
    fn issues_for_the_key_and_subject_of_the_request() {
        let mut ca = ca();
        for kind in [
            KeyKind::Rsa { bits: 1024 },
            KeyKind::Ec(Curve::P256),
            KeyKind::Ec(Curve::P384),
        ] {
            let request = request(kind);
            let issued = ca.issue(&request).unwrap();
            let key = request.certificate_request.public_key().unwrap();
            assert!(issued.certificate.is_for(&key));
            assert_eq!(issued.certificate.subject().to_string(), "CN=Ada");
            assert_eq!(
                issued.certificate.key_identifier(),
                Ok(key.key_identifier().unwrap().to_vec())
            );
            assert!(!issued.certificate.is_ca());
            assert_eq!(
                issued.certificate.verify_issued_by(ca.certificate()),
                Ok(())
            );
            assert_eq!(issued.chain, [ca.certificate().clone()]);
        }
    }

    #[test]
    fn says_in_its_name_that_it_is_not_for_production() {
        let ca = ca();
        assert_eq!(
            ca.certificate().subject().to_string(),
            "CN=perso development CA (not for production)"
        );
        assert!(ca.certificate().is_ca());
        assert_eq!(ca.certificate().verify_issued_by(ca.certificate()), Ok(()));
    }

    #[test]
    fn the_same_request_gets_the_same_certificate() {
        let mut ca = ca();
        let request = request(KeyKind::Ec(Curve::P256));
        assert_eq!(ca.issue(&request).unwrap(), ca.issue(&request).unwrap());
    }

    #[test]
    fn never_issues_beyond_its_own_validity() {
        let mut ca = ca();
        let mut request = request(KeyKind::Ec(Curve::P256));
        let issued = ca.issue(&request).unwrap();
        assert_eq!(issued.certificate.validity().not_before, request.now);
        assert_eq!(issued.certificate.validity().not_after, NOW.plus_days(30));
        request.now = NOW.plus_days(31);
        let error = ca.issue(&request).unwrap_err().to_string();
        assert!(error.contains("2026-03-31T12:00:00Z"), "{error}");
    }

    #[test]
    fn refuses_a_request_that_does_not_verify() {
        let mut request = request(KeyKind::Ec(Curve::P256));
        let mut der = request.certificate_request.der().to_vec();
        let place = der.windows(3).position(|bytes| bytes == b"Ada").unwrap();
        der[place] = b'O';
        request.certificate_request = CertificateRequest::from_der(&der).unwrap();
        assert!(matches!(
            ca().issue(&request),
            Err(IssueError::Refused { .. })
        ));
    }

    #[test]
    fn another_authority_did_not_issue_it() {
        let issued = ca().issue(&request(KeyKind::Ec(Curve::P256))).unwrap();
        assert!(
            issued
                .certificate
                .verify_issued_by(ca().certificate())
                .is_err()
        );
        assert!(
            issued
                .certificate
                .verify_issued_by(&issued.certificate)
                .is_err()
        );
    }
}
