//! Where a description uses its fields, and which declaration a name means.

use std::collections::HashMap;

use crate::source::Span;

use super::value::list_items;
use super::{Encoding, Entry, FieldDeclaration, Part, Reference, Value, label_parts};
use crate::stdlib::{Key, ValueKind};

/// A name in the value of a key that takes names of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldUse<'t> {
    /// The name as written.
    pub name: &'t str,
    /// Its place.
    pub span: Span,
    /// The key.
    pub key: Key,
}

/// What `[Fields]` says about a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldMatch<'e, 't> {
    /// It is declared.
    Declared(&'e FieldDeclaration<'t>),
    /// Only a name that differs in letter case is declared.
    OtherCase(&'e FieldDeclaration<'t>),
    /// Nothing.
    Undeclared,
}

impl<'t> Encoding<'t> {
    /// Every use of a field by a key that takes fields, in order: references, lists, `!{NAME}`.
    ///
    /// A bare `true` or `false` on `OperatorPinIsSOCredential` is a use only if such a field is
    /// declared; else it is a flag without its `#`.
    pub fn field_uses(&self) -> impl Iterator<Item = FieldUse<'t>> {
        self.entries
            .iter()
            .filter(|entry| self.is_judged(entry))
            .flat_map(|entry| self.uses_in(entry))
    }

    fn uses_in(&self, entry: &Entry<'t>) -> Vec<FieldUse<'t>> {
        let Some(key) = entry.key() else {
            return Vec::new();
        };
        let named = |name, span| FieldUse { name, span, key };
        match entry.value {
            Value::Reference(Reference::Field(name)) => {
                let is_flag = key.keyword().kind == ValueKind::FlagReference
                    && is_truth_word(name)
                    && self.field(name).is_none();
                let used = (!is_flag).then(|| named(name, entry.value_span));
                used.into_iter().collect()
            }
            Value::Fields(_) => list_items(self.text, entry.value_span)
                .filter(|item| !item.name.is_empty())
                .map(|item| named(item.name, item.span))
                .collect(),
            Value::Text(_) if key.keyword().kind == ValueKind::Text => {
                label_parts(self.text, entry.value_span)
                    .filter_map(|part| match part {
                        Part::Field(name, span) => Some(named(name, span)),
                        _ => None,
                    })
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// For how many wrong names a near field is worth looking for: each compares with all fields.
    #[must_use]
    pub fn proposal_limit(&self) -> usize {
        const COMPARISONS: usize = 200_000;
        COMPARISONS / self.fields.len().max(1) + 1
    }

    /// What `[Fields]` says about a name.
    #[must_use]
    pub fn field_match(&self, name: &str) -> FieldMatch<'_, 't> {
        if let Some(declaration) = self.field(name) {
            return FieldMatch::Declared(declaration);
        }
        let folded = self.folded_fields.get_or_init(|| self.fold_fields());
        folded
            .get(&name.to_lowercase())
            .map_or(FieldMatch::Undeclared, |index| {
                FieldMatch::OtherCase(&self.declarations[*index as usize])
            })
    }

    fn fold_fields(&self) -> HashMap<String, u32> {
        let mut folded = HashMap::with_capacity(self.fields.len());
        for (name, index) in &self.fields {
            folded.entry(name.to_lowercase()).or_insert(*index);
        }
        folded
    }
}

/// `true` or `false`, in any letter case.
pub(super) fn is_truth_word(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

#[cfg(test)]
mod tests {
    use crate::source::SourceId;
    use crate::syntax::dsc;

    use super::*;

    #[test]
    fn fields_are_used_by_references_lists_and_expressions() {
        let text = "[Fields]\nA=\nb=\n[Description]\nPIN=A\nPUK=#A\nClearFields=A, ,B\n\
                    OperatorPinIsSOCredential=true\n[Application_A]\n\
                    LabelExpressionDataObject=for !{C}\n[Notes]\nPIN=D\n";
        let tree = dsc::parse(text);
        let encoding = Encoding::new(SourceId(0), text, &tree);
        let uses: Vec<_> = encoding.field_uses().map(|used| used.name).collect();
        assert_eq!(uses, ["A", "A", "B", "C"]);
        assert!(matches!(encoding.field_match("A"), FieldMatch::Declared(_)));
        assert!(matches!(
            encoding.field_match("B"),
            FieldMatch::OtherCase(declaration) if declaration.name == "b"
        ));
        assert_eq!(encoding.field_match("C"), FieldMatch::Undeclared);
    }
}
