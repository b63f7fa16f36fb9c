//! For whom a job has the PINs of a card encrypted.

use super::job::JobFile;
use crate::cli::Fatal;
use crate::run::EncryptPins;

/// Who encrypts, if the job names certificates.
pub(super) fn encryption(file: &JobFile) -> Result<Option<Box<EncryptPins<'static>>>, Fatal> {
    if file.job.pin_encryption.is_none() {
        return Ok(None);
    }
    Err(Fatal::usage(
        "`[pin-encryption]` of the job cannot be used yet: this perso does not encrypt PINs",
    ))
}
