//! Whether a token shows what was written.

use super::ModuleToken;
use super::key::{key_name, pair};
use super::value::{bytes, data_object, read_pkcs12};
use crate::operation::Action;
use crate::token::{Step, TokenError};

impl ModuleToken {
    /// Reads back what `step` wrote.
    pub(super) fn compare(&mut self, step: &Step<'_>) -> Result<(), TokenError> {
        match step.action {
            Action::Initialise { pin, .. } => {
                let info = self.info()?;
                if info.initialized && (pin.is_none() || info.user_pin_initialized) {
                    return Ok(());
                }
                Err(self.not_there("the initialisation"))
            }
            Action::GenerateKeyPair { slot, .. } => {
                let session = self.as_it_is(Self::is_signature(slot))?;
                let pair = pair(session, &step.object_id.0)?;
                session.public_key(pair.public)?;
                Ok(())
            }
            Action::WriteCertificate {
                slot,
                certificate,
                label,
                ..
            } => {
                let id = key_name(step, label).id;
                let certificate = bytes(certificate)?.expose();
                self.expect_certificate(Self::is_signature(slot), &id, certificate)
            }
            Action::ImportPkcs12 {
                slot,
                container,
                password,
                label,
                ..
            } => {
                let id = key_name(step, label).id;
                let pkcs12 = read_pkcs12(container, password)?;
                let signature = Self::is_signature(slot);
                pair(self.as_it_is(signature)?, &id)?;
                self.expect_certificate(signature, &id, pkcs12.certificate.der())
            }
            Action::WriteCertificateList {
                slot, list, mode, ..
            } => self.expect_list(Self::is_signature(slot), step, list, *mode),
            Action::WriteData {
                slot,
                data,
                label,
                attributes,
                ..
            } => {
                let object = data_object(data, label.as_ref(), attributes)?;
                if self.shows_data(Self::is_signature(slot), &object)? {
                    return Ok(());
                }
                Err(self.not_there("the data object"))
            }
            _ => Ok(()),
        }
    }
}
