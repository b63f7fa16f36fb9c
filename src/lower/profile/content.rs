//! Expressions of a profile as values.

use super::{ENCRYPT, Programming};
use crate::operation::{OperationId, Part, Value};
use crate::source::Span;
use crate::stdlib;
use crate::syntax::cpf::{Expr, StatementId, Term, TermKind};

/// Variables inside variables that are followed.
const MAX_CHAIN: u32 = 64;

impl<'t> Programming<'_, '_, '_, 't> {
    /// The value of an expression that stands in `statement`.
    pub(super) fn value(&mut self, expr: Expr, statement: StatementId) -> Option<Value> {
        self.value_below(expr, statement, MAX_CHAIN)
    }

    fn value_below(&mut self, expr: Expr, statement: StatementId, chain: u32) -> Option<Value> {
        let profile = self.profile;
        let one = profile.single_term(expr);
        let text = one.is_some_and(|term| term.kind == TermKind::String);
        let facts = profile.facts(expr, statement);
        if facts.constant
            && facts.secret.is_none()
            && !text
            && let Some(bytes) = profile.constant_bytes(expr, statement)
        {
            return Some(Value::bytes(&bytes));
        }
        if let Some(term) = one {
            return self.term(term, statement, chain);
        }
        let mut parts = Vec::new();
        for term in profile.tree.terms(expr) {
            match self.term(term, statement, chain)? {
                // Flat, however variables are put together: a reader of plans has a limit of depth.
                Value::Concatenation { parts: inner } => parts.extend(inner),
                part => parts.push(part),
            }
        }
        Some(Value::Concatenation { parts })
    }

    fn term(&mut self, term: &Term, statement: StatementId, chain: u32) -> Option<Value> {
        let Some(left) = self.terms.checked_sub(1) else {
            self.refuse(
                term.span,
                "the value is put together from too many parts",
                "10,000 parts are the limit for a whole profile",
            );
            return None;
        };
        self.terms = left;
        let text = self.profile.text;
        match term.kind {
            TermKind::Number => {
                let number = term.number_value(text);
                let bytes = number.to_be_bytes();
                let zeros = (number.leading_zeros() / 8).min(7) as usize;
                Some(Value::bytes(&bytes[zeros..]))
            }
            TermKind::String => Some(Value::text(term.string_value(text))),
            TermKind::Bytes => Some(Value::bytes(&term.bytes_value(text))),
            TermKind::Placeholder => {
                self.refuse(
                    term.span,
                    "`...` stands for a value that is still missing",
                    "write the value, or name a variable that `ProfileParameters` hands over",
                );
                None
            }
            TermKind::Name => self.variable(term.span, statement, chain),
            TermKind::Call { .. } => self.call(term.function_name(text), term.span),
        }
    }

    fn variable(&mut self, span: Span, statement: StatementId, chain: u32) -> Option<Value> {
        let profile = self.profile;
        let name = span.of(profile.text);
        let credential = stdlib::credential_of_variable(name).is_some();
        let assigned = profile
            .assignment(name)
            .filter(|found| found.statement < statement);
        if let Some(assignment) = assigned {
            if self.random(assignment).is_some() {
                return Some(Value::Generated {
                    name: assignment.name.to_owned(),
                });
            }
            let Some(below) = chain.checked_sub(1) else {
                self.refuse(
                    span,
                    "too many variables inside each other",
                    "assign the value directly",
                );
                return None;
            };
            let value = self.value_below(assignment.value?, assignment.statement, below)?;
            return Some(if credential { secret(value) } else { value });
        }
        if self.supplies.contains_key(&name.to_ascii_lowercase()) {
            return self.supplied(name);
        }
        self.refuse(
            span,
            format!("`{name}` has no value here"),
            "assign it above, or hand it over with `ProfileParameters` of the description",
        );
        None
    }

    fn call(&mut self, name: Span, whole: Span) -> Option<Value> {
        let written = name.of(self.profile.text);
        if written.eq_ignore_ascii_case("PERSINFO_SEC") {
            if self
                .profile
                .calls_of("PERSINFO_ENCRYPT_SEC")
                .next()
                .is_some()
            {
                return Some(Value::Result {
                    operation: OperationId(ENCRYPT.to_owned()),
                    part: Part::PinBlob,
                });
            }
            self.refuse(
                whole,
                "nothing is encrypted that could be written here",
                "call `PERSINFO_ENCRYPT_SEC()` above",
            );
        } else if written.eq_ignore_ascii_case("SECRANDOM") {
            self.refuse(
                whole,
                "a random secret needs a name",
                "assign it: `SEC_PIN3 = SECRANDOM(6)`, and use the variable",
            );
        } else if written.eq_ignore_ascii_case("PERSINFO_PUT_PUBRSA_AND_SEC") {
            self.refuse(
                whole,
                "the form of these data is not public, and perso makes none of its own",
                "write the encrypted PINs with `PERSINFO_SEC()`, and let `public=` of `CreateKey` \
                 write the public key into a file of its own",
            );
        } else {
            self.refuse(
                whole,
                format!("`{written}` gives no value that perso can make"),
                "`PERSINFO_SEC()` and `SECRANDOM(length)` do",
            );
        }
        None
    }
}

/// A literal that is a credential by the variable it is assigned to.
fn secret(value: Value) -> Value {
    match value {
        Value::Text { text, .. } => Value::Text { text, secret: true },
        Value::Bytes { hex, .. } => Value::Bytes { hex, secret: true },
        Value::Field { name, encoding, .. } => Value::Field {
            name,
            encoding,
            secret: true,
        },
        Value::Concatenation { parts } => Value::Concatenation {
            parts: parts.into_iter().map(secret).collect(),
        },
        other => other,
    }
}
