//! What can be known to go wrong before anything is written.

use std::ops::RangeInclusive;

use super::ModuleToken;
use crate::operation::{Action, Algorithm, Input, Login, Role, Slot};
use crate::secret::Secret;
use crate::token::pkcs11::{Error, Mechanism, PinState, TokenInfo};
use crate::token::{Refusal, TokenError, content};

impl ModuleToken {
    /// Everything that speaks against `action`.
    pub(super) fn refusals(
        &mut self,
        action: &Action<Option<Input>>,
    ) -> Result<Vec<Refusal>, TokenError> {
        let signature = in_signature_slot(action);
        if signature && self.signature.is_none() {
            // Where the description itself names the slot, it is said as a missing capability.
            return Ok(match slot_of(action) {
                Some(Slot::FromValue { .. }) => vec![
                    Refusal::new("the run has no token for the signature slot")
                        .help("name it in the job: [token] signature = \"pkcs11:…\""),
                ],
                _ => Vec::new(),
            });
        }
        let place = self.seat(signature)?.place.id;
        let info = self.module.token_info(place)?;
        let mut refusals = Vec::new();
        if let Some(login) = login_of(action) {
            self.login_refusals(login.role, signature, &info, &mut refusals);
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
                officer,
                ..
            } => {
                if info.initialized {
                    self.login_refusals(Role::SecurityOfficer, false, &info, &mut refusals);
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
                    refusals.push(
                        Refusal::new("a PKCS#11 token has no operator PIN")
                            .help("it goes with the profile: --skip card-profile"),
                    );
                }
                if officer.as_ref().and_then(Input::bytes).map(Secret::expose) == Some(b"OP") {
                    refusals.push(Refusal::new(
                        "the operator PIN is to be that of the security officer \
                         (OperatorPinIsSOCredential), which on a PKCS#11 token is the PUK",
                    ));
                }
                self.will_be_fresh = true;
            }
            Action::SetPin { new, .. } => {
                self.pin_refusals(new.as_ref(), "new PIN", &info, &mut refusals);
            }
            Action::ChangePin { role, new, .. } => {
                self.login_refusals(*role, signature, &info, &mut refusals);
                self.pin_refusals(new.as_ref(), "new PIN", &info, &mut refusals);
            }
            Action::ChangePuk { new, .. } => {
                self.login_refusals(Role::SecurityOfficer, false, &info, &mut refusals);
                self.pin_refusals(new.as_ref(), "new PUK", &info, &mut refusals);
            }
            Action::GenerateKeyPair { algorithm, .. } => {
                let range = |mechanism| self.module.key_bits(place, mechanism);
                refusals.extend(algorithm_refusal(*algorithm, range));
                let module = self.module.clone();
                let offered = self.seat(signature)?.mechanisms(&module)?;
                refusals.extend(signature_refusal(*algorithm, offered));
            }
            _ => refusals.extend(content::refusal(action)),
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

    fn login_refusals(
        &self,
        role: Role,
        signature: bool,
        info: &TokenInfo,
        refusals: &mut Vec<Refusal>,
    ) {
        let (state, what) = match role {
            Role::User | Role::SignatureUser | Role::SlotUser => (info.user_pin, "PIN"),
            Role::SecurityOfficer => (info.so_pin, "PUK"),
            Role::CardManager => {
                let problem = "a PKCS#11 token has no card manager to log in";
                return refusals.push(Refusal::new(problem));
            }
        };
        if self.will_be_fresh && !signature {
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
}

/// A key size that the mechanism does not take. That the token lacks the mechanism is said as a
/// missing capability.
fn algorithm_refusal(
    algorithm: Algorithm,
    range: impl Fn(Mechanism) -> Result<RangeInclusive<usize>, Error>,
) -> Option<Refusal> {
    let (mechanism, bits) = match algorithm {
        Algorithm::Rsa { bits } => (Mechanism::RsaPkcsKeyPairGen, usize::from(bits)),
        Algorithm::P256 => (Mechanism::EcKeyPairGen, 256),
        Algorithm::P384 => (Mechanism::EcKeyPairGen, 384),
    };
    let range = range(mechanism).ok()?;
    (!range.contains(&bits)).then(|| {
        Refusal::new(format!(
            "the token makes keys of {} to {} bits with {mechanism}, not of {bits}",
            range.start(),
            range.end()
        ))
    })
}

/// A token that makes keys with which it cannot sign. Some tokens tell nothing while they are blank.
fn signature_refusal(algorithm: Algorithm, offered: &[Mechanism]) -> Option<Refusal> {
    let needed = match algorithm {
        Algorithm::Rsa { .. } => Mechanism::RsaPkcs,
        Algorithm::P256 | Algorithm::P384 => Mechanism::Ecdsa,
    };
    let lacks = !offered.is_empty() && !offered.contains(&needed);
    lacks.then(|| {
        Refusal::new(format!(
            "the token cannot sign with such a key, it lacks {needed}"
        ))
    })
}

/// Whether the action happens in the signature slot, as far as that is known.
fn in_signature_slot(action: &Action<Option<Input>>) -> bool {
    if let Action::SetPin { role, .. } | Action::ChangePin { role, .. } = action {
        return *role == Role::SignatureUser;
    }
    match slot_of(action) {
        None | Some(Slot::Default) => false,
        Some(Slot::Signature) => true,
        Some(Slot::FromValue { value }) => value
            .as_ref()
            .is_some_and(|value| value.as_ref().eq_ignore_ascii_case(b"signature")),
    }
}

/// The slot that the action names.
const fn slot_of<V>(action: &Action<V>) -> Option<&Slot<V>> {
    match action {
        Action::GenerateKeyPair { slot, .. }
        | Action::FindKeyPair { slot, .. }
        | Action::WriteCertificate { slot, .. }
        | Action::ImportPkcs12 { slot, .. }
        | Action::WriteCertificateList { slot, .. }
        | Action::WriteData { slot, .. } => Some(slot),
        _ => None,
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
