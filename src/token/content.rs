//! What is brought to a token from outside: whether it is what it should be, before anything is
//! written. What the token makes of it is its own business.

use super::{ObjectId, Refusal, certificate_list};
use crate::operation::{Action, Input};
use crate::pki::{Certificate, Integrity, Pkcs12};

/// What speaks against the certificates and keys of `action`, as far as they are known.
pub(super) fn refusal(action: &Action<Option<Input>>) -> Option<Refusal> {
    match action {
        Action::ImportPkcs12 {
            container: Some(Input::Bytes(container)),
            password: Some(Input::Bytes(password)),
            ..
        } => {
            let refused = Pkcs12::read(container.expose(), password, Integrity::Required).err()?;
            Some(Refusal::new(refused.to_string()))
        }
        Action::WriteCertificate {
            certificate: Some(Input::Bytes(certificate)),
            ..
        } => {
            let refused = Certificate::from_der(certificate.expose()).err()?;
            Some(Refusal::new(refused.to_string()).help("give it as X.509 in DER or PEM"))
        }
        Action::WriteCertificateList {
            list: Some(Input::Bytes(given)),
            mode,
            ..
        } => {
            let entries = certificate_list::entries(given, &ObjectId([0; 20]));
            let refused = certificate_list::fatal(&entries, *mode)?;
            Some(Refusal::new(refused.problem.clone()))
        }
        _ => None,
    }
}
