//! With which keys a job decrypts the PINs of a card.

use std::io::Write as _;
use std::path::Path;

use getrandom::SysRng;

use super::job::JobFile;
use crate::cli::Fatal;
use crate::job::{DecryptionKey, Supply};
use crate::pinblob::{Accept, open};
use crate::pki::{Integrity, Pkcs12, PrivateKey, SoftwareKeys};
use crate::run::DecryptPins;
use crate::secret::{Encoding, Exposure, Secret};

/// Who decrypts, if the job names keys.
pub(super) fn decryption(file: &JobFile) -> Result<Option<Box<DecryptPins<'static>>>, Fatal> {
    if file.job.pin_decryption.is_empty() {
        return Ok(None);
    }
    let mut keys = SoftwareKeys::new(SysRng);
    for wanted in &file.job.pin_decryption {
        let failed = |problem: String| failed(&wanted.pkcs12, &problem);
        let pkcs12 = read(wanted)?;
        match pkcs12.key {
            PrivateKey::Rsa(key) => keys = keys.with(key, Some(pkcs12.certificate)),
            PrivateKey::Ec(_) => {
                return Err(failed(
                    "it holds an elliptic curve key; PINs are encrypted for RSA keys".to_owned(),
                ));
            }
        }
    }
    Ok(Some(Box::new(move |container: &Secret| {
        let opened = open(container.expose(), &mut keys, Accept::default())
            .map_err(|error| error.to_string())?;
        if !opened.is_authenticated {
            let _ = writeln!(
                std::io::stderr(),
                "warning: the encrypted PINs are in a form that does not show whether they were changed"
            );
        }
        let credentials = opened.content.credentials.into_iter();
        Ok(credentials
            .map(|(name, value)| (name.to_string(), value))
            .collect())
    })))
}

fn read(wanted: &DecryptionKey) -> Result<Pkcs12, Fatal> {
    let failed = |problem: String| failed(&wanted.pkcs12, &problem);
    let password = match &wanted.password.supply {
        Supply::Literal(text) => text.clone(),
        Supply::From(source) => source
            .read(Encoding::default(), Exposure::Private)
            .map_err(|error| failed(error.to_string()))?,
    };
    let container = std::fs::read(&wanted.pkcs12).map_err(|error| failed(error.to_string()))?;
    Pkcs12::read(&container, &password, Integrity::Required)
        .map_err(|error| failed(error.to_string()))
}

fn failed(path: &Path, problem: &str) -> Fatal {
    Fatal::usage(format!(
        "`[pin-decryption]`: `{}`: {problem}",
        path.display()
    ))
}
