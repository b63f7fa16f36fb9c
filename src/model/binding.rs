//! How Identity Manager binds the fields of descriptions: `[mapping]` of `perso.toml`.

use std::collections::HashMap;

use crate::source::{SourceId, Span};

use super::{Encoding, FieldUse, Located};
use crate::stdlib::Key;

/// One entry of `[mapping]`.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The field; letter case counts.
    pub field: String,
    /// Where the field is named in `perso.toml`.
    pub place: (SourceId, Span),
    /// The process variable or pool field.
    pub to: Option<Located<String>>,
    /// Whether Identity Manager keeps the value encrypted.
    pub encrypted: Option<Located<bool>>,
    /// Whether the value that the encoder returns is read back.
    pub read: Option<Located<bool>>,
}

impl Binding {
    /// Whether the returned value is read back.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.read.as_ref().is_some_and(|read| read.value)
    }

    /// Whether the value is kept encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.encrypted
            .as_ref()
            .is_some_and(|encrypted| encrypted.value)
    }

    /// What it is bound to.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        self.to.as_ref().map(|to| to.value.as_str())
    }

    /// Whether it is bound to a field of the data pool: `${Pool_Field}`, not `${Variable}`.
    #[must_use]
    pub fn is_pool_field(&self) -> bool {
        let name = self
            .target()
            .and_then(|target| target.strip_prefix("${")?.strip_suffix('}'));
        name.and_then(|name| name.split_once('_'))
            .is_some_and(|(pool, field)| !pool.is_empty() && !field.is_empty())
    }
}

/// The whole `[mapping]`, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// Its entries.
    pub bindings: Vec<Binding>,
}

impl Mapping {
    /// The entries by field.
    #[must_use]
    pub fn by_field(&self) -> HashMap<&str, &Binding> {
        self.bindings
            .iter()
            .map(|binding| (binding.field.as_str(), binding))
            .collect()
    }
}

impl<'t> Encoding<'t> {
    /// Every use of a field that the encoder fills, in order.
    pub fn outputs(&self) -> impl Iterator<Item = FieldUse<'t>> {
        self.field_uses()
            .filter(|used| used.key.keyword().is_output())
    }

    /// Every use of a field as a credential, in order: the secret fields.
    pub fn secret_fields(&self) -> impl Iterator<Item = FieldUse<'t>> {
        self.field_uses()
            .filter(|used| used.key.keyword().credential)
    }

    /// Names of the fields that decrypted PINs come to, each with the first key that names it.
    #[must_use]
    pub fn decrypted_pins(&self) -> HashMap<&'t str, Key> {
        let mut fields = HashMap::new();
        for used in self.outputs() {
            if super::is_pin_decryption(used.key) {
                fields.entry(used.name).or_insert(used.key);
            }
        }
        fields
    }
}
