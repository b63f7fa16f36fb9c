//! Secrets of a profile: what `SECRANDOM` draws, what a `SEC_` variable can be, and that none of it
//! comes into the open.

use std::collections::HashSet;

use super::Programming;
use crate::model::Assignment;
use crate::operation::{Generated, Value};
use crate::source::Span;
use crate::stdlib;
use crate::syntax::cpf::{Expr, Range32, StatementId, Term, TermKind};

/// What `SECRANDOM` draws from when nothing else is said (perso).
const DIGITS: &str = "0123456789";

/// Variables inside variables that a number is followed through.
const MAX_CHAIN: u32 = 64;

impl<'t> Programming<'_, '_, '_, 't> {
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

    /// The arguments of the only call of `SECRANDOM` that an assignment is, with the whole call.
    pub(super) fn random(&self, assignment: &Assignment<'t>) -> Option<(Range32, Span)> {
        let term = self.profile.single_term(assignment.value?)?;
        match term.kind {
            TermKind::Call { arguments } if is_random(term, self.profile.text) => {
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
        let count = self.number(length, assignment.statement, MAX_CHAIN);
        let count = count.filter(|count| (1..=255).contains(count));
        if count.is_none() {
            self.refuse(
                profile.tree.span(length),
                "this is no length of a secret",
                "write 1 to 255, the number of characters to draw",
            );
        }
        let alphabet = match alphabet {
            None => Some(DIGITS.to_owned()),
            Some(expr) => self.alphabet(expr, assignment.statement),
        };
        Some((u16::try_from(count?).ok()?, alphabet?))
    }

    /// The number that an expression is, also through variables.
    fn number(&self, expr: Expr, statement: StatementId, chain: u32) -> Option<u64> {
        let profile = self.profile;
        let term = profile.single_term(expr)?;
        match term.kind {
            TermKind::Number => Some(term.number_value(profile.text)),
            TermKind::Name => {
                let found = profile
                    .assignment(term.span.of(profile.text))
                    .filter(|found| found.statement < statement)?;
                self.number(found.value?, found.statement, chain.checked_sub(1)?)
            }
            _ => None,
        }
    }

    /// The characters to draw from: each once, or some would come more often; visible ASCII, so
    /// that a PIN letter can print them and a character is a byte.
    fn alphabet(&mut self, expr: Expr, statement: StatementId) -> Option<String> {
        let bytes = self.profile.constant_bytes(expr, statement);
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(text) = text.filter(|text| text.chars().all(|c| c.is_ascii_graphic())) else {
            self.refuse(
                self.profile.tree.span(expr),
                "these are no characters to draw from",
                "write a text of visible ASCII characters, such as '0123456789ABCDEF'",
            );
            return None;
        };
        let different: HashSet<char> = text.chars().collect();
        if different.len() < 2 {
            self.refuse(
                self.profile.tree.span(expr),
                "a secret drawn from fewer than two characters is known to everybody",
                "write more characters to draw from",
            );
            return None;
        }
        if different.len() < text.len() {
            self.refuse(
                self.profile.tree.span(expr),
                "a character stands here twice, and would be drawn more often than others",
                "write each character once",
            );
            return None;
        }
        Some(text)
    }

    /// A `SEC_` variable is text, bytes, a drawn secret, or another variable.
    pub(super) fn refuse_impossible_secrets(&mut self) {
        let profile = self.profile;
        for assignment in &profile.assignments {
            let credential = stdlib::credential_of_variable(assignment.name);
            let (Some(credential), Some(value)) = (credential, assignment.value) else {
                continue;
            };
            let name = credential.variable;
            for term in profile.tree.terms(value) {
                match term.kind {
                    TermKind::Number => self.refuse(
                        term.span,
                        format!("the number that `{name}` is given is no row of digits"),
                        "write the digits as text, in quotes",
                    ),
                    TermKind::Call { .. } if !is_random(term, profile.text) => {
                        self.refuse(
                            term.span,
                            format!("what this function gives is no value of `{name}`"),
                            "draw a secret with `SECRANDOM(length)`",
                        );
                    }
                    _ => {}
                }
            }
        }
    }

    /// Secrets go into PIN objects and into the encrypted PINs, never into the open. What comes
    /// from a credential of the description counts, under whatever name it is passed.
    pub(super) fn refuse_exposure(
        &mut self,
        value: &Value,
        expr: Expr,
        statement: StatementId,
    ) -> Option<()> {
        let secret = self.profile.facts(expr, statement).secret;
        if secret.is_none() && !value.is_secret() {
            return Some(());
        }
        self.refuse(
            secret.unwrap_or(self.profile.tree.span(expr)),
            "a secret would come into the open here",
            "secrets go into `PERSINFO_PUT_SEC` or the `value` of a `CreatePin`",
        );
        None
    }

    /// Bytes of a value, where they are known before the run.
    pub(super) fn length(&self, value: &Value) -> Option<usize> {
        match value {
            Value::Text { text, .. } => Some(text.len()),
            Value::Bytes { hex, .. } => Some(hex.len() / 2),
            Value::Generated { name } => {
                let mut all = self.generated.iter();
                let found = all.find(|generated| generated.name == *name)?;
                Some(usize::from(found.length))
            }
            Value::Concatenation { parts } => parts.iter().map(|part| self.length(part)).sum(),
            _ => None,
        }
    }
}

/// Whether a call is one of `SECRANDOM`.
fn is_random(call: &Term, text: &str) -> bool {
    call.function_name(text)
        .of(text)
        .eq_ignore_ascii_case("SECRANDOM")
}
