//! Certificates, PKCS#12 and data objects.

use super::ModuleToken;
use super::key::{key_name, with_id};
use crate::operation::{Input, Login};
use crate::pki::{Certificate, Pkcs12};
use crate::secret::Secret;
use crate::token::pkcs11::{Class, DataObject, KeyName, Search, Session};
use crate::token::{Retry, Step, TokenError};

impl ModuleToken {
    pub(super) fn write_certificate(
        &mut self,
        signature: bool,
        login: &Login<Input>,
        certificate: &Secret,
        step: &Step<'_>,
        label: &str,
    ) -> Result<(), TokenError> {
        let certificate = Certificate::from_der(certificate.expose())
            .map_err(|error| TokenError::new(Retry::Refused, error.to_string()))?;
        self.logged_in(signature, login)?;
        if let Some(key) = step.key {
            let pair = self.present_pair(signature, &key.id)?;
            let public = self.as_it_is(signature)?.public_key(pair.public)?;
            if !certificate.is_for(&public) {
                return Err(TokenError::new(
                    Retry::LookFirst,
                    "the certificate is for another key than the one on the token",
                )
                .cause("the answer of the issuer belongs to another request"));
            }
        }
        let session = self.as_it_is(signature)?;
        session.create_certificate(&certificate, &key_name(step, label))?;
        Ok(())
    }

    /// Key, certificate, and the certificates above it. Those are named by the identifier of their
    /// own key, so that the same authority is written once however many keys it stands above.
    pub(super) fn import(
        &mut self,
        signature: bool,
        login: &Login<Input>,
        pkcs12: &Pkcs12,
        name: &KeyName,
    ) -> Result<(), TokenError> {
        let session = self.logged_in(signature, login)?;
        session.import_private_key(&pkcs12.key, name, Some(&pkcs12.certificate))?;
        session.create_public_key(&pkcs12.key.public_key(), name)?;
        for above in &pkcs12.chain {
            let name = authority_name(above)?;
            if !shows_certificate(session, &name.id, above.der())? {
                session.create_certificate(above, &name)?;
            }
        }
        // The holder's own certificate last: once it is there, all is.
        session.create_certificate(&pkcs12.certificate, name)?;
        Ok(())
    }

    /// Fails unless the certificate is on the token under `id`.
    pub(super) fn expect_certificate(
        &mut self,
        signature: bool,
        id: &[u8],
        certificate: &[u8],
    ) -> Result<(), TokenError> {
        let session = self.as_it_is(signature)?;
        if shows_certificate(session, id, certificate)? {
            return Ok(());
        }
        Err(self.not_there("the certificate"))
    }

    /// Whether a data object with this label and content is there.
    pub(super) fn shows_data(
        &mut self,
        signature: bool,
        object: &DataObject,
    ) -> Result<bool, TokenError> {
        let session = self.as_it_is(signature)?;
        let search = Search {
            class: Some(Class::Data),
            label: Some(object.label.clone()),
            ..Search::default()
        };
        for found in session.find(&search)? {
            if session.read_data(found)? == object.value {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether this very certificate is there under `id`.
pub(super) fn shows_certificate(
    session: &Session,
    id: &[u8],
    certificate: &[u8],
) -> Result<bool, TokenError> {
    for object in session.find(&with_id(Class::Certificate, id))? {
        if session.read_certificate(object)?.der() == certificate {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `CKA_ID` and label of the certificate of an authority.
fn authority_name(certificate: &Certificate) -> Result<KeyName, TokenError> {
    let id = certificate
        .key_identifier()
        .map_err(|error| TokenError::new(Retry::Refused, error.to_string()))?;
    Ok(KeyName {
        id,
        label: certificate.subject().to_string(),
    })
}
