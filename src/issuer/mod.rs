//! Who answers certificate requests.
//!
//! An issuer takes a signed request and returns a certificate with those above it: a development CA
//! in the process, a command that is run for each request, or a folder in which somebody puts the
//! certificate later. Where the key lives and where the certificate goes is not known here, and no
//! issuer has a clock of its own for what it issues: the time is part of the request.

use crate::pki::{Certificate, CertificateRequest, UnixTime};

mod answer;
#[cfg(feature = "native")]
mod command;
mod dev_ca;
#[cfg(feature = "native")]
mod exchange;
#[cfg(feature = "native")]
mod kept;

pub use answer::AnswerError;
#[cfg(feature = "native")]
pub use command::{CommandError, CommandIssuer};
pub use dev_ca::{DevCa, DevCaError};
#[cfg(feature = "native")]
pub use exchange::Exchange;

/// What an issuer is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// What the request is called: job and operation, so that an answer that comes later is found
    /// again.
    pub name: String,
    /// The signed request: subject, key, proof of possession.
    pub certificate_request: CertificateRequest,
    /// The certificate template that the encoding names (`CertTempl`); issuers without templates
    /// ignore it.
    pub template: String,
    /// The present time.
    pub now: UnixTime,
}

/// What an issuer answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issued {
    /// The certificate for the key of the request.
    pub certificate: Certificate,
    /// The certificates above it, the issuer's first, the root last.
    pub chain: Vec<Certificate>,
}

/// A request whose certificate comes later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Awaited {
    /// Where the request lies, in PEM.
    pub request: String,
    /// Where the certificate is expected, the usual place first.
    pub answers: Vec<String>,
    /// Why what lies there is not taken yet.
    pub reason: Option<String>,
}

/// No certificate was issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The request is at fault: asking again does not help.
    #[error("the certificate request was refused: {reason}")]
    Refused {
        /// What is wrong with it.
        reason: String,
    },
    /// The issuer is at fault.
    #[error("the issuer failed: {reason}")]
    Failed {
        /// What happened.
        reason: String,
    },
    /// A certificate that is not the one that was asked for: somebody has to look.
    #[error("{place}: {reason}")]
    Unfit {
        /// Where it came from.
        place: String,
        /// What is wrong with it.
        reason: AnswerError,
    },
    /// The request was handed over, and the certificate is not there yet.
    #[error("the certificate for `{}` is not there yet", .0.request)]
    Waiting(Awaited),
}

/// What speaks against asking an issuer, found out before anything is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Obstacle {
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub help: String,
}

/// Somebody who answers certificate requests.
pub trait Issuer {
    /// Answers `request`. The same request at the same time gets the same answer or another valid
    /// one; an issuer has no memory that a repeated request could spoil.
    ///
    /// # Errors
    /// [`IssueError`] says whether the request or the issuer is at fault, or that the certificate
    /// comes later.
    fn issue(&mut self, request: &Request) -> Result<Issued, IssueError>;

    /// What speaks against asking for a certificate under this name. `resumes`: the run before may
    /// have asked already. Nothing is written.
    fn obstacle(&self, name: &str, resumes: bool) -> Option<Obstacle> {
        let _ = (name, resumes);
        None
    }

    /// Whether asking again for what was asked under this name by a run before is of use now.
    /// Nothing is written.
    ///
    /// # Errors
    /// [`IssueError::Waiting`] as long as it is not; others for an answer that is of no use.
    fn look(&self, name: &str) -> Result<(), IssueError> {
        let _ = name;
        Ok(())
    }
}
