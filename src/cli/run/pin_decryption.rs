//! With which keys a job decrypts the PINs of a card.

use std::io::Write as _;
use std::path::Path;

use getrandom::SysRng;
use zeroize::Zeroizing;

use super::job::JobFile;
use crate::cli::Fatal;
use crate::job::{DecryptionKey, Given, HsmKey, IdentityManager, Supply};
use crate::operation::Action;
use crate::pinblob::{Accept, OpenError, open};
use crate::pki::{
    DecryptError, Decryptors, Integrity, KeyEncryption, KeyReference, Pkcs12, PrivateKey,
    SoftwareKeys,
};
use crate::plan::Plan;
use crate::run::DecryptPins;
use crate::secret::{Encoding, Exposure, Secret};
use crate::token::pkcs11::{self, Selector};
use crate::token::{HsmKeys, HsmPlace, Retry, TokenError};

/// Who decrypts, if the job names keys and the plan has PINs decrypted.
pub(super) fn decryption(
    file: &JobFile,
    plan: &Plan,
) -> Result<Option<Box<DecryptPins<'static>>>, Fatal> {
    let job = &file.job;
    let has_keys = !job.pin_decryption.is_empty() || job.identity_manager.is_some();
    if !has_keys || !decrypts(plan) {
        return Ok(None);
    }
    let listed = job.identity_manager.as_ref().map(listed).transpose()?;
    let mut keys = Keys {
        in_files: SoftwareKeys::new(SysRng),
        in_hsms: HsmKeys::default(),
    };
    for wanted in job.pin_decryption.iter().chain(listed.iter().flatten()) {
        keys = match wanted {
            DecryptionKey::Pkcs12 { file, password } => keys.with_file(file, password)?,
            DecryptionKey::Hsm(key) => keys.with_hsm(key)?,
        };
    }
    Ok(Some(Box::new(move |container: &Secret| {
        let opened = open(container.expose(), &mut keys, Accept::default())
            .map_err(|error| failed(&error))?;
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

/// The keys that Identity Manager lists. Both files may hold passwords, and are wiped.
fn listed(manager: &IdentityManager) -> Result<Vec<DecryptionKey>, Fatal> {
    let read = |path: &Path| {
        let bytes = std::fs::read(path).map(Zeroizing::new);
        bytes.map_err(|error| unusable(path, &error.to_string()))
    };
    let IdentityManager { engine, properties } = manager;
    // Java reads ISO 8859-1 there; what is neither that nor UTF-8 alike is in comments.
    let text = Zeroizing::new(String::from_utf8_lossy(&read(properties)?).into_owned());
    let descriptors = IdentityManager::descriptors(&text)
        .map_err(|error| unusable(properties, &error.to_string()))?;
    let bytes = read(engine)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| unusable(engine, "it is not UTF-8 text"))?;
    manager
        .keys(text, &descriptors)
        .map_err(|error| unusable(engine, &error.to_string()))
}

/// Modules are loaded and passwords read only for a plan that needs them.
fn decrypts(plan: &Plan) -> bool {
    let mut operations = plan.operations();
    operations.any(|operation| matches!(operation.action, Action::ReadEncryptedPins { .. }))
}

/// A person has to look at an HSM that refuses its PIN: the attempt may have been counted.
fn failed(error: &OpenError) -> TokenError {
    let retry = match error {
        OpenError::Decrypt {
            reason: DecryptError::Login { .. },
            ..
        } => Retry::LookFirst,
        _ => Retry::Safe,
    };
    TokenError::new(retry, error.to_string())
}

/// The keys of a job; those in files are asked first, which needs no login.
struct Keys {
    in_files: SoftwareKeys<SysRng>,
    in_hsms: HsmKeys,
}

impl Decryptors for Keys {
    fn holds(&mut self, key: &KeyReference) -> Result<bool, DecryptError> {
        Ok(self.in_files.holds(key)? || self.in_hsms.holds(key)?)
    }

    fn decrypt(
        &mut self,
        key: &KeyReference,
        scheme: KeyEncryption,
        encrypted: &[u8],
    ) -> Result<Secret, DecryptError> {
        match self.in_files.holds(key)? {
            true => self.in_files.decrypt(key, scheme, encrypted),
            false => self.in_hsms.decrypt(key, scheme, encrypted),
        }
    }
}

impl Keys {
    fn with_file(self, file: &Path, password: &Given) -> Result<Self, Fatal> {
        let failed = |problem: String| unusable(file, &problem);
        let password = credential(password).map_err(failed)?;
        let container = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
        let pkcs12 = Pkcs12::read(&container, &password, Integrity::Required)
            .map_err(|error| failed(error.to_string()))?;
        match pkcs12.key {
            PrivateKey::Rsa(key) => Ok(Self {
                in_files: self.in_files.with(key, Some(pkcs12.certificate)),
                ..self
            }),
            PrivateKey::Ec(_) => Err(failed(
                "it holds an elliptic curve key; PINs are encrypted for RSA keys".to_owned(),
            )),
        }
    }

    fn with_hsm(mut self, key: &HsmKey) -> Result<Self, Fatal> {
        let place = HsmPlace {
            module: key.module.clone(),
            token: Selector {
                label: key.token.clone(),
                slot_id: key.slot,
                ..Selector::default()
            },
            alias: key.alias.clone(),
        };
        let pin = || credential(&key.pin).map_err(Unopened);
        match self.in_hsms.add(&place, pin) {
            Ok(()) => Ok(self),
            Err(Unopened(problem)) => Err(unusable(&key.module, &problem)),
        }
    }
}

/// Why an HSM cannot be asked.
struct Unopened(String);

impl From<pkcs11::Error> for Unopened {
    fn from(error: pkcs11::Error) -> Self {
        Self(error.to_string())
    }
}

fn credential(given: &Given) -> Result<Secret, String> {
    match &given.supply {
        Supply::Literal(text) => Ok(text.clone()),
        Supply::From(source) => source
            .read(Encoding::default(), Exposure::Private)
            .map_err(|error| error.to_string()),
    }
}

fn unusable(path: &Path, problem: &str) -> Fatal {
    Fatal::usage(format!(
        "`[pin-decryption]`: `{}`: {problem}",
        path.display()
    ))
}
