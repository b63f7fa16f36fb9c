//! What an authority outside answers, held against the key of the request.

use crate::pki::{BundleError, Certificate, PublicKey};

use super::Issued;

/// Longest chain that is followed.
const HIGHEST: usize = 16;

/// An answer that is of no use.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// There are no certificates in it.
    #[error("{0}")]
    NoCertificate(#[from] BundleError),
    /// None of its certificates is for the key of the request.
    #[error("the certificate for `{subject}` is for another key than that of the request")]
    OtherKey {
        /// Whom the first of them is for.
        subject: String,
    },
    /// Several of its certificates are for the key of the request.
    #[error("{count} different certificates are for the key of the request")]
    Ambiguous {
        /// How many.
        count: usize,
    },
}

impl Issued {
    /// The certificate for `key` among those of an answer, with those above it.
    ///
    /// # Errors
    /// [`AnswerError`] if it holds none, or several.
    pub fn from_answer(answer: &[u8], key: &PublicKey) -> Result<Self, AnswerError> {
        Self::among(Certificate::bundle(answer)?, key)
    }

    /// As [`Self::from_answer`], for certificates that are read already.
    ///
    /// # Errors
    /// [`AnswerError`] if none is for `key`, or several are.
    pub fn among(certificates: Vec<Certificate>, key: &PublicKey) -> Result<Self, AnswerError> {
        let first = certificates.first().map(Certificate::subject);
        let (mut own, mut others): (Vec<_>, Vec<_>) =
            certificates.into_iter().partition(|one| one.is_for(key));
        // The same one twice, as in a chain beside the certificate alone, is no question.
        own.sort_by(|one, other| one.der().cmp(other.der()));
        own.dedup();
        match (own.pop(), own.len()) {
            (None, _) => Err(AnswerError::OtherKey {
                subject: first.map_or_else(String::new, |subject| subject.to_string()),
            }),
            (Some(certificate), 0) => {
                let chain = above(&certificate, &mut others);
                Ok(Self { certificate, chain })
            }
            (Some(_), others) => Err(AnswerError::Ambiguous { count: others + 1 }),
        }
    }
}

/// The issuer of `certificate` among `others`, its issuer, and so on.
fn above(certificate: &Certificate, others: &mut Vec<Certificate>) -> Vec<Certificate> {
    let mut chain: Vec<Certificate> = Vec::new();
    while chain.len() < HIGHEST {
        let below = chain.last().unwrap_or(certificate);
        let issued = |one: &Certificate| below.verify_issued_by(one).is_ok();
        match others.iter().position(issued) {
            Some(place) => chain.push(others.swap_remove(place)),
            None => break,
        }
    }
    chain
}

#[cfg(test)]
mod tests {
    use getrandom::SysRng;

    use super::super::{DevCa, Issuer as _, Request};
    use super::*;
    use crate::pki::{
        Attribute, CertificateRequest, Curve, DistinguishedName, KeyKind, PrivateKey, UnixTime,
        Validity,
    };

    const NOW: UnixTime = UnixTime::from_seconds(1_772_366_400);

    fn request() -> Request {
        let mut key = PrivateKey::generate(KeyKind::Ec(Curve::P256), &mut SysRng).unwrap();
        let subject = DistinguishedName::new([Attribute::CommonName("Ada".to_owned())]).unwrap();
        Request {
            name: "1-A.obtain".to_owned(),
            certificate_request: CertificateRequest::build(&subject, &mut key).unwrap(),
            template: "User".to_owned(),
            now: NOW,
        }
    }

    fn ca() -> DevCa {
        DevCa::new(&mut SysRng, Validity::days_from(NOW, 30), 30).unwrap()
    }

    #[test]
    fn the_certificate_is_chosen_by_its_key_and_the_chain_ordered() {
        let (request, mut ca) = (request(), ca());
        let issued = ca.issue(&request).unwrap();
        let stranger = super::tests::ca().certificate().clone();
        let pem = |one: &Certificate| one.to_pem().unwrap();
        let text = [
            pem(&stranger),
            pem(ca.certificate()),
            pem(&issued.certificate),
            pem(&issued.certificate),
        ]
        .concat();
        let key = request.certificate_request.public_key().unwrap();
        let found = Issued::from_answer(text.as_bytes(), &key).unwrap();
        assert_eq!(found.certificate, issued.certificate);
        assert_eq!(found.chain, [ca.certificate().clone()]);
    }

    #[test]
    fn none_and_several_are_refused() {
        let (mine, mut ca) = (request(), ca());
        let key = mine.certificate_request.public_key().unwrap();
        let foreign = ca.issue(&request()).unwrap().certificate;
        let error = Issued::from_answer(foreign.der(), &key).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the certificate for `CN=Ada` is for another key than that of the request"
        );
        let one = ca.issue(&mine).unwrap().certificate;
        let later = Request {
            now: NOW.plus_days(1),
            ..mine
        };
        let two = ca.issue(&later).unwrap().certificate;
        assert_eq!(
            Issued::among(vec![one.clone(), foreign, two, one], &key),
            Err(AnswerError::Ambiguous { count: 2 })
        );
    }
}
