//! What of a step is there already, as a run that was killed left it.

use std::collections::BTreeSet;

use super::ModuleToken;
use super::key::{key_name, with_id};
use super::value::{bytes, data_object, text};
use crate::operation::{Action, Input, Part};
use crate::secret::Secret;
use crate::token::certificate_list::entries;
use crate::token::pkcs11::{Class, Search, Session};
use crate::token::{KeyReference, ObjectId, Outcome, Retry, State, Step, TokenError};

impl ModuleToken {
    /// Whether `step` was done before.
    pub(super) fn state_of(&mut self, step: &Step<'_>) -> Result<State, TokenError> {
        match step.action {
            Action::Initialise { label, pin, .. } => {
                self.state_of_token(label.as_ref(), pin.is_some())
            }
            Action::GenerateKeyPair { slot, login, .. } => {
                let signature_slot = Self::is_signature(slot);
                let session = self.logged_in(signature_slot, login)?;
                let halves = [Class::PublicKey, Class::PrivateKey];
                state(session, &step.object_id, &halves, signature_slot)
            }
            Action::ImportPkcs12 { slot, login, .. } => {
                let signature_slot = Self::is_signature(slot);
                let session = self.logged_in(signature_slot, login)?;
                let parts = [Class::PublicKey, Class::PrivateKey, Class::Certificate];
                state(session, &step.object_id, &parts, signature_slot)
            }
            Action::WriteCertificate {
                slot,
                certificate,
                label,
                login,
                ..
            } => {
                let session = self.logged_in(Self::is_signature(slot), login)?;
                let id = key_name(step, label).id;
                state_of_certificate(session, &id, certificate.bytes())
            }
            Action::WriteCertificateList {
                slot, list, login, ..
            } => self.state_of_list(Self::is_signature(slot), login, step, list),
            Action::WriteData {
                slot,
                data,
                label,
                attributes,
                login,
            } => {
                let object = data_object(data, label.as_ref(), attributes)?;
                let signature = Self::is_signature(slot);
                self.logged_in(signature, login)?;
                Ok(match self.shows_data(signature, &object)? {
                    true => State::Done(Outcome::default()),
                    false => State::Absent,
                })
            }
            _ => Ok(State::Unknown),
        }
    }

    /// A token with the label and the PIN that the initialisation gives looks done; by whom is not
    /// for the token to say.
    fn state_of_token(
        &mut self,
        label: Option<&Input>,
        with_pin: bool,
    ) -> Result<State, TokenError> {
        let info = self.info()?;
        let label = label.map(|label| text(bytes(label)?)).transpose()?;
        let named = label.is_none_or(|label| info.label == label.trim_end());
        Ok(
            match (info.initialized && named, info.user_pin_initialized) {
                (false, _) => State::Absent,
                (true, false) if with_pin => State::Partial,
                (true, _) => State::Done(Outcome::default()),
            },
        )
    }

    /// Removes what `step` left under its own identifier. A key that another operation made or
    /// found has another one.
    pub(super) fn remove_own_objects(&mut self, step: &Step<'_>) -> Result<(), TokenError> {
        let (Action::GenerateKeyPair { slot, login, .. }
        | Action::ImportPkcs12 { slot, login, .. }) = step.action
        else {
            return Ok(());
        };
        let session = self.logged_in(Self::is_signature(slot), login)?;
        remove_all(session, &step.object_id.0).map(|_| ())
    }

    /// Removes what `step` made. Whether there was something.
    pub(super) fn take_back(&mut self, step: &Step<'_>) -> Result<bool, TokenError> {
        match step.action {
            Action::GenerateKeyPair { slot, login, .. }
            | Action::ImportPkcs12 { slot, login, .. } => {
                let session = self.logged_in(Self::is_signature(slot), login)?;
                remove_all(session, &step.object_id.0)
            }
            Action::WriteCertificate { slot, login, .. } => {
                let session = self.logged_in(Self::is_signature(slot), login)?;
                remove(session, &with_id(Class::Certificate, &step.identifier()))
            }
            Action::WriteCertificateList {
                slot, list, login, ..
            } => {
                let list = entries(bytes(list)?, &step.object_id);
                let session = self.logged_in(Self::is_signature(slot), login)?;
                let mut removed = false;
                for entry in list.into_iter().flatten() {
                    removed |= remove_all(session, &entry.id)?;
                }
                Ok(removed)
            }
            Action::WriteData {
                slot,
                data,
                label,
                attributes,
                login,
            } => {
                let object = data_object(data, label.as_ref(), attributes)?;
                let session = self.logged_in(Self::is_signature(slot), login)?;
                let search = Search {
                    class: Some(Class::Data),
                    label: Some(object.label),
                    ..Search::default()
                };
                for found in session.find(&search)? {
                    if session.read_data(found)? == object.value {
                        session.destroy(found)?;
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    /// Whether a public key or a certificate with one of these identifiers is there. Nobody logs in
    /// for that.
    pub(super) fn shows_any(&mut self, ids: &BTreeSet<ObjectId>) -> Result<bool, TokenError> {
        for signature in [false, true] {
            if signature && self.signature.is_none() || !signature && !self.info()?.initialized {
                continue;
            }
            let session = self.as_it_is(signature)?;
            for id in ids {
                for class in [Class::PublicKey, Class::PrivateKey, Class::Certificate] {
                    if !session.find(&with_id(class, &id.0))?.is_empty() {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }
}

/// Removes keys and certificates with this identifier. Whether there were some.
fn remove_all(session: &Session, id: &[u8]) -> Result<bool, TokenError> {
    let mut removed = false;
    for class in [Class::Certificate, Class::PublicKey, Class::PrivateKey] {
        removed |= remove(session, &with_id(class, id))?;
    }
    Ok(removed)
}

/// Some tokens say that they removed what they keep: they are asked once more.
fn remove(session: &Session, search: &Search) -> Result<bool, TokenError> {
    let found = session.find(search)?;
    let there = !found.is_empty();
    for object in found {
        session.destroy(object)?;
    }
    match there && !session.find(search)?.is_empty() {
        true => Err(TokenError::new(
            Retry::LookFirst,
            "an object was removed, and the token shows it still",
        )),
        false => Ok(there),
    }
}

/// Whether there is an object of each of the classes under the identifier of the operation.
fn state(
    session: &Session,
    id: &ObjectId,
    classes: &[Class],
    signature_slot: bool,
) -> Result<State, TokenError> {
    let mut there = 0;
    for class in classes {
        there += usize::from(!session.find(&with_id(*class, &id.0))?.is_empty());
    }
    let key = || KeyReference {
        id: id.0.to_vec(),
        signature_slot,
    };
    Ok(match there {
        0 => State::Absent,
        all if all == classes.len() => State::Done(Outcome::key(key())),
        _ => State::Partial,
    })
}

/// The very certificate if it is known; else whichever stands under the identifier of the key.
fn state_of_certificate(
    session: &Session,
    id: &[u8],
    wanted: Option<&Secret>,
) -> Result<State, TokenError> {
    let wanted = wanted.filter(|wanted| !wanted.is_empty());
    for object in session.find(&with_id(Class::Certificate, id))? {
        let found = session.read_certificate(object)?;
        if wanted.is_none_or(|wanted| wanted.expose() == found.der()) {
            let part = Part::Certificate;
            return Ok(State::Done(Outcome::part(part, found.der().to_vec())));
        }
    }
    Ok(State::Absent)
}
