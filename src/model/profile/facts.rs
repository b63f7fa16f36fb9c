//! What is known of a value before the card is there: its size, and where it comes from.

use std::ops::Range;

use crate::source::Span;
use crate::stdlib::{self, ResultKind};
use crate::syntax::cpf::{Expr, StatementId, Term, TermKind};

use super::Profile;

/// Length of a value in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DataSize {
    /// Known now.
    Known(u64),
    /// Given from outside: known when the card is made, before its files are.
    AtRun,
    /// No upper bound is known.
    Unbounded,
}

impl DataSize {
    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unbounded, _) | (_, Self::Unbounded) => Self::Unbounded,
            (Self::AtRun, _) | (_, Self::AtRun) => Self::AtRun,
            (Self::Known(a), Self::Known(b)) => Self::Known(a.saturating_add(b)),
        }
    }
}

/// What is known of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Its length.
    pub size: DataSize,
    /// Built only from literals and from variables that are.
    pub constant: bool,
    /// The first call of a function with a value that it depends on, directly or through variables.
    pub call: Option<Span>,
    /// The first secret it depends on: a `SEC_*` variable or the result of a secret function.
    pub secret: Option<Span>,
    /// The first `...` in it, directly or through variables.
    pub placeholder: Option<Span>,
}

impl Facts {
    const EMPTY: Self = Self {
        size: DataSize::Known(0),
        constant: true,
        call: None,
        secret: None,
        placeholder: None,
    };

    /// Of a value that comes from outside.
    const AT_RUN: Self = Self {
        size: DataSize::AtRun,
        constant: false,
        ..Self::EMPTY
    };

    fn literal(size: usize) -> Self {
        Self {
            size: DataSize::Known(size as u64),
            ..Self::EMPTY
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            size: self.size.plus(other.size),
            constant: self.constant && other.constant,
            call: self.call.or(other.call),
            secret: self.secret.or(other.secret),
            placeholder: self.placeholder.or(other.placeholder),
        }
    }
}

/// Variables inside variables that a constant is followed through.
const MAX_CHAIN: u32 = 64;

/// Longest constant that is put together: no file of a card is larger.
const MAX_CONSTANT: u64 = 65_535;

impl Profile<'_> {
    /// What is known of an expression in `statement`. Variables count as what was assigned to them
    /// before that statement; each assignment was looked at once, so the work stays linear.
    #[must_use]
    pub fn facts(&self, expr: Expr, statement: StatementId) -> Facts {
        let terms = self.tree.terms(expr);
        terms.iter().fold(Facts::EMPTY, |facts, term| {
            facts.plus(self.term_facts(term, statement))
        })
    }

    /// What is known of one term of an expression in `statement`.
    #[must_use]
    pub fn term_facts(&self, term: &Term, statement: StatementId) -> Facts {
        match term.kind {
            TermKind::Number => Facts::literal(number_bytes(term.number_value(self.text)).len()),
            TermKind::String => Facts::literal(term.string_value(self.text).len()),
            TermKind::Bytes => Facts::literal(term.bytes_length(self.text)),
            TermKind::Placeholder => Facts {
                placeholder: Some(term.span),
                ..Facts::AT_RUN
            },
            TermKind::Name => self.variable_facts(term.span, statement),
            TermKind::Call { .. } => {
                let function = stdlib::function(term.function_name(self.text).of(self.text));
                match function.map(|function| function.result) {
                    // A function that does not exist, or has no value: nothing is known.
                    None | Some(ResultKind::None) => Facts::AT_RUN,
                    Some(result) => Facts {
                        size: DataSize::Unbounded,
                        call: Some(term.span),
                        secret: (result == ResultKind::Secret).then_some(term.span),
                        ..Facts::AT_RUN
                    },
                }
            }
        }
    }

    /// What is known of the variable whose name stands at `span` in `statement`.
    #[must_use]
    pub fn variable_facts(&self, span: Span, statement: StatementId) -> Facts {
        let name = span.of(self.text);
        let known = self
            .assignment(name)
            .filter(|found| found.statement < statement);
        let mut facts = known.map_or(Facts::AT_RUN, |found| found.facts);
        if stdlib::credential_of_variable(name).is_some() {
            facts.secret = facts.secret.or(Some(span));
        }
        facts
    }

    /// The bytes of an expression that is constant, up to 65,535 of them.
    ///
    /// Text counts as its UTF-8 bytes, a number as its shortest big-endian form (perso).
    #[must_use]
    pub fn constant_bytes(&self, expr: Expr, statement: StatementId) -> Option<Vec<u8>> {
        self.constant(expr, statement)
            .map(|constant| constant.bytes)
    }

    /// The bytes of an expression that is constant, as [`constant_bytes`](Self::constant_bytes),
    /// each with the place that says so.
    #[must_use]
    pub fn constant(&self, expr: Expr, statement: StatementId) -> Option<Constant> {
        let facts = self.facts(expr, statement);
        let short = matches!(facts.size, DataSize::Known(size) if size <= MAX_CONSTANT);
        if !facts.constant || !short {
            return None;
        }
        let mut constant = Constant::default();
        self.append_constant(expr, MAX_CHAIN, &mut constant)?;
        Some(constant)
    }

    /// Literals given to `SEC_…` variables and to the `value` of a `CreatePin`: what must not be
    /// shown.
    pub fn secret_literals(&self) -> impl Iterator<Item = Span> {
        let assigned = self
            .assignments
            .iter()
            .filter(|assignment| stdlib::credential_of_variable(assignment.name).is_some())
            .filter_map(|assignment| assignment.value);
        let pins = self
            .pins
            .iter()
            .filter_map(|pin| self.attribute(pin.attributes, "value"))
            .map(|attribute| attribute.value);
        assigned
            .chain(pins)
            .flat_map(|value| self.tree.terms(value))
            .filter_map(|term| {
                let literal = matches!(
                    term.kind,
                    TermKind::Number | TermKind::String | TermKind::Bytes
                );
                literal.then_some(term.span)
            })
    }

    fn append_constant(&self, expr: Expr, chain: u32, constant: &mut Constant) -> Option<()> {
        for term in self.tree.terms(expr) {
            match term.kind {
                TermKind::Number => {
                    constant.append(&number_bytes(term.number_value(self.text)), term.span);
                }
                TermKind::String => {
                    constant.append(term.string_value(self.text).as_bytes(), term.span);
                }
                TermKind::Bytes => {
                    for (byte, place) in term.hex_bytes(self.text) {
                        constant.append(&[byte], place);
                    }
                }
                TermKind::Name => {
                    let found = self.assignment(term.span.of(self.text))?;
                    // An empty value ends here, or empty variables could double for ever.
                    if found.facts.size != DataSize::Known(0) {
                        let below = chain.checked_sub(1)?;
                        self.append_constant(found.value?, below, constant)?;
                    }
                }
                TermKind::Placeholder | TermKind::Call { .. } => return None,
            }
        }
        Some(())
    }
}

/// Constant bytes, each with the place in the profile that says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constant {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The two digits of each byte, or the whole string or number that it is a part of.
    places: Vec<Span>,
}

impl Constant {
    fn append(&mut self, bytes: &[u8], place: Span) {
        self.bytes.extend_from_slice(bytes);
        self.places.resize(self.bytes.len(), place);
    }

    /// The place of a run of bytes; of its first byte where it is spread over several values. An
    /// empty run lies at the byte before it.
    #[must_use]
    pub fn place(&self, bytes: Range<usize>) -> Span {
        let at = |index: usize| {
            let known = self.places.get(index).or(self.places.last());
            known.copied().unwrap_or_default()
        };
        let last = at(bytes.end.saturating_sub(1));
        let first = at(bytes.start.min(bytes.end.saturating_sub(1)));
        match first.start <= last.start {
            true => first.cover(last),
            false => first,
        }
    }
}

/// A number as its shortest big-endian form, at least one byte.
pub(crate) fn number_bytes(number: u64) -> Vec<u8> {
    let all = number.to_be_bytes();
    let zeros = (number.leading_zeros() / 8).min(7) as usize;
    all[zeros..].to_vec()
}
