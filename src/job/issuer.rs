//! Who answers certificate requests: which keys of `[issuer]` belong to which kind.

use std::path::PathBuf;

use schemars::JsonSchema;

/// Seconds that a command has where the job does not say.
const TIMEOUT: u64 = 60;
/// A day: longer waits are what the exchange folder is for.
const LONGEST_TIMEOUT: u64 = 86_400;

/// Who answers certificate requests.
#[derive(Clone, PartialEq, Eq, Debug, JsonSchema)]
#[schemars(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum IssuerChoice {
    /// A development CA of perso, in the process; its name says that it is not for production.
    DevCa {
        /// The file that the run writes the certificate of the CA to, in PEM; relative to this
        /// file. Default: none.
        certificate: Option<PathBuf>,
        /// The folder that the CA is kept in from run to run; relative to this file. Default: it
        /// dies with the run.
        folder: Option<PathBuf>,
    },
    /// A command that is run for each request: the request in PEM (PKCS#10) on its standard input,
    /// the certificate, alone or with its chain, on its standard output.
    Command {
        /// The program and its arguments, without a shell between. It runs in the folder of this
        /// file.
        #[schemars(length(min = 1))]
        command: Vec<String>,
        /// Seconds after which it is ended, 1 to 86400. Default: 60.
        #[schemars(default, range(min = 1, max = 86_400))]
        timeout: u64,
    },
    /// A folder for requests and certificates: the run puts each request there and ends; once the
    /// certificates lie beside them it is resumed.
    Exchange {
        /// The folder, which has to be there; relative to this file.
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
    /// The kinds, by their words.
    pub(super) const KINDS: [&str; 3] = ["dev-ca", "command", "exchange"];

    /// The choice of the kind with this word.
    ///
    /// # Errors
    /// Says which key is missing, too many or out of range.
    pub(super) fn choose(self, kind: &str) -> Result<IssuerChoice, String> {
        let needed: &[&str] = match kind {
            "dev-ca" => &[],
            "command" => &["command"],
            "exchange" => &["folder"],
            other => {
                let known = Self::KINDS.map(|kind| format!("`{kind}`")).join(", ");
                return Err(format!("`{other}` is no kind of issuer; known are {known}"));
            }
        };
        let possible: &[&str] = match kind {
            "dev-ca" => &["certificate", "folder"],
            "command" => &["command", "timeout"],
            _ => &["folder"],
        };
        let given = self.given();
        if let Some(key) = given.iter().find(|key| !possible.contains(key)) {
            let known = possible.join("`, `");
            return Err(format!(
                "an issuer of the kind `{kind}` has no `{key}`; its keys are `{known}`"
            ));
        }
        if let Some(key) = needed.iter().find(|key| !given.contains(key)) {
            return Err(format!("an issuer of the kind `{kind}` needs `{key}`"));
        }
        self.of_kind(kind)
    }

    fn of_kind(self, kind: &str) -> Result<IssuerChoice, String> {
        match (kind, self.command, self.folder) {
            ("command", Some(command), _) => {
                let timeout = self.timeout.unwrap_or(TIMEOUT);
                match command.first() {
                    None => Err("`command` is empty; write [\"program\", \"argument\"]".to_owned()),
                    Some(program) if program.is_empty() => {
                        Err("the first text of `command` is its program, and empty".to_owned())
                    }
                    Some(_) if command.iter().any(|text| text.contains('\0')) => {
                        Err("`command` holds a NUL".to_owned())
                    }
                    Some(_) if !(1..=LONGEST_TIMEOUT).contains(&timeout) => Err(format!(
                        "`timeout` is 1 to {LONGEST_TIMEOUT} seconds; for an issuer that takes \
                         longer there is the kind `exchange`"
                    )),
                    Some(_) => Ok(IssuerChoice::Command { command, timeout }),
                }
            }
            ("exchange", _, Some(folder)) => Ok(IssuerChoice::Exchange { folder }),
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
        assert_eq!(chosen.choose("command"), Ok(expected));
        let said = |kind: &str, keys: IssuerKeys| keys.choose(kind).unwrap_err();
        let none = IssuerKeys::default;
        assert_eq!(
            said("exchange", none()),
            "an issuer of the kind `exchange` needs `folder`"
        );
        assert_eq!(
            said("nobody", none()),
            "`nobody` is no kind of issuer; known are `dev-ca`, `command`, `exchange`"
        );
        let with_timeout = |command, timeout| IssuerKeys {
            command,
            timeout,
            ..none()
        };
        assert_eq!(
            said("dev-ca", with_timeout(None, Some(5))),
            "an issuer of the kind `dev-ca` has no `timeout`; its keys are `certificate`, `folder`"
        );
        let out_of_range = said("command", with_timeout(command(), Some(0)));
        assert!(out_of_range.contains("1 to 86400"), "{out_of_range}");
        let empty = said("command", with_timeout(Some(Vec::new()), None));
        assert!(empty.contains("is empty"), "{empty}");
    }
}
