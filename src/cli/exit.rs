//! Exit codes.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Exit {
    /// Clean, or done.
    Done = 0,
    /// Findings that count.
    Findings = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// No input matched.
    NoInput = 3,
    /// The run failed, and running it again is safe.
    RunFailed = 4,
    /// The run stopped, and a person must look.
    LookFirst = 5,
    /// Refused in pre-flight: nothing was written.
    Refused = 6,
    /// The run waits for the issuer of certificates, and is to be resumed.
    Waiting = 7,
    /// A bug of perso.
    Bug = 70,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
