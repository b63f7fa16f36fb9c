//! Certificates: whom they are for, and who is asked for them.

use super::Run;
use super::execute::Progress;
use crate::issuer::{IssueError, Request};
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

    pub(super) fn obtain(
        &mut self,
        id: &OperationId,
        request: &OperationId,
        template: &str,
        progress: &mut Progress<'_>,
    ) -> Result<(), TokenError> {
        let failed = |problem: String| TokenError::new(Retry::Safe, problem);
        let results = &mut progress.values.results;
        let request = results
            .get(&(request.clone(), Part::Request))
            .ok_or_else(|| failed(format!("{request} made no certificate request")))?;
        let request = CertificateRequest::from_der(request.expose())
            .map_err(|error| failed(error.to_string()))?;
        let issuer = self
            .issuer
            .as_mut()
            .ok_or_else(|| failed("the job names no issuer of certificates".to_owned()))?;
        let request = Request {
            certificate_request: request,
            template: template.to_owned(),
            now: (self.now)(),
        };
        let issued = issuer.issue(&request).map_err(|error| match error {
            IssueError::Refused { .. } => TokenError::new(Retry::LookFirst, error.to_string()),
            error => failed(error.to_string()),
        })?;
        let certificate = Secret::new(issued.certificate.der().to_vec());
        results.insert((id.clone(), Part::Certificate), certificate);
        Ok(())
    }
}
