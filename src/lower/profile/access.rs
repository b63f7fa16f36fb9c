//! Access rules of files.

use super::Programming;
use crate::operation::{Access, AccessRule, AccessRules};
use crate::stdlib::{self, AccessWord};
use crate::syntax::cpf::{Expr, Operator, Range32};

impl Programming<'_, '_, '_, '_> {
    /// The access attributes of a declaration; what is absent is not set.
    pub(super) fn access(&mut self, attributes: Range32) -> AccessRules {
        let profile = self.profile;
        let mut rules = AccessRules::default();
        for attribute in profile.tree.attributes(attributes) {
            let name = attribute.name.of(profile.text).to_ascii_lowercase();
            let slot = match name.as_str() {
                "read" => &mut rules.read,
                "update" => &mut rules.update,
                "append" | "write" => &mut rules.append,
                "create" => &mut rules.create,
                "delete" => &mut rules.delete,
                "activate" => &mut rules.activate,
                "deactivate" => &mut rules.deactivate,
                _ => continue,
            };
            *slot = self.rule(attribute.value);
        }
        rules
    }

    fn rule(&mut self, expr: Expr) -> Option<AccessRule> {
        let profile = self.profile;
        let terms = profile.tree.terms(expr);
        let mut words = Vec::new();
        for term in terms {
            match access(term.span.of(profile.text)) {
                Some(word) => words.push(word),
                None => {
                    self.refuse(
                        term.span,
                        "this is no word of an access rule",
                        "write `always`, `never`, `SO` or a credential such as `PIN1`",
                    );
                    return None;
                }
            }
        }
        let mut operators = terms.iter().skip(1).map(|term| term.operator);
        match (words.as_slice(), operators.next()) {
            ([only], _) => Some(AccessRule::Only(*only)),
            (_, Some(Operator::Or)) if operators.all(|other| other == Operator::Or) => {
                Some(AccessRule::Any(words))
            }
            (_, Some(Operator::And)) if operators.all(|other| other == Operator::And) => {
                Some(AccessRule::All(words))
            }
            _ => {
                self.refuse(
                    profile.tree.span(expr),
                    "this is no access rule",
                    "join words with `|` (any suffices) or with `&` (all are needed), not with both",
                );
                None
            }
        }
    }
}

/// The word of an access rule.
pub(super) fn access(word: &str) -> Option<Access> {
    match stdlib::access_word(word)? {
        AccessWord::Always => Some(Access::Always),
        AccessWord::Never => Some(Access::Never),
        AccessWord::SecurityOfficer => Some(Access::SecurityOfficer),
        AccessWord::Credential(credential) => of_credential(credential.name),
    }
}

/// The credential of this name in the vocabulary of plans.
pub(super) fn of_credential(name: &str) -> Option<Access> {
    Some(match name {
        "PIN1" => Access::Pin1,
        "PIN2" => Access::Pin2,
        "PIN3" => Access::Pin3,
        "PUK" => Access::Puk,
        "PUK1" => Access::Puk1,
        "PUK2" => Access::Puk2,
        "OP" => Access::Operator,
        "MAN" => Access::Manager,
        _ => return None,
    })
}
