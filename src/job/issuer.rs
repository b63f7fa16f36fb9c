//! Who answers certificate requests: which keys of `[issuer]` belong to which kind.

use std::path::PathBuf;

use super::form::IssuerWord;

/// Seconds that a command has where the job does not say.
const TIMEOUT: u64 = 60;
/// A day: longer waits are what the exchange folder is for.
pub(super) const LONGEST_TIMEOUT: u64 = 86_400;

/// Who answers certificate requests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum IssuerChoice {
    /// A development CA of perso, in the process.
    DevCa {
        /// The file that the run writes the certificate of the CA to, in PEM.
        certificate: Option<PathBuf>,
        /// The folder that the CA is kept in from run to run; else it dies with the run.
        folder: Option<PathBuf>,
    },
    /// A command that is run for each request.
    Command {
        /// The program and its arguments, at least the program.
        command: Vec<String>,
        /// Seconds after which it is ended.
        timeout: u64,
    },
    /// A folder for requests and certificates.
    Exchange {
        /// The folder.
        folder: PathBuf,
    },
}

/// `[issuer]` as it is written, before it is known what belongs to its kind.
#[derive(Default)]
pub(super) struct IssuerKeys {
    pub(super) certificate: Option<PathBuf>,
    pub(super) folder: Option<PathBuf>,
    pub(super) command: Option<Vec<String>>,
    pub(super) timeout: Option<u64>,
}

impl IssuerKeys {
    /// The choice of a kind.
    ///
    /// # Errors
    /// Says which key is missing or too many, or what is wrong with the command.
    pub(super) fn choose(self, kind: IssuerWord) -> Result<IssuerChoice, String> {
        let (word, needed): (_, &[&str]) = match kind {
            IssuerWord::DevCa => ("dev-ca", &[]),
            IssuerWord::Command => ("command", &["command"]),
            IssuerWord::Exchange => ("exchange", &["folder"]),
        };
        let possible: &[&str] = match kind {
            IssuerWord::DevCa => &["certificate", "folder"],
            IssuerWord::Command => &["command", "timeout"],
            IssuerWord::Exchange => &["folder"],
        };
        let given = self.given();
        if let Some(key) = given.iter().find(|key| !possible.contains(key)) {
            let known = possible.join("`, `");
            return Err(format!(
                "an issuer of the kind `{word}` has no `{key}`; its keys are `{known}`"
            ));
        }
        if let Some(key) = needed.iter().find(|key| !given.contains(key)) {
            return Err(format!("an issuer of the kind `{word}` needs `{key}`"));
        }
        self.of_kind(kind)
    }

    fn of_kind(self, kind: IssuerWord) -> Result<IssuerChoice, String> {
        match (kind, self.command, self.folder) {
            (IssuerWord::Command, Some(command), _) => {
                let timeout = self.timeout.unwrap_or(TIMEOUT);
                match command.first() {
                    None => Err("`command` is empty; write [\"program\", \"argument\"]".to_owned()),
                    Some(program) if program.is_empty() => {
                        Err("the first text of `command` is its program, and empty".to_owned())
                    }
                    Some(_) if command.iter().any(|text| text.contains('\0')) => {
                        Err("`command` holds a NUL".to_owned())
                    }
                    Some(_) => Ok(IssuerChoice::Command { command, timeout }),
                }
            }
            (IssuerWord::Exchange, _, Some(folder)) => Ok(IssuerChoice::Exchange { folder }),
            (_, _, folder) => Ok(IssuerChoice::DevCa {
                certificate: self.certificate,
                folder,
            }),
        }
    }

    /// The keys that are there.
    fn given(&self) -> Vec<&'static str> {
        let keys = [
            ("certificate", self.certificate.is_some()),
            ("folder", self.folder.is_some()),
            ("command", self.command.is_some()),
            ("timeout", self.timeout.is_some()),
        ];
        let there = keys.into_iter().filter(|(_, there)| *there);
        there.map(|(key, _)| key).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_its_own_keys() {
        let command = || Some(vec!["ca".to_owned()]);
        let chosen = IssuerKeys {
            command: command(),
            ..IssuerKeys::default()
        };
        let expected = IssuerChoice::Command {
            command: vec!["ca".to_owned()],
            timeout: 60,
        };
        assert_eq!(chosen.choose(IssuerWord::Command), Ok(expected));
        let said = |kind, keys: IssuerKeys| keys.choose(kind).unwrap_err();
        let none = IssuerKeys::default;
        assert_eq!(
            said(IssuerWord::Exchange, none()),
            "an issuer of the kind `exchange` needs `folder`"
        );
        let with_timeout = |command, timeout| IssuerKeys {
            command,
            timeout,
            ..none()
        };
        assert_eq!(
            said(IssuerWord::DevCa, with_timeout(None, Some(5))),
            "an issuer of the kind `dev-ca` has no `timeout`; its keys are `certificate`, `folder`"
        );
        let empty = said(IssuerWord::Command, with_timeout(Some(Vec::new()), None));
        assert!(empty.contains("is empty"), "{empty}");
    }
}
