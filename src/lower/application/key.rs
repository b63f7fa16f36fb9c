//! Key pairs of an application: made on the card, or found there.

use super::{Lowering, Unit};
use crate::lower::initialization::generation_of;
use crate::model::Entry;
use crate::operation::{Action, Algorithm, KeyCriteria, ObjectClass, OperationId, UndoClass};
use crate::stdlib::Key;

impl<'t> Lowering<'_, 't> {
    /// `KeySize` makes a key pair, `ObjectCriteria` finds one.
    pub(super) fn key(&mut self, unit: &mut Unit<'_, 't>) -> Option<OperationId> {
        let size = unit.section.entry(Key::KeySize).copied();
        let criteria = unit.section.entry(Key::ObjectCriteria).copied();
        match (size, criteria) {
            (Some(_), Some(criteria)) => {
                self.refuse(
                    criteria.key_span,
                    "is a key to be made, or an existing one to be used?",
                    "keep `KeySize` to make one, or `ObjectCriteria` to use an existing one",
                );
                None
            }
            (Some(size), None) => self.generate(unit, &size),
            (None, Some(criteria)) => self.find(unit, &criteria),
            (None, None) => None,
        }
    }

    fn generate(&mut self, unit: &mut Unit<'_, 't>, size: &Entry<'t>) -> Option<OperationId> {
        let algorithm = self.algorithm(unit, size)?;
        let label = self.object_label(unit);
        let action = Action::GenerateKeyPair {
            slot: self.slot(unit)?,
            algorithm,
            label,
            login: self.login(unit)?,
        };
        let needs = [generation_of(algorithm)];
        Some(self.push(unit, "key", action, UndoClass::Reversible, &needs, size))
    }

    fn algorithm(&mut self, unit: &Unit<'_, 't>, size: &Entry<'t>) -> Option<Algorithm> {
        let text = self.encoding.text;
        let bits: Option<u16> = size.value_span.of(text).trim().parse().ok();
        let kind = unit.section.entry(Key::KeyType).copied();
        let word = kind.map_or("RSA", |entry| entry.value_span.of(text));
        match (word.to_ascii_uppercase().as_str(), bits) {
            ("RSA", Some(bits @ 1024..=4096)) if bits % 256 == 0 => Some(Algorithm::Rsa { bits }),
            ("EC", Some(256)) => Some(Algorithm::P256),
            ("EC", Some(384)) => Some(Algorithm::P384),
            ("RSA", _) => {
                self.refuse(
                    size.value_span,
                    "this is no size of an RSA key",
                    "write 2048, 3072 or 4096; or `KeyType=EC` with 256 or 384",
                );
                None
            }
            ("EC", _) => {
                self.refuse(
                    size.value_span,
                    "this is no size of an elliptic curve key",
                    "write 256 or 384",
                );
                None
            }
            _ => {
                let span = kind.map_or(size.value_span, |entry| entry.value_span);
                self.refuse(span, "the kind of key is not known", "write `RSA` or `EC`");
                None
            }
        }
    }

    fn find(&mut self, unit: &mut Unit<'_, 't>, entry: &Entry<'t>) -> Option<OperationId> {
        let Some(criteria) = criteria(entry.value_span.of(self.encoding.text)) else {
            self.refuse(
                entry.value_span,
                "this is no filter for a key",
                "write `CKO_PUBLIC_KEY,CKA_LABEL,string,\"Label\"`",
            );
            return None;
        };
        let action = Action::FindKeyPair {
            slot: self.slot(unit)?,
            criteria,
            login: self.login(unit)?,
        };
        Some(self.push(unit, "key", action, UndoClass::Reading, &[], entry))
    }

    /// Objects are labelled with the template, else with the step, else with the application
    /// (perso: no key for it is documented).
    pub(super) fn object_label(&self, unit: &Unit<'_, 't>) -> String {
        [Key::CertTempl, Key::EncodingStep]
            .into_iter()
            .filter_map(|key| unit.section.entry(key))
            .map(|entry| entry.value_span.of(self.encoding.text))
            .find(|text| !text.is_empty())
            .unwrap_or(unit.section.suffix)
            .to_owned()
    }
}

/// `CKO_class,CKA_attribute,type,"value"`.
fn criteria(text: &str) -> Option<KeyCriteria> {
    let mut parts = text.splitn(4, ',').map(str::trim);
    let class = match parts.next()?.to_ascii_uppercase().as_str() {
        "CKO_PUBLIC_KEY" => ObjectClass::PublicKey,
        "CKO_PRIVATE_KEY" => ObjectClass::PrivateKey,
        "CKO_CERTIFICATE" => ObjectClass::Certificate,
        _ => return None,
    };
    let attribute = parts.next()?.to_ascii_uppercase();
    let _form = parts.next()?;
    let value = parts.next()?.strip_prefix('"')?.strip_suffix('"')?;
    let (label, id) = match attribute.as_str() {
        "CKA_LABEL" => (Some(value.to_owned()), None),
        "CKA_ID" if is_hexadecimal(value) => (None, Some(value.to_ascii_uppercase())),
        _ => return None,
    };
    Some(KeyCriteria { class, label, id })
}

fn is_hexadecimal(text: &str) -> bool {
    !text.is_empty()
        && text.len().is_multiple_of(2)
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
