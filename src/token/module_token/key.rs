//! Key pairs: how they are found again, and what they sign.

use std::collections::BTreeSet;

use super::value::from_hex;
use super::{ModuleToken, gone};
use crate::operation::{Algorithm, Input, KeyCriteria, Login, ObjectClass, Part};
use crate::pki::{CertificateRequest, Curve, KeyKind, SignError};
use crate::token::pkcs11::{Class, Error, KeyName, KeyPair, Search, Session};
use crate::token::{KeyReference, Outcome, Retry, Step, TokenError};

impl ModuleToken {
    pub(super) fn find_key(
        &mut self,
        signature: bool,
        criteria: &KeyCriteria,
        login: &Login<Input>,
    ) -> Result<Outcome, TokenError> {
        let session = self.logged_in(signature, login)?;
        let id = criteria.id.as_deref().map(from_hex).transpose()?;
        let search = Search {
            class: Some(match criteria.class {
                ObjectClass::PublicKey => Class::PublicKey,
                ObjectClass::PrivateKey => Class::PrivateKey,
                ObjectClass::Certificate => Class::Certificate,
            }),
            label: criteria.label.clone(),
            id,
            application: None,
        };
        let ids: BTreeSet<Vec<u8>> = session
            .find(&search)?
            .into_iter()
            .map(|object| session.name(object).map(|name| name.id))
            .collect::<Result<_, _>>()?;
        let mut ids = ids.into_iter();
        match (ids.next(), ids.len()) {
            (Some(id), 0) => {
                pair(session, &id)?;
                Ok(Outcome::key(KeyReference {
                    id,
                    signature_slot: signature,
                }))
            }
            (None, _) => Err(TokenError::new(
                Retry::LookFirst,
                "no key pair on the token fits the criteria of the description",
            )
            .cause("the key was never made on this token, or has another label or identifier")),
            (Some(_), more) => Err(TokenError::new(
                Retry::LookFirst,
                format!("{} key pairs fit the criteria of the description", more + 1),
            )
            .cause("a label that several keys share; name the identifier too")),
        }
    }

    /// A key pair that must be there. A token that went away shows nothing either, and is told so.
    pub(super) fn present_pair(
        &mut self,
        signature: bool,
        id: &[u8],
    ) -> Result<KeyPair, TokenError> {
        match pair(self.as_it_is(signature)?, id) {
            Err(error) if self.is_present() => Err(error),
            Err(_) => Err(gone("the key pair of an earlier operation cannot be found")),
            found => found,
        }
    }

    pub(super) fn sign_request(&mut self, step: &Step<'_>) -> Result<Outcome, TokenError> {
        let (Some(key), Some(subject)) = (step.key, step.subject) else {
            return Err(TokenError::new(
                Retry::Refused,
                "a request needs a key and a subject",
            ));
        };
        let pair = self.present_pair(key.signature_slot, &key.id)?;
        let session = self.as_it_is(key.signature_slot)?;
        let mut signer = session.signer(pair)?;
        let request = CertificateRequest::build(subject, &mut signer).map_err(unsigned)?;
        Ok(Outcome::part(Part::Request, request.der().to_vec()))
    }
}

/// Why there is no request.
fn unsigned(error: SignError<Error>) -> TokenError {
    let problem = format!("the certificate request cannot be signed: {error}");
    match error {
        // What it means for the next run is for the answer of the token to say.
        SignError::Signer(error) => TokenError {
            problem,
            ..TokenError::from(error)
        },
        _ => TokenError::new(Retry::Safe, problem),
    }
    .cause("the middleware logs out after a signature, or the key is not for signing")
}

/// The identifier of the key that the step belongs to, else its own.
pub(super) fn key_name(step: &Step<'_>, label: &str) -> KeyName {
    KeyName {
        id: step
            .key
            .map_or_else(|| step.object_id.0.to_vec(), |key| key.id.clone()),
        label: label.to_owned(),
    }
}

pub(super) fn with_id(class: Class, id: &[u8]) -> Search {
    Search {
        class: Some(class),
        id: Some(id.to_vec()),
        ..Search::default()
    }
}

/// Both halves of the one key pair with this identifier.
pub(super) fn pair(session: &Session, id: &[u8]) -> Result<KeyPair, TokenError> {
    let one = |class, what: &str| match session.find(&with_id(class, id))?.as_slice() {
        [object] => Ok(*object),
        found => Err(TokenError::new(
            Retry::LookFirst,
            format!(
                "the token shows {} {what} keys with the identifier of the key pair, not one",
                found.len()
            ),
        )
        .cause("a run that was killed left half a key pair")),
    };
    Ok(KeyPair {
        public: one(Class::PublicKey, "public")?,
        private: one(Class::PrivateKey, "private")?,
    })
}

pub(super) fn key_kind(algorithm: Algorithm) -> KeyKind {
    match algorithm {
        Algorithm::Rsa { bits } => KeyKind::Rsa { bits: bits.into() },
        Algorithm::P256 => KeyKind::Ec(Curve::P256),
        Algorithm::P384 => KeyKind::Ec(Curve::P384),
    }
}
