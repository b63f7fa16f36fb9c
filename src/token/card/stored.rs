//! What is stored on a card: certificates, data objects, the serial number of one's own.

use der::oid::ObjectIdentifier;

use super::line::{lost, refused};
use super::preflight::makes_application;
use super::{CardToken, holder, input_bytes, input_text, is_signature};
use crate::card::apdu::ins;
use crate::card::pkcs15::{Application, CardError, Guard, KeyQuery, NewCertificate, NewData};
use crate::card::{Channel, Command};
use crate::der::Elements;
use crate::der::pkcs15::shown_serial;
use crate::operation::{Action, CardAction, DataAttributes, Input, Login, Part};
use crate::pki::{Certificate, Integrity, Pkcs12};
use crate::secret::Secret;
use crate::token::certificate_list::{Entry, all_there, entries};
use crate::token::{Outcome, Retry, State, Step, TokenError};

/// Label of the data object that holds the encrypted PINs (SEED).
const ENCRYPTED_PINS: &str = "Encrypted PINs";

impl CardToken {
    /// The PKCS#15 application, without which nothing can be listed.
    pub(super) fn application(&mut self) -> Result<&mut Application, TokenError> {
        self.find_application()?.ok_or_else(|| {
            TokenError::new(Retry::Safe, "the card has no PKCS#15 application")
                .cause("its profile makes none: directory 5015 with EF.ODF 5031")
        })
    }

    /// Changes the application; after an error it is read anew before it is used again.
    pub(super) fn change_application<T>(
        &mut self,
        change: impl FnOnce(&mut Application, &mut dyn Channel) -> Result<T, CardError>,
    ) -> Result<T, TokenError> {
        self.application()?;
        let Some(mut application) = self.application.take() else {
            return Err(TokenError::new(
                Retry::Safe,
                "the card has no PKCS#15 application",
            ));
        };
        let done = change(&mut application, &mut *self.line)?;
        self.application = Some(application);
        Ok(done)
    }

    /// Makes the application's directory the current one: its rules decide what may be made there.
    pub(super) fn select_application(&mut self) -> Result<(), TokenError> {
        let path: Vec<u8> = self
            .application()?
            .path()
            .iter()
            .flat_map(|id| id.to_be_bytes())
            .collect();
        let doing = "selecting the PKCS#15 application";
        let command = Command::new(ins::SELECT, 0x08, 0x0C)
            .data(path)
            .map_err(|error| TokenError::new(Retry::Refused, error.to_string()))?;
        let answer = self
            .line
            .exchange(&command)
            .map_err(|error| lost(doing, &error))?;
        match answer.sw.is_success() {
            true => Ok(()),
            false => Err(refused(doing, answer.sw)),
        }
    }

    pub(super) fn write_certificate(
        &mut self,
        guard: &Guard,
        certificate: &Secret,
        step: &Step<'_>,
        label: &str,
    ) -> Result<(), TokenError> {
        let certificate = Certificate::from_der(certificate.expose())
            .map_err(|error| TokenError::new(Retry::Refused, error.to_string()))?;
        if let Some(key) = step.key
            && !certificate.is_for(&self.public_key(&key.id)?)
        {
            return Err(TokenError::new(
                Retry::LookFirst,
                "the certificate is for another key than the one on the card",
            )
            .cause("the answer of the issuer belongs to another request"));
        }
        self.store_certificate(guard, &certificate, &step.identifier(), label)
    }

    fn store_certificate(
        &mut self,
        guard: &Guard,
        certificate: &Certificate,
        id: &[u8],
        label: &str,
    ) -> Result<(), TokenError> {
        self.change_application(|application, channel| {
            application.add_certificate(
                channel,
                &NewCertificate {
                    der: certificate.der(),
                    id,
                    label,
                    authority: certificate.is_ca(),
                    guard: Some(guard),
                },
            )
        })
    }

    pub(super) fn import(
        &mut self,
        signature: bool,
        pkcs12: &Pkcs12,
        label: &str,
        login: &Login<Input>,
        step: &Step<'_>,
    ) -> Result<Outcome, TokenError> {
        let id = step.identifier();
        let guard = self.writer(login, signature)?;
        let outcome = self.bring(signature, &pkcs12.key, &id, label, &guard)?;
        // The holder's own certificate last: once it is there, all is.
        for above in &pkcs12.chain {
            let id = above.key_identifier().unwrap_or_default();
            if !self.holds_certificate(&id, above.der())? {
                let label = above.subject().to_string();
                self.store_certificate(&guard, above, &id, &label)?;
            }
        }
        self.store_certificate(&guard, &pkcs12.certificate, &id, label)?;
        Ok(outcome)
    }

    /// An entry of a list of certificates, as far as it is not there yet.
    pub(super) fn write_entry(
        &mut self,
        entry: &Entry,
        signature: bool,
        guard: &Guard,
    ) -> Result<(), TokenError> {
        if let Some(key) = &entry.key
            && !self.holds_key(&entry.id)?
        {
            self.bring(signature, key, &entry.id, &entry.label, guard)?;
        }
        match self.holds_certificate(&entry.id, entry.certificate.der())? {
            true => Ok(()),
            false => self.store_certificate(guard, &entry.certificate, &entry.id, &entry.label),
        }
    }

    fn holds_key(&mut self, id: &[u8]) -> Result<bool, TokenError> {
        let application = self.application()?;
        let public = application.public_keys().iter().any(|it| it.key.id == id);
        Ok(public && !application.find_keys(KeyQuery::Id(id)).is_empty())
    }

    /// Whether an entry of a list is there.
    fn holds_entry(&mut self, entry: &Entry) -> Result<bool, TokenError> {
        let key = entry.key.is_none() || self.holds_key(&entry.id)?;
        Ok(key && self.holds_certificate(&entry.id, entry.certificate.der())?)
    }

    pub(super) fn write_data(
        &mut self,
        guard: &Guard,
        data: &Input,
        label: Option<&Input>,
        attributes: &DataAttributes,
    ) -> Result<(), TokenError> {
        let label = label.map(input_text).transpose()?.unwrap_or_default();
        let oid = attributes.object_id.as_deref().map(|dotted| {
            ObjectIdentifier::new(dotted).map_err(|_| {
                TokenError::new(
                    Retry::Refused,
                    format!("`{dotted}` is no object identifier"),
                )
            })
        });
        let oid = oid.transpose()?;
        let value = input_bytes(data)?.expose();
        self.change_application(|application, channel| {
            application.add_data(
                channel,
                &NewData {
                    value,
                    label,
                    application: attributes.application.as_deref(),
                    oid: oid.as_ref().map(ObjectIdentifier::as_bytes),
                    // PKCS #15 6.1.1: without the attribute an object is public.
                    private: attributes.private.unwrap_or(false),
                    guard: Some(guard),
                },
            )
        })
    }

    pub(super) fn write_serial(&mut self, serial: &Secret) -> Result<(), TokenError> {
        self.change_application(|application, channel| {
            application.set_token_info(channel, None, Some(serial.expose()))
        })
    }

    pub(super) fn read_encrypted_pins(&mut self) -> Result<Outcome, TokenError> {
        self.application()?;
        let (Some(application), line) = (&self.application, &mut *self.line) else {
            return Err(no_encrypted_pins());
        };
        let object = application.data_object(ENCRYPTED_PINS, None);
        let object = object.ok_or_else(no_encrypted_pins)?;
        let file = application.read_data(line, &object)?;
        // The file may be larger than the container, which its profile could not know.
        let container = match Elements::new(&file).next() {
            Some(Ok(element)) => file.get(element.span()).unwrap_or(&file),
            _ => &file,
        };
        Ok(Outcome::part(Part::PinBlob, container.to_vec()))
    }

    /// The very certificate if it is known; else whichever stands under the identifier of the key.
    pub(super) fn probe_certificate(
        &mut self,
        step: &Step<'_>,
        wanted: Option<&Secret>,
    ) -> Result<State, TokenError> {
        if self.find_application()?.is_none() {
            return Ok(State::Absent);
        }
        let wanted = wanted.filter(|wanted| !wanted.is_empty());
        let id = step.identifier();
        let (Some(application), line) = (&self.application, &mut *self.line) else {
            return Ok(State::Absent);
        };
        for entry in application.certificates().iter().filter(|it| it.id == id) {
            let found = application.read_certificate(line, entry)?;
            if wanted.is_none_or(|wanted| wanted.expose() == found) {
                return Ok(State::Done(Outcome::part(Part::Certificate, found)));
            }
        }
        Ok(State::Absent)
    }

    /// An import is done once key and certificate are listed.
    pub(super) fn probe_import(
        &mut self,
        signature: bool,
        step: &Step<'_>,
    ) -> Result<State, TokenError> {
        let key = self.probe_key_pair(signature, step)?;
        let certificate = self.probe_certificate(step, None)?;
        Ok(match (key, certificate) {
            (State::Done(outcome), State::Done(_)) => State::Done(outcome),
            (State::Absent, State::Absent) => State::Absent,
            _ => State::Partial,
        })
    }

    pub(super) fn probe_data(
        &mut self,
        data: &Input,
        label: Option<&Input>,
    ) -> Result<State, TokenError> {
        if self.find_application()?.is_none() {
            return Ok(State::Absent);
        }
        let label = label.map(input_text).transpose()?.unwrap_or_default();
        Ok(match self.holds_data(label, input_bytes(data)?.expose())? {
            true => State::Done(Outcome::default()),
            false => State::Absent,
        })
    }

    /// Takes off the directories what bears the identifier of the step and nothing else.
    pub(super) fn remove_half(&mut self, step: &Step<'_>) -> Result<(), TokenError> {
        self.remove_all(&step.object_id.0).map(|_| ())
    }

    /// Removes what `step` made. Whether there was something.
    pub(super) fn take_back(&mut self, step: &Step<'_>) -> Result<bool, TokenError> {
        let (Action::GenerateKeyPair { login, slot, .. }
        | Action::ImportPkcs12 { login, slot, .. }
        | Action::WriteCertificate { login, slot, .. }
        | Action::WriteCertificateList { login, slot, .. }
        | Action::WriteData { login, slot, .. }) = step.action
        else {
            return Ok(false);
        };
        self.log_in(login, is_signature(slot))?;
        match step.action {
            Action::WriteCertificate { .. } => self.remove_certificates(&step.identifier()),
            Action::WriteCertificateList { list, .. } => {
                let mut removed = false;
                let entries = entries(input_bytes(list)?, &step.object_id);
                for entry in entries.into_iter().flatten() {
                    removed |= self.remove_all(&entry.id)?;
                }
                Ok(removed)
            }
            Action::WriteData { data, label, .. } => {
                let label = label.as_ref().map(input_text).transpose()?;
                self.remove_data(label.unwrap_or_default(), input_bytes(data)?.expose())
            }
            _ => self.remove_all(&step.object_id.0),
        }
    }

    /// Keys and certificates with this identifier. Whether there were some.
    fn remove_all(&mut self, id: &[u8]) -> Result<bool, TokenError> {
        let keys = self.change_application(|application, channel| {
            let mut removed = false;
            for key in application.private_keys() {
                if key.key.id == id {
                    application.remove(channel, &key)?;
                    removed = true;
                }
            }
            for key in application.public_keys() {
                if key.key.id == id {
                    application.remove(channel, &key)?;
                    removed = true;
                }
            }
            Ok(removed)
        })?;
        Ok(self.remove_certificates(id)? || keys)
    }

    fn remove_certificates(&mut self, id: &[u8]) -> Result<bool, TokenError> {
        self.change_application(|application, channel| {
            let mut removed = false;
            for certificate in application.certificates() {
                if certificate.id == id {
                    application.remove(channel, &certificate)?;
                    removed = true;
                }
            }
            Ok(removed)
        })
    }

    fn remove_data(&mut self, label: &str, value: &[u8]) -> Result<bool, TokenError> {
        self.change_application(|application, channel| {
            for object in application.data_objects() {
                if object.common.label == label
                    && application.read_data(channel, &object)?.as_slice() == value
                {
                    application.remove(channel, &object)?;
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// Reads back what a step wrote.
    pub(super) fn compare(&mut self, step: &Step<'_>) -> Result<(), TokenError> {
        let there = match step.action {
            Action::Initialise { program, label, .. } => {
                let program = program.as_ref();
                let activates = program.is_some_and(|program| {
                    let mut operations = program.operations.iter();
                    operations.any(|it| matches!(it.action, CardAction::Activate))
                });
                // Other cards than simulated ones do not tell.
                let card = self.identification()?;
                let activated = card.is_none_or(|card| card.activated == activates);
                let application = self.find_application()?;
                let listed = program.is_some_and(makes_application);
                let named = match (label, application.as_ref().and_then(|it| it.token_info())) {
                    (Some(label), Some(info)) => info.label.as_deref() == Some(input_text(label)?),
                    _ => true,
                };
                activated && application.is_some() == listed && named
            }
            Action::DeleteProfile { .. } => self.is_blank()?,
            Action::WriteSerialNumber { serial, .. } => {
                self.serial()? == shown_serial(input_bytes(serial)?.expose())
            }
            Action::GenerateKeyPair { .. } => {
                self.public_key(&step.object_id.0)?;
                true
            }
            Action::WriteCertificate { certificate, .. } => {
                self.holds_certificate(&step.identifier(), input_bytes(certificate)?.expose())?
            }
            Action::ImportPkcs12 {
                container,
                password,
                ..
            } => {
                let pkcs12 = read_pkcs12(container, password)?;
                let id = step.identifier();
                self.public_key(&id)? == pkcs12.key.public_key()
                    && self.holds_certificate(&id, pkcs12.certificate.der())?
            }
            Action::WriteCertificateList { list, mode, .. } => {
                let list = input_bytes(list)?;
                all_there(list, &step.object_id, *mode, |entry| {
                    self.holds_entry(entry)
                })?
            }
            Action::WriteData { data, label, .. } => {
                let label = label.as_ref().map(input_text).transpose()?;
                self.holds_data(label.unwrap_or_default(), input_bytes(data)?.expose())?
            }
            Action::BlockPin { slot } => {
                self.pin_state(holder(is_signature(slot)))? == super::pins::PinState::Blocked
            }
            _ => true,
        };
        if there {
            return Ok(());
        }
        Err(TokenError::new(
            Retry::LookFirst,
            "it was written, but the card does not show the same when it is read",
        )
        .cause("another card is in the reader, or somebody else changed it"))
    }

    fn holds_certificate(&mut self, id: &[u8], der: &[u8]) -> Result<bool, TokenError> {
        self.application()?;
        let (Some(application), line) = (&self.application, &mut *self.line) else {
            return Ok(false);
        };
        for entry in application.certificates().iter().filter(|it| it.id == id) {
            if application.read_certificate(line, entry)? == der {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn holds_data(&mut self, label: &str, value: &[u8]) -> Result<bool, TokenError> {
        self.application()?;
        let (Some(application), line) = (&self.application, &mut *self.line) else {
            return Ok(false);
        };
        for object in application.data_objects() {
            if object.common.label == label
                && application.read_data(line, &object)?.as_slice() == value
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

pub(super) fn read_pkcs12(container: &Input, password: &Input) -> Result<Pkcs12, TokenError> {
    let container = input_bytes(container)?.expose();
    Pkcs12::read(container, input_bytes(password)?, Integrity::Required)
        .map_err(|error| TokenError::new(Retry::Refused, error.to_string()))
}

fn no_encrypted_pins() -> TokenError {
    TokenError::new(
        Retry::LookFirst,
        format!("the card has no data object `{ENCRYPTED_PINS}`"),
    )
    .cause("it was laid out by a profile that keeps no encrypted PINs, or keeps them elsewhere")
}

impl From<CardError> for TokenError {
    fn from(error: CardError) -> Self {
        let retry = match error.lost {
            true => Retry::LookFirst,
            false => Retry::Safe,
        };
        let error_of = Self::new(retry, error.problem);
        error.causes.into_iter().fold(error_of, Self::cause)
    }
}
