//! What can be known to go wrong before anything is written.

use super::ModuleToken;
use crate::operation::{Action, Algorithm, Input, Login, Role};
use crate::token::pkcs11::{Mechanism, PinState, TokenInfo};
use crate::token::{Refusal, TokenError};

impl ModuleToken {
    /// Everything that speaks against `action`.
    pub(super) fn refusals(
        &mut self,
        action: &Action<Option<Input>>,
    ) -> Result<Vec<Refusal>, TokenError> {
        let info = self.info()?;
        let mut refusals = Vec::new();
        if let Some(login) = login_of(action) {
            self.login_refusals(login.role, &info, &mut refusals);
        }
        match action {
            Action::SelectCard { .. } if info.write_protected => {
                refusals.push(Refusal::new("the token is write-protected"));
            }
            Action::Initialise {
                puk,
                pin,
                signature_pin,
                operator_pin,
                ..
            } => {
                if info.initialized {
                    self.login_refusals(Role::SecurityOfficer, &info, &mut refusals);
                }
                self.pin_refusals(puk.as_ref(), "PUK", &info, &mut refusals);
                let pin = pin.as_ref().and_then(Option::as_ref);
                self.pin_refusals(pin, "PIN", &info, &mut refusals);
                if signature_pin.is_some() {
                    refusals.push(Refusal::new(
                        "PKCS#11 cannot set the PIN of the signature slot while it initialises",
                    ));
                }
                if operator_pin.is_some() {
                    refusals.push(Refusal::new("a PKCS#11 token has no operator PIN"));
                }
                self.will_be_fresh = true;
            }
            Action::SetPin { new, .. } => {
                self.pin_refusals(new.as_ref(), "new PIN", &info, &mut refusals);
            }
            Action::ChangePin { role, new, .. } => {
                self.login_refusals(*role, &info, &mut refusals);
                self.pin_refusals(new.as_ref(), "new PIN", &info, &mut refusals);
            }
            Action::ChangePuk { new, .. } => {
                self.login_refusals(Role::SecurityOfficer, &info, &mut refusals);
                self.pin_refusals(new.as_ref(), "new PUK", &info, &mut refusals);
            }
            Action::GenerateKeyPair { algorithm, .. } => {
                refusals.extend(self.algorithm_refusals(*algorithm));
            }
            Action::WriteCertificateList { .. } => {
                refusals.push(Refusal::new(
                    "lists of certificates are not written to PKCS#11 tokens yet",
                ));
            }
            _ => {}
        }
        Ok(refusals)
    }

    fn pin_refusals(
        &self,
        pin: Option<&Input>,
        what: &str,
        info: &TokenInfo,
        refusals: &mut Vec<Refusal>,
    ) {
        let Some(pin) = pin.and_then(Input::bytes) else {
            return;
        };
        let (least, most) = (*info.pin_length.start(), *info.pin_length.end());
        // Some modules say 0 where they mean that there is no limit.
        if pin.len() < least || (most >= least && most > 0 && pin.len() > most) {
            let problem =
                format!("the {what} has not the {least} to {most} bytes that the token takes");
            refusals.push(Refusal::new(problem));
        }
        if pin.expose_text().is_err() {
            refusals.push(Refusal::new(format!("the {what} is not UTF-8 text")));
        }
    }

    fn login_refusals(&self, role: Role, info: &TokenInfo, refusals: &mut Vec<Refusal>) {
        let (state, what) = match role {
            Role::User | Role::SignatureUser | Role::SlotUser => (info.user_pin, "PIN"),
            Role::SecurityOfficer => (info.so_pin, "PUK"),
            Role::CardManager => {
                let problem = "a PKCS#11 token has no card manager to log in";
                return refusals.push(Refusal::new(problem));
            }
        };
        if self.will_be_fresh {
            return;
        }
        match state {
            PinState::Locked => refusals.push(
                Refusal::new(format!("the {what} of the token is blocked"))
                    .help("unblock it with the credential above it, or initialise the token"),
            ),
            PinState::FinalTry => refusals.push(
                Refusal::new(format!(
                    "the next wrong {what} would block it, and perso does not risk that"
                ))
                .help("log in once with the right one by other means, which resets the counter"),
            ),
            PinState::Good | PinState::CountLow => {}
        }
    }

    fn algorithm_refusals(&self, algorithm: Algorithm) -> Vec<Refusal> {
        let (mechanism, bits) = match algorithm {
            Algorithm::Rsa { bits } => (Mechanism::RsaPkcsKeyPairGen, usize::from(bits)),
            Algorithm::P256 => (Mechanism::EcKeyPairGen, 256),
            Algorithm::P384 => (Mechanism::EcKeyPairGen, 384),
        };
        match self.module.key_bits(self.default.place.id, mechanism) {
            Ok(range) if !range.contains(&bits) => vec![Refusal::new(format!(
                "the token makes keys of {} to {} bits with {mechanism}, not of {bits}",
                range.start(),
                range.end()
            ))],
            // That it lacks the mechanism is said as a missing capability.
            _ => Vec::new(),
        }
    }
}

fn login_of<V>(action: &Action<V>) -> Option<&Login<V>> {
    match action {
        Action::DeleteProfile { login } | Action::WriteSerialNumber { login, .. } => login.as_ref(),
        Action::SetPin { login, .. }
        | Action::GenerateKeyPair { login, .. }
        | Action::FindKeyPair { login, .. }
        | Action::WriteCertificate { login, .. }
        | Action::ImportPkcs12 { login, .. }
        | Action::WriteCertificateList { login, .. }
        | Action::WriteData { login, .. } => Some(login),
        _ => None,
    }
}
