//! How each operation is done.

use super::ModuleToken;
use super::key::{key_kind, key_name};
use super::value::{bytes, data_object, read_pkcs12};
use crate::operation::{Action, Login, Part, Role, Selection};
use crate::token::pkcs11::KeyName;
use crate::token::{KeyReference, Outcome, Retry, Step, TokenError};

impl ModuleToken {
    /// Does `step`.
    pub(super) fn do_step(&mut self, step: &Step<'_>) -> Result<Outcome, TokenError> {
        match step.action {
            Action::SelectCard { selection } => {
                let serial = self.info()?.serial;
                match selection {
                    Selection::Serial { serial: wanted, .. } if bytes(wanted)?.expose() != serial.as_bytes() => {
                        Err(TokenError::new(
                            Retry::LookFirst,
                            format!("the token has the serial number `{serial}`, not the one that the job asks for"),
                        )
                        .cause("another card is in the reader"))
                    }
                    _ => Ok(Outcome::default()),
                }
            }
            Action::ListTokens { .. } => {
                let slots = self.module.slots()?;
                let serials: Vec<String> =
                    slots.into_iter().map(|slot| slot.token.serial).collect();
                Ok(Outcome::part(Part::Serial, serials.join(",")))
            }
            Action::Initialise {
                label, puk, pin, ..
            } => {
                let pin = pin.as_ref().map(bytes).transpose()?;
                self.initialise(label.as_ref(), bytes(puk)?, pin)?;
                Ok(Outcome::default())
            }
            Action::SetPin { role, login, new } => {
                let session = self.logged_in(*role == Role::SignatureUser, login)?;
                session.init_pin(bytes(new)?)?;
                Ok(Outcome::default())
            }
            Action::ChangePin { role, old, new } => {
                self.change_pin(*role, bytes(old)?, bytes(new)?)?;
                Ok(Outcome::default())
            }
            Action::ChangePuk { old, new } => {
                let login = Login {
                    role: Role::SecurityOfficer,
                    credential: old.clone(),
                    officer: None,
                };
                let session = self.logged_in(false, &login)?;
                session.set_pin(bytes(old)?, bytes(new)?)?;
                Ok(Outcome::default())
            }
            Action::GenerateKeyPair {
                slot,
                algorithm,
                label,
                login,
            } => {
                let signature_slot = Self::is_signature(slot);
                let name = KeyName {
                    id: step.object_id.0.to_vec(),
                    label: label.clone(),
                };
                let session = self.logged_in(signature_slot, login)?;
                session.generate_key_pair(key_kind(*algorithm), &name)?;
                Ok(Outcome::key(KeyReference {
                    id: name.id,
                    signature_slot,
                }))
            }
            Action::FindKeyPair {
                slot,
                criteria,
                login,
            } => self.find_key(Self::is_signature(slot), criteria, login),
            Action::SignRequest { .. } => self.sign_request(step),
            Action::WriteCertificate {
                slot,
                certificate,
                label,
                login,
                ..
            } => {
                let signature = Self::is_signature(slot);
                self.write_certificate(signature, login, bytes(certificate)?, step, label)?;
                Ok(Outcome::default())
            }
            Action::ImportPkcs12 {
                slot,
                container,
                password,
                label,
                login,
                ..
            } => {
                let pkcs12 = read_pkcs12(container, password)?;
                let name = key_name(step, label);
                let signature_slot = Self::is_signature(slot);
                self.import(signature_slot, login, &pkcs12, &name)?;
                Ok(Outcome::key(KeyReference {
                    id: name.id,
                    signature_slot,
                }))
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
                session.create_data(&object)?;
                Ok(Outcome::default())
            }
            Action::ReadSerial { .. } => Ok(Outcome::part(Part::Serial, self.info()?.serial)),
            Action::WriteCertificateList {
                slot,
                list,
                mode,
                into,
                login,
            } => {
                let given = self.write_list(Self::is_signature(slot), login, step, list, *mode)?;
                Ok(match into {
                    Some(field) => Outcome::field(field, given),
                    None => Outcome::default(),
                })
            }
            Action::DeleteProfile { .. }
            | Action::WriteSerialNumber { .. }
            | Action::BlockPin { .. }
            | Action::RunApduScript { .. }
            | Action::ReadEncryptedPins { .. }
            | Action::ObtainCertificate { .. }
            | Action::ClearFields { .. } => Err(TokenError::new(
                Retry::Refused,
                "PKCS#11 has no function for this operation",
            )),
        }
    }
}
