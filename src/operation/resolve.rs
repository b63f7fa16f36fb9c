//! From an action of a plan to an action of a run: every value is exchanged, nothing else.
//!
//! How a value becomes bytes is the caller's business; here it is only made sure that none is
//! forgotten.

use super::{
    Action, CardAction, CardOperation, CardProgram, FileShape, Login, Selection, SizeOf, Slot,
};
use crate::secret::Secret;

/// A value at the run. All are treated as secrets, since most are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// The bytes themselves.
    Bytes(Secret),
    /// Entered at the PIN pad of the reader; never seen by the program.
    ProtectedPath,
}

impl Input {
    /// The bytes, unless they are entered at the reader.
    #[must_use]
    pub const fn bytes(&self) -> Option<&Secret> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::ProtectedPath => None,
        }
    }
}

impl From<Secret> for Input {
    fn from(bytes: Secret) -> Self {
        Self::Bytes(bytes)
    }
}

impl<V> Action<V> {
    /// The same action with each of its values exchanged for what `resolve` makes of it, in the
    /// order in which the action lists them.
    ///
    /// # Errors
    /// The first error of `resolve`.
    #[expect(clippy::too_many_lines, reason = "one arm for each action")]
    pub fn try_map<W, E, F>(&self, resolve: &mut F) -> Result<Action<W>, E>
    where
        F: FnMut(&V) -> Result<W, E>,
    {
        Ok(match self {
            Self::SelectCard { selection } => Action::SelectCard {
                selection: selection.try_map(resolve)?,
            },
            Self::ListTokens { form, into } => Action::ListTokens {
                form: *form,
                into: into.clone(),
            },
            Self::DeleteProfile { login } => Action::DeleteProfile {
                login: optional_login(login.as_ref(), resolve)?,
            },
            Self::Initialise {
                label,
                puk,
                pin,
                signature_pin,
                operator_pin,
                officer,
                serial,
                program,
            } => Action::Initialise {
                label: optional(label.as_ref(), resolve)?,
                puk: resolve(puk)?,
                pin: optional(pin.as_ref(), resolve)?,
                signature_pin: optional(signature_pin.as_ref(), resolve)?,
                operator_pin: optional(operator_pin.as_ref(), resolve)?,
                officer: resolve(officer)?,
                serial: optional(serial.as_ref(), resolve)?,
                program: match program {
                    Some(program) => Some(program.try_map(resolve)?),
                    None => None,
                },
            },
            Self::SetPin { role, login, new } => Action::SetPin {
                role: *role,
                login: login.try_map(resolve)?,
                new: resolve(new)?,
            },
            Self::ChangePin { role, old, new } => Action::ChangePin {
                role: *role,
                old: resolve(old)?,
                new: resolve(new)?,
            },
            Self::ChangePuk { old, new } => Action::ChangePuk {
                old: resolve(old)?,
                new: resolve(new)?,
            },
            Self::WriteSerialNumber { serial, login } => Action::WriteSerialNumber {
                serial: resolve(serial)?,
                login: optional_login(login.as_ref(), resolve)?,
            },
            Self::GenerateKeyPair {
                slot,
                algorithm,
                label,
                login,
            } => Action::GenerateKeyPair {
                slot: slot.try_map(resolve)?,
                algorithm: *algorithm,
                label: label.clone(),
                login: login.try_map(resolve)?,
            },
            Self::FindKeyPair {
                slot,
                criteria,
                login,
            } => Action::FindKeyPair {
                slot: slot.try_map(resolve)?,
                criteria: criteria.clone(),
                login: login.try_map(resolve)?,
            },
            Self::SignRequest {
                key,
                template,
                serial,
            } => Action::SignRequest {
                key: key.clone(),
                template: template.clone(),
                serial: optional(serial.as_ref(), resolve)?,
            },
            Self::ObtainCertificate { request, template } => Action::ObtainCertificate {
                request: request.clone(),
                template: template.clone(),
            },
            Self::WriteCertificate {
                slot,
                certificate,
                key,
                label,
                login,
            } => Action::WriteCertificate {
                slot: slot.try_map(resolve)?,
                certificate: resolve(certificate)?,
                key: key.clone(),
                label: label.clone(),
                login: login.try_map(resolve)?,
            },
            Self::ImportPkcs12 {
                slot,
                container,
                password,
                label,
                archived,
                login,
            } => Action::ImportPkcs12 {
                slot: slot.try_map(resolve)?,
                container: resolve(container)?,
                password: resolve(password)?,
                label: label.clone(),
                archived: *archived,
                login: login.try_map(resolve)?,
            },
            Self::WriteCertificateList {
                slot,
                list,
                mode,
                into,
                login,
            } => Action::WriteCertificateList {
                slot: slot.try_map(resolve)?,
                list: resolve(list)?,
                mode: *mode,
                into: into.clone(),
                login: login.try_map(resolve)?,
            },
            Self::WriteData {
                slot,
                data,
                label,
                attributes,
                login,
            } => Action::WriteData {
                slot: slot.try_map(resolve)?,
                data: resolve(data)?,
                label: optional(label.as_ref(), resolve)?,
                attributes: attributes.clone(),
                login: login.try_map(resolve)?,
            },
            Self::BlockPin { slot } => Action::BlockPin {
                slot: slot.try_map(resolve)?,
            },
            Self::RunApduScript { file, into } => Action::RunApduScript {
                file: file.clone(),
                into: into.clone(),
            },
            Self::ReadSerial { form, into } => Action::ReadSerial {
                form: *form,
                into: into.clone(),
            },
            Self::ReadEncryptedPins { into } => Action::ReadEncryptedPins { into: into.clone() },
            Self::ClearFields { fields } => Action::ClearFields {
                fields: fields.clone(),
            },
        })
    }
}

impl<V> CardProgram<V> {
    /// The same program with each of its values exchanged.
    ///
    /// # Errors
    /// The first error of `resolve`.
    pub fn try_map<W, E, F>(&self, resolve: &mut F) -> Result<CardProgram<W>, E>
    where
        F: FnMut(&V) -> Result<W, E>,
    {
        let operations = self.operations.iter().map(|operation| {
            Ok(CardOperation {
                id: operation.id.clone(),
                action: operation.action.try_map(resolve)?,
                undo: operation.undo,
                origin: operation.origin.clone(),
            })
        });
        Ok(CardProgram {
            profile: self.profile.clone(),
            card: self.card.clone(),
            eraseable: self.eraseable,
            generated: self.generated.clone(),
            operations: operations.collect::<Result<_, E>>()?,
        })
    }
}

impl<V> CardAction<V> {
    fn try_map<W, E, F>(&self, resolve: &mut F) -> Result<CardAction<W>, E>
    where
        F: FnMut(&V) -> Result<W, E>,
    {
        Ok(match self {
            Self::SelectMasterFile => CardAction::SelectMasterFile,
            Self::CreateFile {
                path,
                name,
                shape,
                access,
            } => CardAction::CreateFile {
                path: path.clone(),
                name: name.clone(),
                shape: shape.try_map(resolve)?,
                access: access.clone(),
            },
            Self::WriteFile {
                path,
                name,
                content,
            } => CardAction::WriteFile {
                path: path.clone(),
                name: name.clone(),
                content: resolve(content)?,
            },
            Self::CreatePin { pin, value } => CardAction::CreatePin {
                pin: pin.clone(),
                value: resolve(value)?,
            },
            Self::EncryptPins {
                profile_name,
                secrets,
            } => {
                let profile_name = optional(profile_name.as_ref(), resolve)?;
                let secrets = secrets
                    .iter()
                    .map(|(name, secret)| Ok((name.clone(), resolve(secret)?)));
                CardAction::EncryptPins {
                    profile_name,
                    secrets: secrets.collect::<Result<_, E>>()?,
                }
            }
            Self::CreateKey { key, public } => CardAction::CreateKey {
                key: key.clone(),
                public: public.clone(),
            },
            Self::Activate => CardAction::Activate,
        })
    }
}

impl<V> FileShape<V> {
    fn try_map<W, E, F>(&self, resolve: &mut F) -> Result<FileShape<W>, E>
    where
        F: FnMut(&V) -> Result<W, E>,
    {
        Ok(match self {
            Self::Dedicated { size, aid } => FileShape::Dedicated {
                size: *size,
                aid: aid.clone(),
            },
            Self::Transparent { size, sfi } => FileShape::Transparent {
                size: match size {
                    SizeOf::Bytes(bytes) => SizeOf::Bytes(*bytes),
                    SizeOf::Content(content) => SizeOf::Content(resolve(content)?),
                },
                sfi: *sfi,
            },
        })
    }
}

impl<V> Login<V> {
    fn try_map<W, E, F>(&self, resolve: &mut F) -> Result<Login<W>, E>
    where
        F: FnMut(&V) -> Result<W, E>,
    {
        Ok(Login {
            role: self.role,
            credential: resolve(&self.credential)?,
            officer: optional(self.officer.as_ref(), resolve)?,
        })
    }
}

impl<V> Selection<V> {
    fn try_map<W, E, F>(&self, resolve: &mut F) -> Result<Selection<W>, E>
    where
        F: FnMut(&V) -> Result<W, E>,
    {
        Ok(match self {
            Self::Present => Selection::Present,
            Self::Serial { serial, form } => Selection::Serial {
                serial: resolve(serial)?,
                form: *form,
            },
        })
    }
}

impl<V> Slot<V> {
    fn try_map<W, E, F>(&self, resolve: &mut F) -> Result<Slot<W>, E>
    where
        F: FnMut(&V) -> Result<W, E>,
    {
        Ok(match self {
            Self::Default => Slot::Default,
            Self::Signature => Slot::Signature,
            Self::FromValue { value } => Slot::FromValue {
                value: resolve(value)?,
            },
        })
    }
}

fn optional<V, W, E, F>(value: Option<&V>, resolve: &mut F) -> Result<Option<W>, E>
where
    F: FnMut(&V) -> Result<W, E>,
{
    value.map(resolve).transpose()
}

fn optional_login<V, W, E, F>(
    login: Option<&Login<V>>,
    resolve: &mut F,
) -> Result<Option<Login<W>>, E>
where
    F: FnMut(&V) -> Result<W, E>,
{
    login.map(|login| login.try_map(resolve)).transpose()
}

#[cfg(test)]
mod tests {
    use super::super::{OperationId, Role, Value};
    use super::*;

    fn change_puk() -> Action {
        Action::ChangePuk {
            old: Value::text("old"),
            new: Value::text("new"),
        }
    }

    #[test]
    fn every_value_is_asked_for_in_order() {
        let mut asked = Vec::new();
        let mapped: Result<_, ()> = change_puk().try_map(&mut |value: &Value| {
            asked.push(value.clone());
            Ok(asked.len())
        });
        assert_eq!(mapped, Ok(Action::ChangePuk { old: 1, new: 2 }));
        assert_eq!(asked, [Value::text("old"), Value::text("new")]);
    }

    #[test]
    fn the_first_error_ends_it() {
        let mut asked = 0;
        let mapped: Result<Action<()>, _> = change_puk().try_map(&mut |_| {
            asked += 1;
            Err("missing")
        });
        assert_eq!((mapped, asked), (Err("missing"), 1));
    }

    #[test]
    fn resolving_by_the_same_values_changes_nothing() {
        let action = Action::WriteCertificate {
            slot: Slot::FromValue {
                value: Value::text("Signature"),
            },
            certificate: Value::bytes(&[1, 2]),
            key: Some(OperationId("A.key".to_owned())),
            label: "Ada".to_owned(),
            login: Login {
                role: Role::User,
                credential: Value::ProtectedPath,
                officer: None,
            },
        };
        let same: Result<_, ()> = action.try_map(&mut |value: &Value| Ok(value.clone()));
        assert_eq!(same, Ok(action));
    }
}
