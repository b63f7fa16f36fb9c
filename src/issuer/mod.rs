//! Who answers certificate requests.
//!
//! An issuer takes a signed request and returns a certificate with those above it. Where the key
//! lives and where the certificate goes is not known here, and no issuer has a clock: the time is
//! part of the request.

use crate::pki::{Certificate, CertificateRequest, UnixTime};

mod dev_ca;
#[cfg(feature = "native")]
mod kept;

pub use dev_ca::{DevCa, DevCaError};

/// What an issuer is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
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
}

/// Somebody who answers certificate requests.
pub trait Issuer {
    /// Answers `request`. The same request at the same time gets the same answer or another valid
    /// one; an issuer has no memory that a repeated request could spoil.
    ///
    /// # Errors
    /// [`IssueError`] says whether the request or the issuer is at fault.
    fn issue(&mut self, request: &Request) -> Result<Issued, IssueError>;
}
