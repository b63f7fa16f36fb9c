//! Certificates: whom they are for, and who is asked for them.

use super::Run;
use super::execute::Progress;
use super::report::StepState;
use super::waiting::Waiting;
use crate::issuer::{AnswerError, IssueError, Request};
use crate::operation::{Input, OperationId, Part};
use crate::pki::{Attribute, CertificateRequest, DistinguishedName};
use crate::secret::Secret;
use crate::token::{Retry, TokenError};

impl Run<'_> {
    /// Whom a certificate is for (perso): the job, and the serial number of the card where the
    /// description asks for it. The real names stand in the template of the issuer.
    pub(super) fn subject(&self, serial: Option<&Input>) -> Result<DistinguishedName, TokenError> {
        let mut attributes = vec![Attribute::CommonName(self.job.to_owned())];
        let serial = serial
            .and_then(Input::bytes)
            .and_then(|serial| serial.expose_text().ok());
        attributes.extend(serial.map(|serial| Attribute::SerialNumber(serial.to_owned())));
        DistinguishedName::new(attributes)
            .map_err(|error| TokenError::new(Retry::LookFirst, error.to_string()))
    }

    /// Asks for the certificate of a request; one that is not for the key of the request is not
    /// taken, whoever issued it.
    pub(super) fn obtain(
        &mut self,
        id: &OperationId,
        request: &OperationId,
        template: &str,
        progress: &mut Progress<'_>,
    ) -> Result<StepState, TokenError> {
        let failed = |problem: String| TokenError::new(Retry::Safe, problem);
        let results = &mut progress.values.results;
        let csr = results
            .get(&(request.clone(), Part::Request))
            .ok_or_else(|| failed(format!("{request} made no certificate request")))?;
        let csr = CertificateRequest::from_der(csr.expose())
            .map_err(|error| failed(error.to_string()))?;
        let key = csr
            .public_key()
            .map_err(|error| failed(error.to_string()))?;
        let name = self.name_of(id);
        let issuer = self
            .issuer
            .as_mut()
            .ok_or_else(|| failed("the job names no issuer of certificates".to_owned()))?;
        let request = Request {
            name,
            certificate_request: csr,
            template: template.to_owned(),
            now: (self.now)(),
        };
        match issuer.issue(&request) {
            Ok(issued) if issued.certificate.is_for(&key) => {
                let certificate = Secret::new(issued.certificate.der().to_vec());
                results.insert((id.clone(), Part::Certificate), certificate);
                Ok(StepState::Done)
            }
            Ok(issued) => Err(IssueError::Unfit {
                place: "the issuer".to_owned(),
                reason: AnswerError::OtherKey {
                    subject: issued.certificate.subject().to_string(),
                },
            }
            .into()),
            Err(IssueError::Waiting(awaited)) => {
                self.note_waiting(id, progress)?;
                progress.waiting.push(Waiting::of(id, awaited));
                Ok(StepState::Waiting)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Nothing was written. A request that was refused is refused again, and a certificate for another
/// key comes again, until somebody looks.
impl From<IssueError> for TokenError {
    fn from(error: IssueError) -> Self {
        let retry = match &error {
            IssueError::Refused { .. } => Retry::LookFirst,
            IssueError::Unfit { reason, .. } => match reason {
                AnswerError::NoCertificate(_) => Retry::Safe,
                _ => Retry::LookFirst,
            },
            _ => Retry::Safe,
        };
        Self::new(retry, error.to_string())
    }
}
