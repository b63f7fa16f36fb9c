//! Values of keys, and which credential logs in where.

use super::Lowering;
use crate::model::{Entry, Reference};
use crate::operation::{DialogForm, FieldEncoding, Login, Role, Value};
use crate::source::Span;
use crate::stdlib::{Dialog, DialogKind, Key};

impl<'t> Lowering<'_, 't> {
    /// The value of a key that takes a constant, a field or, for a credential, an answer.
    pub(super) fn value(&mut self, entry: &Entry<'t>, encoding: FieldEncoding) -> Option<Value> {
        let secret = entry.key().is_some_and(|key| key.keyword().credential);
        match entry.reference() {
            Reference::Literal(text) => Some(Value::Text {
                text: text.to_owned(),
                secret,
            }),
            Reference::Field(name) => self.field(name, entry.value_span, encoding, secret),
            Reference::Dialog(dialog) if secret => Some(answer(dialog, false)),
            Reference::Dialog(_) => {
                let key = entry.key_span.of(self.encoding.text);
                self.refuse(
                    entry.value_span,
                    format!("`{key}` cannot be asked for in a dialog"),
                    "only credentials are entered at the card; name a field or write a `#constant`",
                );
                None
            }
            Reference::UnknownDialog(_) => {
                self.refuse(
                    entry.value_span,
                    "this is none of the documented dialogs",
                    "write `!FROM_USER_DIALOG_1_FIELD` (or 2, 3, with or without `_AUTO`), or \
                     `!FROM_PROTECTED_AUTHENTICATION_PATH`",
                );
                None
            }
            Reference::Missing => {
                let key = entry.key_span.of(self.encoding.text);
                self.refuse(
                    Span::empty(entry.value_span.start),
                    format!("`{key}` has no value"),
                    "name a field of `[Fields]` or write a `#constant`",
                );
                None
            }
        }
    }

    /// A declared field.
    pub(super) fn field(
        &mut self,
        name: &str,
        span: Span,
        encoding: FieldEncoding,
        secret: bool,
    ) -> Option<Value> {
        if self.encoding.field(name).is_none() {
            self.refuse(
                span,
                format!("the field `{name}` is not declared"),
                "declare it in `[Fields]` as `NAME=`; letter case counts",
            );
            return None;
        }
        Some(Value::Field {
            name: name.to_owned(),
            encoding,
            secret,
        })
    }

    /// The value of a key of `[Description]`, if the key is there.
    pub(super) fn described(&mut self, key: Key) -> Option<Value> {
        let entry = *self.encoding.entry(key)?;
        self.value(&entry, FieldEncoding::Text)
    }

    /// The first of two names of one credential: `SignPIN` or its alias.
    pub(super) fn signature_pin(&mut self) -> Option<Value> {
        self.described(Key::SignPIN)
    }

    /// The login of the security officer: by the PUK, or by the operator PIN where
    /// `OperatorPinIsSOCredential` says so (SEED).
    pub(super) fn officer(&mut self) -> Option<Login> {
        let Some(entry) = self.encoding.entry(Key::OperatorPinIsSOCredential).copied() else {
            return self.described(Key::InitialPUK).map(by_puk);
        };
        match entry.reference() {
            Reference::Literal(flag) if flag.eq_ignore_ascii_case("false") => {
                self.described(Key::InitialPUK).map(by_puk)
            }
            Reference::Literal(flag) if flag.eq_ignore_ascii_case("true") => {
                self.operator_pin_for(&entry).map(by_operator)
            }
            Reference::Field(name) => {
                let flag = self.field(name, entry.value_span, FieldEncoding::Flag, false)?;
                let operator = self.operator_pin_for(&entry)?;
                let Some(puk) = self.described(Key::InitialPUK) else {
                    self.refuse(
                        entry.value_span,
                        "the field may choose the PUK, and `InitialPUK` is missing",
                        "add `InitialPUK`, or write `#true`",
                    );
                    return None;
                };
                let either = |when_true, when_false| Value::Conditional {
                    flag: Box::new(flag.clone()),
                    when_true: Box::new(when_true),
                    when_false: Box::new(when_false),
                };
                Some(officer(
                    either(operator, puk),
                    either(Value::text(OPERATOR), Value::text(PUK)),
                ))
            }
            _ => {
                self.refuse(
                    entry.value_span,
                    "`OperatorPinIsSOCredential` is neither `#true` nor `#false` nor a field",
                    "write `#true`, `#false` or the name of a field",
                );
                None
            }
        }
    }

    fn operator_pin_for(&mut self, asked_by: &Entry<'t>) -> Option<Value> {
        if self.encoding.entry(Key::OperatorPin).is_none() {
            self.refuse(
                asked_by.value_span,
                "the operator PIN is to log in, and `Operator_Pin` is missing",
                "add `Operator_Pin`, or write `#false`",
            );
            return None;
        }
        self.described(Key::OperatorPin)
    }

    /// The administrative login: card manager key, else security officer. None where the
    /// description gives no credential for it.
    pub(super) fn administrator(&mut self) -> Option<Login> {
        if let Some(credential) = self.described(Key::CardManagerKey) {
            return Some(Login {
                role: Role::CardManager,
                credential,
                officer: None,
            });
        }
        self.officer()
    }
}

/// Names of credentials that a security officer can have.
const PUK: &str = "PUK";
const SIGNATURE_PUK: &str = "PUK2";
const OPERATOR: &str = "OP";

const fn officer(credential: Value, name: Value) -> Login {
    Login {
        role: Role::SecurityOfficer,
        credential,
        officer: Some(name),
    }
}

/// The login of a security officer whose credential is the PUK.
pub(super) fn by_puk(credential: Value) -> Login {
    officer(credential, Value::text(PUK))
}

/// The login that administers the PIN of the signature slot (SIGN).
pub(super) fn by_signature_puk(credential: Value) -> Login {
    officer(credential, Value::text(SIGNATURE_PUK))
}

fn by_operator(credential: Value) -> Login {
    officer(credential, Value::text(OPERATOR))
}

/// What a person enters; `old` is the present PIN of the dialog that asks for two.
pub(super) fn answer(dialog: &Dialog, old: bool) -> Value {
    let form = match dialog.kind {
        DialogKind::ProtectedPath => return Value::ProtectedPath,
        DialogKind::Authenticate => DialogForm::Authenticate,
        DialogKind::NewPin => DialogForm::NewPin,
        DialogKind::ChangePin => DialogForm::ChangePin,
    };
    Value::Dialog {
        form,
        old,
        reader_aware: dialog.auto,
    }
}
