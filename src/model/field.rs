//! Where a description uses its fields, and which declaration a name means.

use foldhash::{HashMap, HashMapExt as _};

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

/// A use, and the first declaration of its name in the same letter case. Borrows nothing, so that
/// it can be kept beside what it was made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResolvedUse {
    span: Span,
    key: Key,
    declaration: Option<u32>,
}

impl<'t> Encoding<'t> {
    /// Every use of a field by a key that takes fields, in order: references, lists, `!{NAME}`.
    ///
    /// A bare `true` or `false` on `OperatorPinIsSOCredential` is a use only if such a field is
    /// declared; else it is a flag without its `#`.
    pub fn field_uses(&self) -> impl Iterator<Item = FieldUse<'t>> {
        self.resolved_uses().iter().map(|used| self.field_use(used))
    }

    /// Every use of a field, as [`field_uses`](Self::field_uses), with what `[Fields]` says about
    /// its name.
    pub fn matched_uses(&self) -> impl Iterator<Item = (FieldUse<'t>, FieldMatch<'_, 't>)> {
        self.resolved_uses().iter().map(|resolved| {
            let used = self.field_use(resolved);
            let matched = match resolved.declaration {
                Some(index) => FieldMatch::Declared(&self.declarations[index as usize]),
                None => self.field_match(used.name),
            };
            (used, matched)
        })
    }

    fn field_use(&self, resolved: &ResolvedUse) -> FieldUse<'t> {
        let ResolvedUse { span, key, .. } = *resolved;
        let name = span.of(self.text);
        FieldUse { name, span, key }
    }

    fn resolved_uses(&self) -> &[ResolvedUse] {
        self.uses.get_or_init(|| {
            let mut uses = Vec::new();
            for entry in self.entries.iter().filter(|entry| self.is_judged(entry)) {
                self.resolve_uses(entry, &mut uses);
            }
            uses
        })
    }

    fn resolve_uses(&self, entry: &Entry<'t>, uses: &mut Vec<ResolvedUse>) {
        let Some(key) = entry.key() else { return };
        let kind = key.keyword().kind;
        let mut resolve = |name, span| {
            let declaration = self.fields.get(name).copied();
            // A word of truth where a flag may stand is a flag.
            let is_flag = kind == ValueKind::FlagReference && is_truth_word(name);
            if declaration.is_some() || !is_flag {
                uses.push(ResolvedUse {
                    span,
                    key,
                    declaration,
                });
            }
        };
        match entry.value {
            Value::Reference(Reference::Field(name)) => resolve(name, entry.value_span),
            Value::Fields(_) => list_items(self.text, entry.value_span)
                .filter(|item| !item.name.is_empty())
                .for_each(|item| resolve(item.name, item.span)),
            Value::Text(_) if kind == ValueKind::Text => {
                for part in label_parts(self.text, entry.value_span) {
                    if let Part::Field(name, span) = part {
                        resolve(name, span);
                    }
                }
            }
            _ => {}
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
