//! From the words of a profile to conditions over PIN objects.

use crate::card::Condition;
use crate::card::access::{CredentialNumber, CredentialSet};
use crate::operation::{Access, AccessRule, AccessRules, CardAction, CardProgram};

/// The PIN objects that a program makes, by credential.
pub(super) struct Credentials {
    numbers: Vec<(Access, CredentialNumber)>,
    officer: Access,
}

/// The conditions of one file, with the defaults filled in: everybody reads an elementary file, a
/// directory is deleted by whoever may create in the one around it, all else is for nobody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Conditions {
    pub read: Condition,
    pub update: Condition,
    pub append: Condition,
    pub create: Condition,
    pub delete: Condition,
    pub activate: Condition,
    pub deactivate: Condition,
}

/// A rule names a credential that no PIN object of the program is.
pub(super) struct Unknown {
    /// The attribute of the profile.
    pub attribute: &'static str,
    /// The credential as the profile names it.
    pub named: Access,
    /// What it stands for; another one than `named` for `SO`.
    pub meant: Access,
}

impl Credentials {
    pub(super) fn of<V>(program: &CardProgram<V>, officer: Access) -> Self {
        let pins = program.operations.iter().filter_map(|it| match &it.action {
            CardAction::CreatePin { pin, .. } => Some(pin),
            _ => None,
        });
        let numbers = pins
            .filter_map(|pin| Some((pin.credential, CredentialNumber::new(pin.reference)?)))
            .collect();
        Self { numbers, officer }
    }

    /// The number of a credential's PIN object.
    pub(super) fn number(&self, credential: Access) -> Option<CredentialNumber> {
        let meant = self.meant(credential);
        let mut known = self.numbers.iter();
        known
            .find(|(it, _)| *it == meant)
            .map(|(_, number)| *number)
    }

    /// Whether the program makes a PIN object of this number.
    pub(super) fn has(&self, number: CredentialNumber) -> bool {
        self.numbers.iter().any(|(_, known)| *known == number)
    }

    fn meant(&self, word: Access) -> Access {
        match word {
            Access::SecurityOfficer => self.officer,
            word => word,
        }
    }

    /// The condition of a rule; credentials without PIN object are added to `unknown` and hold for
    /// nobody.
    pub(super) fn condition(
        &self,
        attribute: &'static str,
        rule: &AccessRule,
        unknown: &mut Vec<Unknown>,
    ) -> Condition {
        let mut words = |words: &[Access]| -> Vec<Option<CredentialSet>> {
            let sets = words.iter().map(|word| match word {
                Access::Always => Some(CredentialSet::default()),
                Access::Never => None,
                &named => {
                    let number = self.number(named);
                    if number.is_none() {
                        let meant = self.meant(named);
                        unknown.push(Unknown {
                            attribute,
                            named,
                            meant,
                        });
                    }
                    number.map(|it| CredentialSet::from_iter([it]))
                }
            });
            sets.collect()
        };
        match rule {
            AccessRule::Only(word) => Condition::any_of(words(&[*word]).into_iter().flatten()),
            AccessRule::Any(any) => Condition::any_of(words(any).into_iter().flatten()),
            AccessRule::All(all) => {
                let all: Option<Vec<CredentialSet>> = words(all).into_iter().collect();
                let joined =
                    all.map(|sets| sets.into_iter().flat_map(CredentialSet::iter).collect());
                Condition::any_of(joined)
            }
        }
    }

    /// The conditions of a file; `above` is the condition for creating in the directory around it.
    pub(super) fn conditions(
        &self,
        rules: &AccessRules,
        is_df: bool,
        above: &Condition,
        unknown: &mut Vec<Unknown>,
    ) -> Conditions {
        let mut of = |attribute, rule: &Option<AccessRule>, default: Condition| match rule {
            Some(rule) => self.condition(attribute, rule, unknown),
            None => default,
        };
        let (read, delete) = match is_df {
            true => (Condition::never(), above.clone()),
            false => (Condition::always(), Condition::never()),
        };
        Conditions {
            read: of("read", &rules.read, read),
            update: of("update", &rules.update, Condition::never()),
            append: of("append", &rules.append, Condition::never()),
            create: of("create", &rules.create, Condition::never()),
            delete: of("delete", &rules.delete, delete),
            activate: of("activate", &rules.activate, Condition::never()),
            deactivate: of("deactivate", &rules.deactivate, Condition::never()),
        }
    }
}

/// The name of a credential in a profile.
pub(super) const fn word(access: Access) -> &'static str {
    match access {
        Access::Always => "always",
        Access::Never => "never",
        Access::SecurityOfficer => "SO",
        Access::Pin1 => "PIN1",
        Access::Pin2 => "PIN2",
        Access::Pin3 => "PIN3",
        Access::Puk => "PUK",
        Access::Puk1 => "PUK1",
        Access::Puk2 => "PUK2",
        Access::Operator => "OP",
        Access::Manager => "MAN",
    }
}
