//! From the values of a plan to bytes.

use std::collections::BTreeMap;

use super::dialog::{Answers, is_answer};
use crate::operation::{FieldEncoding, Input, OperationId, Part, Value};
use crate::secret::{Encoding, Secret};

/// What values can be made of.
#[derive(Debug)]
pub(crate) struct Values<'a> {
    pub(crate) fields: &'a BTreeMap<String, Secret>,
    pub(crate) answers: &'a Answers,
    pub(crate) results: BTreeMap<(OperationId, Part), Secret>,
    pub(crate) generated: BTreeMap<String, Secret>,
}

/// Why a value has no bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Missing {
    /// An operation of the run makes it.
    Later,
    /// It cannot be had; says why, without the value.
    Never(String),
}

impl<'a> Values<'a> {
    /// What is known before anything is done.
    pub(crate) const fn of(fields: &'a BTreeMap<String, Secret>, answers: &'a Answers) -> Self {
        Self {
            fields,
            answers,
            results: BTreeMap::new(),
            generated: BTreeMap::new(),
        }
    }

    /// The bytes of a value.
    pub(crate) fn input(&self, value: &Value) -> Result<Input, Missing> {
        match value {
            Value::ProtectedPath => Ok(Input::ProtectedPath),
            Value::Conditional {
                flag,
                when_true,
                when_false,
            } => match self.flag(flag)? {
                true => self.input(when_true),
                false => self.input(when_false),
            },
            other => self.bytes(other).map(Input::Bytes),
        }
    }

    fn bytes(&self, value: &Value) -> Result<Secret, Missing> {
        match value {
            Value::Text { text, .. } => Ok(Secret::from(text.clone())),
            Value::Bytes { hex, .. } => decode(
                Encoding::Hex,
                &Secret::from(hex.clone()),
                "a value of the plan",
            ),
            Value::Field { name, encoding, .. } => self.field(name, *encoding),
            Value::Result { operation, part } => self
                .results
                .get(&(operation.clone(), *part))
                .cloned()
                .ok_or(Missing::Later),
            Value::Generated { name } => self.generated.get(name).cloned().ok_or(Missing::Later),
            Value::Dialog { .. } => Err(Missing::Never(
                "a dialog can ask for a credential, not for this value".to_owned(),
            )),
            Value::Concatenation { parts } => self.concatenation(parts),
            Value::Conditional { .. } | Value::ProtectedPath => match self.input(value)? {
                Input::Bytes(bytes) => Ok(bytes),
                Input::ProtectedPath => Err(Missing::Never(
                    "what is entered at the reader cannot be a part of a value".to_owned(),
                )),
            },
        }
    }

    fn field(&self, name: &str, encoding: FieldEncoding) -> Result<Secret, Missing> {
        if is_answer(name) {
            // Pre-flight has said so if nobody can be asked.
            return self.answers.get(name).cloned().ok_or(Missing::Later);
        }
        let text = self
            .fields
            .get(name)
            .ok_or_else(|| Missing::Never(format!("the field `{name}` has no value")))?;
        match encoding {
            FieldEncoding::Base64 => decode(Encoding::Base64, text, &format!("the field `{name}`")),
            FieldEncoding::Text | FieldEncoding::Flag | FieldEncoding::SignatureSlot => {
                Ok(text.clone())
            }
        }
    }

    /// A flag of a field: `true`; for a slot: `Signature`.
    pub(crate) fn flag(&self, value: &Value) -> Result<bool, Missing> {
        let word: &[u8] = match value {
            Value::Field {
                encoding: FieldEncoding::SignatureSlot,
                ..
            } => b"signature",
            _ => b"true",
        };
        Ok(self.bytes(value)?.expose().eq_ignore_ascii_case(word))
    }

    /// Sized beforehand: a buffer that grew would leave copies behind.
    fn concatenation(&self, parts: &[Value]) -> Result<Secret, Missing> {
        let parts = parts
            .iter()
            .map(|part| self.bytes(part))
            .collect::<Result<Vec<_>, _>>()?;
        let mut joined = Vec::with_capacity(parts.iter().map(Secret::len).sum());
        for part in &parts {
            joined.extend_from_slice(part.expose());
        }
        Ok(Secret::new(joined))
    }
}

fn decode(encoding: Encoding, text: &Secret, what: &str) -> Result<Secret, Missing> {
    encoding
        .decode(text)
        .map_err(|error| Missing::Never(format!("{what}: {error}")))
}
