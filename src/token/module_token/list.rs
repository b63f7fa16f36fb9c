//! A list of certificates behind a PKCS#11 module.

use super::ModuleToken;
use super::key::with_id;
use super::object::shows_certificate;
use super::value::bytes;
use crate::operation::{CertificateListMode, Input, Login};
use crate::secret::Secret;
use crate::token::certificate_list::{Entry, all_there, entries, write_each};
use crate::token::pkcs11::{Class, KeyName, Session};
use crate::token::{State, Step, TokenError};

impl ModuleToken {
    /// Writes every entry that is not there yet; the result is the list of results.
    pub(super) fn write_list(
        &mut self,
        signature: bool,
        login: &Login<Input>,
        step: &Step<'_>,
        list: &Input,
        mode: CertificateListMode,
    ) -> Result<Secret, TokenError> {
        let list = bytes(list)?;
        let session = self.logged_in(signature, login)?;
        write_each(list, &step.object_id, mode, |entry| write(entry, session))
    }

    /// Whether those entries are there that must be.
    pub(super) fn expect_list(
        &mut self,
        signature: bool,
        step: &Step<'_>,
        list: &Input,
        mode: CertificateListMode,
    ) -> Result<(), TokenError> {
        let session = self.as_it_is(signature)?;
        let there = |entry: &Entry| is_there(entry, session);
        match all_there(bytes(list)?, &step.object_id, mode, there)? {
            true => Ok(()),
            false => Err(self.not_there("an entry of the list of certificates")),
        }
    }

    /// How much of the list is there.
    pub(super) fn state_of_list(
        &mut self,
        signature: bool,
        login: &Login<Input>,
        step: &Step<'_>,
        list: &Input,
    ) -> Result<State, TokenError> {
        let session = self.logged_in(signature, login)?;
        for entry in entries(bytes(list)?, &step.object_id).into_iter().flatten() {
            if is_there(&entry, session)? {
                // What failed before may be tried again; what is there is not written twice.
                return Ok(State::Partial);
            }
        }
        Ok(State::Absent)
    }
}

fn write(entry: &Entry, session: &Session) -> Result<(), TokenError> {
    let name = KeyName {
        id: entry.id.clone(),
        label: entry.label.clone(),
    };
    if let Some(key) = &entry.key {
        for (class, there) in halves(entry, session)? {
            match (class, there) {
                (_, true) => {}
                (Class::PrivateKey, false) => {
                    session.import_private_key(key, &name, Some(&entry.certificate))?;
                }
                _ => {
                    session.create_public_key(&key.public_key(), &name)?;
                }
            }
        }
    }
    if !shows_certificate(session, &name.id, entry.certificate.der())? {
        session.create_certificate(&entry.certificate, &name)?;
    }
    Ok(())
}

fn halves(entry: &Entry, session: &Session) -> Result<[(Class, bool); 2], TokenError> {
    let there = |class| -> Result<(Class, bool), TokenError> {
        let found = session.find(&with_id(class, &entry.id))?;
        Ok((class, !found.is_empty()))
    };
    Ok([there(Class::PrivateKey)?, there(Class::PublicKey)?])
}

fn is_there(entry: &Entry, session: &Session) -> Result<bool, TokenError> {
    let halves = match entry.key {
        Some(_) => halves(entry, session)?.iter().all(|(_, there)| *there),
        None => true,
    };
    Ok(halves && shows_certificate(session, &entry.id, entry.certificate.der())?)
}
