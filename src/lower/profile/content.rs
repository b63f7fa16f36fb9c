//! Expressions of a profile as values.

use super::{ENCRYPT, Programming};
use crate::model::Assignment;
use crate::operation::{Generated, OperationId, Part, Value};
use crate::source::Span;
use crate::stdlib;
use crate::syntax::cpf::{Expr, Range32, StatementId, Term, TermKind};

/// What `SECRANDOM` draws from when nothing else is said (perso).
const DIGITS: &str = "0123456789";

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
            TermKind::Number(number) => {
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
            TermKind::Call { name, .. } => self.call(name, term.span),
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
        } else {
            self.refuse(
                whole,
                format!("`{written}` gives no value that perso can make"),
                "`PERSINFO_SEC()` and `SECRANDOM(length)` do",
            );
        }
        None
    }

    /// Collects `V = SECRANDOM(length[, alphabet])`.
    pub(super) fn generate(&mut self) {
        let profile = self.profile;
        for assignment in &profile.assignments {
            let Some((arguments, span)) = self.random(assignment) else {
                continue;
            };
            if let Some((length, alphabet)) = self.random_arguments(arguments, span, assignment) {
                self.generated.push(Generated {
                    name: assignment.name.to_owned(),
                    length,
                    alphabet,
                });
            }
        }
    }

    fn random(&self, assignment: &Assignment<'t>) -> Option<(Range32, Span)> {
        let term = self.profile.single_term(assignment.value?)?;
        match term.kind {
            TermKind::Call { name, arguments }
                if name.of(self.profile.text).eq_ignore_ascii_case("SECRANDOM") =>
            {
                Some((arguments, term.span))
            }
            _ => None,
        }
    }

    fn random_arguments(
        &mut self,
        arguments: Range32,
        span: Span,
        assignment: &Assignment<'t>,
    ) -> Option<(u16, String)> {
        let profile = self.profile;
        let (length, alphabet) = match profile.tree.arguments(arguments) {
            [length] => (*length, None),
            [length, alphabet] => (*length, Some(*alphabet)),
            _ => {
                self.refuse(
                    span,
                    "`SECRANDOM` takes a length, and the characters to draw from",
                    "write `SECRANDOM(8)` or `SECRANDOM(8, '0123456789ABCDEF')`",
                );
                return None;
            }
        };
        let number = profile.single_term(length).map(|term| term.kind);
        let Some(TermKind::Number(count @ 1..=255)) = number else {
            self.refuse(
                length.span,
                "this is no length of a secret",
                "write 1 to 255",
            );
            return None;
        };
        let alphabet = match alphabet {
            None => DIGITS.to_owned(),
            Some(expr) => {
                let bytes = profile.constant_bytes(expr, assignment.statement);
                let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
                match text.filter(|text| !text.is_empty()) {
                    Some(text) => text,
                    None => {
                        self.refuse(
                            expr.span,
                            "these are no characters to draw from",
                            "write a string",
                        );
                        return None;
                    }
                }
            }
        };
        Some((u16::try_from(count).unwrap_or(u16::MAX), alphabet))
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
