//! For whom a job has the PINs of a card encrypted.

use std::path::Path;
use std::str::FromStr as _;

use getrandom::SysRng;

use super::job::JobFile;
use crate::cli::Fatal;
use crate::pinblob::{Content, CredentialName, Recipient, seal};
use crate::pki::Certificate;
use crate::run::EncryptPins;
use crate::secret::Secret;

/// Who encrypts, if the job names certificates; whoever has the key of one can decrypt.
pub(super) fn encryption(file: &JobFile) -> Result<Option<Box<EncryptPins<'static>>>, Fatal> {
    let Some(wanted) = &file.job.pin_encryption else {
        return Ok(None);
    };
    let recipients = wanted.certificates.iter().map(|path| recipient(path));
    let recipients = recipients.collect::<Result<Vec<_>, _>>()?;
    Ok(Some(Box::new(move |profile, secrets| {
        let mut content = Content::new(profile);
        for (name, value) in secrets {
            let name = CredentialName::from_str(name).map_err(|error| error.to_string())?;
            content = content.with(name, value.clone());
        }
        seal(&content, &recipients, &mut SysRng)
            .map(Secret::new)
            .map_err(|error| error.to_string())
    })))
}

/// A certificate in PEM or DER.
fn recipient(path: &Path) -> Result<Recipient, Fatal> {
    let failed = |problem: String| {
        Fatal::usage(format!(
            "`[pin-encryption]`: `{}`: {problem}",
            path.display()
        ))
    };
    let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    let certificate = match std::str::from_utf8(&bytes) {
        Ok(text) => Certificate::from_pem(text),
        Err(_) => Certificate::from_der(&bytes),
    };
    let certificate = certificate.map_err(|error| failed(error.to_string()))?;
    Recipient::new(&certificate).map_err(|error| failed(error.to_string()))
}
