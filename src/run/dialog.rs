//! What a person is asked at the run (`!FROM_USER_DIALOG_1_FIELD` and its kin; INIT, TMPL).
//!
//! A dialog is named by the key of the description that asks (`PIN`, `InitialPUK`), and is asked
//! once, however many operations take its answer. Who asks, and how, is not known here.

use std::collections::BTreeMap;

use crate::operation::{
    Access, Action, CardAction, CardProgram, DialogForm, FieldEncoding, Login, Origin, Role, Value,
};
use crate::secret::Secret;

/// A dialog of a plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dialog {
    /// The key of the description that asks.
    pub key: &'static str,
    /// What is entered.
    pub form: DialogForm,
    /// The place that asks first.
    pub origin: Origin,
}

/// Which entry of a dialog.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Entry {
    /// The present PIN, in the dialog that asks for two.
    Present,
    /// What is entered to log in, or the new PIN.
    Entered,
}

/// What persons have answered.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answers {
    texts: BTreeMap<String, Secret>,
    /// Whether somebody can still be asked. If not, a missing answer refuses the run.
    pub can_ask: bool,
}

impl Answers {
    /// Adds an entry of the dialog `key`.
    pub fn give(&mut self, key: &str, entry: Entry, text: Secret) {
        self.texts.insert(name(key, entry), text);
    }

    /// Whether nothing is missing for `dialog`.
    #[must_use]
    pub fn holds(&self, dialog: &Dialog) -> bool {
        let there = |entry| self.texts.contains_key(&name(dialog.key, entry));
        let two = dialog.form == DialogForm::ChangePin;
        there(Entry::Entered) && (!two || there(Entry::Present))
    }

    /// The text under the name that [`bind`] puts in the place of a dialog.
    pub(super) fn get(&self, name: &str) -> Option<&Secret> {
        self.texts.get(name)
    }
}

/// Answers are found like fields, under a name that no field can have: `=` ends the name of a field.
fn name(key: &str, entry: Entry) -> String {
    match entry {
        Entry::Present => format!("{key}=present"),
        Entry::Entered => format!("{key}=entered"),
    }
}

/// Whether [`bind`] made this name.
pub(super) fn is_answer(name: &str) -> bool {
    name.contains('=')
}

/// Puts the name of an answer in the place of every dialog of `action`, and lists the dialogs.
/// With a PIN pad, the dialogs that heed one (`_AUTO`) leave the login to it.
pub(super) fn bind(action: &mut Action, origin: &Origin, pin_pad: bool) -> Vec<Dialog> {
    let mut binding = Binding {
        origin,
        pin_pad,
        dialogs: Vec::new(),
    };
    binding.action(action);
    binding.dialogs
}

/// The key of a value; of a value that a flag chooses, the keys of both.
#[derive(Clone, Copy)]
enum Asker {
    One(&'static str),
    Either(&'static str, &'static str),
}

struct Binding<'o> {
    origin: &'o Origin,
    pin_pad: bool,
    dialogs: Vec<Dialog>,
}

impl Binding<'_> {
    fn action(&mut self, action: &mut Action) {
        match action {
            Action::DeleteProfile { login } | Action::WriteSerialNumber { login, .. } => {
                login.iter_mut().for_each(|login| self.login(login));
            }
            Action::Initialise {
                puk,
                pin,
                signature_pin,
                operator_pin,
                program,
                ..
            } => {
                self.value(puk, Asker::One("InitialPUK"), false);
                for (value, key) in [
                    (pin, "PIN"),
                    (signature_pin, "SignPIN"),
                    (operator_pin, "Operator_Pin"),
                ] {
                    let value = value.iter_mut();
                    value.for_each(|value| self.value(value, Asker::One(key), false));
                }
                program.iter_mut().for_each(|program| self.program(program));
            }
            Action::SetPin { role, login, new } => {
                self.login(login);
                self.value(new, Asker::One(key_of_user(*role)), false);
            }
            Action::ChangePin { role, old, new } => {
                for value in [old, new] {
                    self.value(value, Asker::One(key_of_user(*role)), false);
                }
            }
            Action::ChangePuk { old, new } => {
                self.value(old, Asker::One("InitialPUK"), false);
                self.value(new, Asker::One("PUK"), false);
            }
            Action::ImportPkcs12 {
                password, login, ..
            } => {
                self.value(password, Asker::One("P12PASSWORD"), false);
                self.login(login);
            }
            Action::GenerateKeyPair { login, .. }
            | Action::FindKeyPair { login, .. }
            | Action::WriteCertificate { login, .. }
            | Action::WriteCertificateList { login, .. }
            | Action::WriteData { login, .. } => self.login(login),
            Action::SelectCard { .. }
            | Action::ListTokens { .. }
            | Action::SignRequest { .. }
            | Action::ObtainCertificate { .. }
            | Action::BlockPin { .. }
            | Action::RunApduScript { .. }
            | Action::ReadSerial { .. }
            | Action::ReadEncryptedPins { .. }
            | Action::ClearFields { .. } => {}
        }
    }

    fn program(&mut self, program: &mut CardProgram) {
        for operation in &mut program.operations {
            match &mut operation.action {
                CardAction::CreatePin { pin, value } => {
                    if let Some(key) = key_of_credential(pin.credential) {
                        self.value(value, Asker::One(key), false);
                    }
                }
                CardAction::EncryptPins { secrets, .. } => {
                    for (name, value) in secrets {
                        if let Some(key) = key_of_secret(name) {
                            self.value(value, Asker::One(key), false);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn login(&mut self, login: &mut Login) {
        let asker = match login.role {
            Role::User => Asker::One("PIN"),
            Role::SignatureUser => Asker::One("SignPIN"),
            Role::SlotUser => Asker::Either("SignPIN", "PIN"),
            Role::CardManager => Asker::One("CardManagerKey"),
            Role::SecurityOfficer => key_of_officer(login.officer.as_ref()),
        };
        self.value(&mut login.credential, asker, true);
    }

    fn value(&mut self, value: &mut Value, asker: Asker, login: bool) {
        match (value, asker) {
            (
                Value::Conditional {
                    when_true,
                    when_false,
                    ..
                },
                asker,
            ) => {
                let (first, second) = match asker {
                    Asker::One(key) => (key, key),
                    Asker::Either(first, second) => (first, second),
                };
                self.value(when_true, Asker::One(first), login);
                self.value(when_false, Asker::One(second), login);
            }
            (value @ Value::Dialog { .. }, Asker::One(key) | Asker::Either(key, _)) => {
                self.dialog(value, key, login);
            }
            _ => {}
        }
    }

    fn dialog(&mut self, value: &mut Value, key: &'static str, login: bool) {
        let Value::Dialog {
            form,
            old,
            reader_aware,
        } = *value
        else {
            return;
        };
        if login && reader_aware && self.pin_pad {
            *value = Value::ProtectedPath;
            return;
        }
        let entry = match old {
            true => Entry::Present,
            false => Entry::Entered,
        };
        *value = Value::Field {
            name: name(key, entry),
            encoding: FieldEncoding::Text,
            secret: true,
        };
        if !self.dialogs.iter().any(|dialog| dialog.key == key) {
            self.dialogs.push(Dialog {
                key,
                form,
                origin: self.origin.clone(),
            });
        }
    }
}

const fn key_of_user(role: Role) -> &'static str {
    match role {
        Role::SignatureUser => "SignPIN",
        Role::User | Role::SlotUser => "PIN",
        Role::SecurityOfficer => "InitialPUK",
        Role::CardManager => "CardManagerKey",
    }
}

fn key_of_officer(name: Option<&Value>) -> Asker {
    let key = |value: &Value| match value {
        Value::Text { text, .. } => key_of_secret(text).unwrap_or("InitialPUK"),
        _ => "InitialPUK",
    };
    match name {
        Some(Value::Conditional {
            when_true,
            when_false,
            ..
        }) => Asker::Either(key(when_true), key(when_false)),
        Some(value) => Asker::One(key(value)),
        None => Asker::One("InitialPUK"),
    }
}

/// The key that gives a credential of a card its value.
fn key_of_secret(name: &str) -> Option<&'static str> {
    match name {
        "PIN1" => Some("PIN"),
        "PIN2" => Some("SignPIN"),
        "PUK" => Some("InitialPUK"),
        "PUK2" => Some("SignPUK"),
        "OP" => Some("Operator_Pin"),
        "MAN" => Some("CardManagerKey"),
        _ => None,
    }
}

const fn key_of_credential(credential: Access) -> Option<&'static str> {
    match credential {
        Access::Pin1 => Some("PIN"),
        Access::Pin2 => Some("SignPIN"),
        Access::Puk => Some("InitialPUK"),
        Access::Puk2 => Some("SignPUK"),
        Access::Operator => Some("Operator_Pin"),
        Access::Manager => Some("CardManagerKey"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        Origin {
            source: "card.dsc".to_owned(),
            start: 0,
            end: 3,
            line: 4,
            column: 1,
            text: "PIN=!FROM_USER_DIALOG_3_FIELD".to_owned(),
        }
    }

    fn asked(form: DialogForm, old: bool, reader_aware: bool) -> Value {
        Value::Dialog {
            form,
            old,
            reader_aware,
        }
    }

    #[test]
    fn a_change_is_one_dialog_with_two_entries() {
        let mut action = Action::ChangePin {
            role: Role::User,
            old: asked(DialogForm::ChangePin, true, false),
            new: asked(DialogForm::ChangePin, false, false),
        };
        let dialogs = bind(&mut action, &origin(), false);
        assert_eq!(dialogs.len(), 1);
        assert_eq!(dialogs[0].key, "PIN");
        let mut answers = Answers::default();
        answers.give("PIN", Entry::Entered, Secret::from("new".to_owned()));
        assert!(!answers.holds(&dialogs[0]));
        answers.give("PIN", Entry::Present, Secret::from("old".to_owned()));
        assert!(answers.holds(&dialogs[0]));
        let Action::ChangePin { old, new, .. } = action else {
            unreachable!()
        };
        for (value, text) in [(old, "old"), (new, "new")] {
            let Value::Field { name, .. } = value else {
                unreachable!()
            };
            assert!(is_answer(&name));
            assert_eq!(answers.get(&name), Some(&Secret::from(text.to_owned())));
        }
    }

    #[test]
    fn an_officer_is_asked_by_the_key_of_the_credential() {
        let flag = || Box::new(Value::text("true"));
        let dialog = || Box::new(asked(DialogForm::Authenticate, false, false));
        let mut action = Action::DeleteProfile {
            login: Some(Login {
                role: Role::SecurityOfficer,
                credential: Value::Conditional {
                    flag: flag(),
                    when_true: dialog(),
                    when_false: dialog(),
                },
                officer: Some(Value::Conditional {
                    flag: flag(),
                    when_true: Box::new(Value::text("OP")),
                    when_false: Box::new(Value::text("PUK")),
                }),
            }),
        };
        let dialogs = bind(&mut action, &origin(), false);
        let keys: Vec<_> = dialogs.iter().map(|dialog| dialog.key).collect();
        assert_eq!(keys, ["Operator_Pin", "InitialPUK"]);
    }

    #[test]
    fn a_pin_pad_takes_the_login_over_where_the_dialog_heeds_it() {
        for (reader_aware, asked_here) in [(true, 0), (false, 1)] {
            let mut action = Action::DeleteProfile {
                login: Some(Login {
                    role: Role::CardManager,
                    credential: asked(DialogForm::Authenticate, false, reader_aware),
                    officer: None,
                }),
            };
            assert_eq!(bind(&mut action, &origin(), true).len(), asked_here);
        }
    }
}
