//! What is known of a value before the card is there: its size, and where it comes from.

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
            TermKind::Number(number) => Facts::literal(number_bytes(number).len()),
            TermKind::String => Facts::literal(term.string_value(self.text).len()),
            TermKind::Bytes => Facts::literal(term.bytes_value(self.text).len()),
            TermKind::Placeholder => Facts {
                placeholder: Some(term.span),
                ..Facts::AT_RUN
            },
            TermKind::Name => self.variable_facts(term.span, statement),
            TermKind::Call { name, .. } => {
                let function = stdlib::function(name.of(self.text));
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
        let facts = self.facts(expr, statement);
        let short = matches!(facts.size, DataSize::Known(size) if size <= MAX_CONSTANT);
        if !facts.constant || !short {
            return None;
        }
        let mut bytes = Vec::new();
        self.append_constant(expr, MAX_CHAIN, &mut bytes)?;
        Some(bytes)
    }

    fn append_constant(&self, expr: Expr, chain: u32, bytes: &mut Vec<u8>) -> Option<()> {
        for term in self.tree.terms(expr) {
            match term.kind {
                TermKind::Number(number) => bytes.extend(number_bytes(number)),
                TermKind::String => bytes.extend(term.string_value(self.text).bytes()),
                TermKind::Bytes => bytes.extend(term.bytes_value(self.text)),
                TermKind::Name => {
                    let found = self.assignment(term.span.of(self.text))?;
                    // An empty value ends here, or empty variables could double for ever.
                    if found.facts.size != DataSize::Known(0) {
                        let below = chain.checked_sub(1)?;
                        self.append_constant(found.value?, below, bytes)?;
                    }
                }
                TermKind::Placeholder | TermKind::Call { .. } => return None,
            }
        }
        Some(())
    }
}

/// A number as its shortest big-endian form, at least one byte.
pub(crate) fn number_bytes(number: u64) -> Vec<u8> {
    let all = number.to_be_bytes();
    let zeros = (number.leading_zeros() / 8).min(7) as usize;
    all[zeros..].to_vec()
}
