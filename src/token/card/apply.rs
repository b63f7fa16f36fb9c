//! Each operation of a plan, as a card does it.

use super::profile::Layout;
use super::{CardToken, holder, input_bytes, is_signature, stored};
use crate::operation::{Access, Action, Input, Login, Part};
use crate::token::certificate_list::write_each;
use crate::token::{Outcome, Retry, Step, TokenError};

impl CardToken {
    /// Does what the step says.
    pub(super) fn perform(&mut self, step: &Step<'_>) -> Result<Outcome, TokenError> {
        match step.action {
            Action::SelectCard { selection } => self.select(selection).map(done),
            Action::ListTokens { form, .. } | Action::ReadSerial { form, .. } => {
                Ok(Outcome::part(Part::Serial, self.serial_in(*form)?))
            }
            Action::DeleteProfile { login } => self.delete_profile(login.as_ref()).map(done),
            Action::Initialise {
                label,
                officer,
                serial,
                program,
                ..
            } => {
                let program = program.as_ref().ok_or_else(|| {
                    TokenError::new(Retry::Refused, "nothing says how the card is laid out")
                        .cause("the description names no `ChipProfile`")
                })?;
                let layout = Layout {
                    program,
                    label: label.as_ref(),
                    serial: serial.as_ref(),
                    officer,
                };
                self.lay_out(&layout).map(done)
            }
            Action::SetPin { role, login, new } => {
                let credential = Self::credential_of(*role, None, false)?;
                self.unblock(credential, login, input_bytes(new)?).map(done)
            }
            Action::ChangePin { role, old, new } => {
                let credential = Self::credential_of(*role, None, false)?;
                let (old, new) = (input_bytes(old)?, input_bytes(new)?);
                self.change(credential, old, new).map(done)
            }
            Action::ChangePuk { old, new } => {
                let (old, new) = (input_bytes(old)?, input_bytes(new)?);
                self.change(Access::Puk, old, new).map(done)
            }
            Action::BlockPin { slot } => self.block(holder(is_signature(slot))).map(done),
            Action::WriteSerialNumber { serial, login } => {
                if let Some(login) = login {
                    self.log_in(login, false)?;
                }
                self.write_serial(input_bytes(serial)?).map(done)
            }
            Action::GenerateKeyPair {
                slot,
                algorithm,
                label,
                login,
            } => self.generate(is_signature(slot), *algorithm, label, login, step),
            Action::FindKeyPair {
                slot,
                criteria,
                login,
            } => self.find_key(is_signature(slot), criteria, login),
            Action::SignRequest { .. } => self.sign_request(step),
            Action::WriteCertificate {
                slot,
                certificate,
                label,
                login,
                ..
            } => {
                let writer = self.writer(login, is_signature(slot))?;
                self.write_certificate(&writer, input_bytes(certificate)?, step, label)
                    .map(done)
            }
            Action::ImportPkcs12 {
                slot,
                container,
                password,
                label,
                login,
                ..
            } => {
                let pkcs12 = stored::read_pkcs12(container, password)?;
                self.import(is_signature(slot), &pkcs12, label, login, step)
            }
            Action::WriteData {
                slot,
                data,
                label,
                attributes,
                login,
            } => {
                let writer = self.writer(login, is_signature(slot))?;
                self.write_data(&writer, data, label.as_ref(), attributes)
                    .map(done)
            }
            Action::ReadEncryptedPins { .. } => self.read_encrypted_pins(),
            Action::WriteCertificateList {
                slot,
                list,
                mode,
                into,
                login,
            } => {
                let signature = is_signature(slot);
                let guard = self.writer(login, signature)?;
                let list = input_bytes(list)?;
                let written = write_each(list, &step.object_id, *mode, |entry| {
                    self.write_entry(entry, signature, &guard)
                })?;
                Ok(match into {
                    Some(field) => Outcome::field(field, written),
                    None => Outcome::default(),
                })
            }
            Action::RunApduScript { .. } => Err(TokenError::new(
                Retry::Refused,
                "scripts of commands are not run on cards yet",
            )),
            Action::ObtainCertificate { .. } | Action::ClearFields { .. } => Err(TokenError::new(
                Retry::Refused,
                "this operation is no matter of a card",
            )),
        }
    }

    fn delete_profile(&mut self, login: Option<&Login<Input>>) -> Result<(), TokenError> {
        if self.is_blank()? {
            return Err(TokenError::new(
                Retry::Safe,
                "the card holds no profile that could be deleted",
            )
            .cause("it is a new card, or was erased before"));
        }
        if let Some(login) = login {
            self.log_in(login, false)?;
        }
        self.erase()
    }
}

fn done((): ()) -> Outcome {
    Outcome::default()
}
