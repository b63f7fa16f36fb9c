//! Places in sources as plans name them, with the literals of credentials masked.

use std::collections::HashMap;

use crate::model::{Encoding, Profile, Reference};
use crate::operation::Origin;
use crate::plan::MASK;
use crate::source::{SourceId, Sources, Span};
use crate::stdlib::{self, AttributeValue};
use crate::syntax::cpf::{Expr, StatementKind, TermKind};

/// Longest source line that a plan holds, in bytes; the rest is cut off.
const MAX_LINE: u32 = 512;

/// Makes origins; knows what must not be shown.
pub(super) struct Origins<'s> {
    sources: &'s Sources,
    secrets: HashMap<SourceId, Vec<Span>>,
}

impl<'s> Origins<'s> {
    pub(super) fn new(sources: &'s Sources) -> Self {
        Self {
            sources,
            secrets: HashMap::new(),
        }
    }

    /// Hides `#literal` of every key that takes a credential.
    pub(super) fn mask_encoding(&mut self, encoding: &Encoding<'_>) {
        let literals = encoding.entries.iter().filter(|entry| {
            entry.key().is_some_and(|key| key.keyword().credential)
                && matches!(entry.reference(), Reference::Literal(_))
        });
        let spans =
            literals.map(|entry| Span::new(entry.value_span.start + 1, entry.value_span.end));
        self.secrets
            .entry(encoding.source)
            .or_default()
            .extend(spans);
    }

    /// Hides literals that are assigned to `SEC_*` variables or are the value of a PIN.
    pub(super) fn mask_profile(&mut self, profile: &Profile<'_>) {
        let mut spans = Vec::new();
        let mut hide = |expr: Expr| {
            let literals = profile.tree.terms(expr).iter().filter(|term| {
                matches!(
                    term.kind,
                    TermKind::String | TermKind::Bytes | TermKind::Number
                )
            });
            spans.extend(literals.map(|term| term.span));
        };
        for statement in &profile.tree.statements {
            match statement.kind {
                StatementKind::Assignment { value: Some(value) }
                    if stdlib::credential_of_variable(statement.word().of(profile.text))
                        .is_some() =>
                {
                    hide(value);
                }
                StatementKind::Declaration { attributes, .. } => {
                    for attribute in profile.tree.attributes(attributes) {
                        let info = stdlib::attribute(attribute.name.of(profile.text));
                        if info.is_some_and(|info| info.value == AttributeValue::Secret) {
                            hide(attribute.value);
                        }
                    }
                }
                _ => {}
            }
        }
        let known = self.secrets.entry(profile.source).or_default();
        known.extend(spans);
        known.sort_unstable();
    }

    /// Name of a source without folder or archive, as a description names it.
    pub(super) fn name(&self, id: SourceId) -> &'s str {
        let sources = self.sources;
        let name = sources[id].name();
        name.rsplit(['/', '\\', '!']).next().unwrap_or(name)
    }

    /// The origin that a span is.
    pub(super) fn at(&self, id: SourceId, span: Span) -> Origin {
        let file = &self.sources[id];
        let position = file.position(span.start);
        Origin {
            source: self.name(id).to_owned(),
            start: file.original_offset(span.start),
            end: file.original_offset(span.end),
            line: position.line,
            column: position.column,
            text: self.line(id, span.start),
        }
    }

    /// The line that holds `offset`, masked, at most [`MAX_LINE`] bytes of it.
    fn line(&self, id: SourceId, offset: u32) -> String {
        let file = &self.sources[id];
        let text = file.text();
        let lines = file.lines();
        let start = lines.start_of(lines.line_of(offset));
        let rest = text.get(start as usize..).unwrap_or_default();
        let length = rest
            .find(['\n', '\r'])
            .unwrap_or(rest.len())
            .min(MAX_LINE as usize);
        let length = (0..=length)
            .rev()
            .find(|at| rest.is_char_boundary(*at))
            .unwrap_or(0);
        let end = start + u32::try_from(length).unwrap_or(MAX_LINE);
        let mut shown = String::new();
        let mut at = start;
        let secrets = self.secrets.get(&id).map_or(&[][..], Vec::as_slice);
        let first = secrets.partition_point(|secret| secret.end <= start);
        for secret in secrets[first..]
            .iter()
            .take_while(|secret| secret.start < end)
        {
            shown.push_str(Span::new(at, secret.start.max(at)).of(text));
            shown.push_str(MASK);
            at = secret.end.min(end).max(at);
        }
        shown.push_str(Span::new(at, end).of(text));
        shown
    }
}
