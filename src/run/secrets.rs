//! Secrets that come into being while a card is laid out: drawn ones (`SECRANDOM`), and the container
//! of the encrypted PINs.

use std::collections::BTreeMap;

use super::Run;
use super::execute::Progress;
use crate::operation::{CardAction, CardProgram, Generated, Part};
use crate::secret::Secret;
use crate::token::{Retry, TokenError};

/// Encrypts the PINs of a card: takes the name of the profile and the credentials by their names,
/// gives the container. An error names no value.
pub type EncryptPins<'a> = dyn FnMut(&str, &[(String, Secret)]) -> Result<Secret, String> + 'a;

/// Opens the container of encrypted PINs: gives the credentials by their names. An error names no
/// value, and says whether a PIN of the key's holder was counted.
pub type DecryptPins<'a> = dyn FnMut(&Secret) -> Result<Vec<(String, Secret)>, TokenError> + 'a;

impl Run<'_> {
    /// The fields of `into`, each with its credential from the container.
    pub(super) fn decrypted(
        &mut self,
        container: &Secret,
        into: &[(String, String)],
    ) -> Result<BTreeMap<String, Secret>, TokenError> {
        let failed = |problem: String| TokenError::new(Retry::Safe, problem);
        let decrypt = self.decrypt_pins.as_mut().ok_or_else(|| {
            failed("the job names no key that decrypts the PINs of the card".to_owned())
        })?;
        let credentials = decrypt(container)?;
        into.iter()
            .map(|(name, field)| {
                let found = credentials
                    .iter()
                    .find(|(credential, _)| credential == name);
                let value = found.map(|(_, value)| value.clone()).ok_or_else(|| {
                    failed(format!("the encrypted PINs of the card hold no {name}"))
                })?;
                Ok((field.clone(), value))
            })
            .collect()
    }

    /// Makes what the values of a program refer to, before they are resolved.
    pub(super) fn make_secrets(
        &mut self,
        program: &CardProgram,
        progress: &mut Progress<'_>,
    ) -> Result<(), TokenError> {
        for generated in &program.generated {
            let secret = self.draw(generated)?;
            let generated = generated.name.clone();
            progress.values.generated.insert(generated, secret);
        }
        for operation in &program.operations {
            if let CardAction::EncryptPins {
                profile_name,
                secrets,
            } = &operation.action
            {
                let profile = match profile_name {
                    Some(name) => progress.secret(name)?,
                    None => Secret::from(program.profile.clone()),
                };
                let secrets = secrets
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), progress.secret(value)?)))
                    .collect::<Result<Vec<_>, TokenError>>()?;
                let container = self.encrypted(&profile, &secrets)?;
                let result = (operation.id.clone(), Part::PinBlob);
                progress.values.results.insert(result, container);
            }
        }
        Ok(())
    }

    fn encrypted(
        &mut self,
        profile: &Secret,
        secrets: &[(String, Secret)],
    ) -> Result<Secret, TokenError> {
        let failed = |reason: String| {
            TokenError::new(
                Retry::Safe,
                format!("the PINs cannot be encrypted: {reason}"),
            )
        };
        let profile = profile
            .expose_text()
            .map_err(|_| failed("the name of the profile is not UTF-8".to_owned()))?;
        match &mut self.encrypt_pins {
            Some(encrypt) => encrypt(profile, secrets).map_err(failed),
            None => Err(failed("the job names no certificate".to_owned())),
        }
    }

    /// A secret that a profile makes. Bytes that would favour a character are drawn again.
    fn draw(&mut self, generated: &Generated) -> Result<Secret, TokenError> {
        let failed = |problem: &str| TokenError::new(Retry::Safe, problem);
        let alphabet: Vec<char> = generated.alphabet.chars().collect();
        let count = u8::try_from(alphabet.len()).unwrap_or(0);
        if count == 0 {
            return Err(failed(
                "a secret of the profile has no characters to draw from",
            ));
        }
        let fair = u8::MAX - (u8::MAX % count);
        let length = usize::from(generated.length);
        // Sized beforehand: a buffer that grew would leave copies behind.
        let mut text = String::with_capacity(length * 4);
        for _ in 0..length {
            let mut byte = [u8::MAX];
            while byte[0] >= fair {
                (self.random)(&mut byte).map_err(|_| failed("the source of randomness failed"))?;
            }
            text.extend(alphabet.get(usize::from(byte[0] % count)));
        }
        Ok(Secret::from(text))
    }
}
