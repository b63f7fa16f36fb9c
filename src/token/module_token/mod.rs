//! A token behind a PKCS#11 module, or two: some modules show the signature PIN of a card as a
//! token of its own.
//!
//! Knows how an operation of a plan is said in PKCS#11. Every secret goes to the module once.

use std::collections::BTreeSet;

mod apply;
mod credential;
mod failure;
mod key;
mod list;
mod object;
mod preflight;
mod probe;
mod read_back;
mod seat;
mod value;

use seat::{Seat, pkcs11_role};

use super::pkcs11::{Error, Mechanism, Module, Search, Selector, Session, TokenInfo, Uri};
use super::{Identity, Kind, ObjectId, Outcome, Refusal, Retry, State, Step, Token, TokenError};
use crate::operation::{Action, Capability, Input, Login, Slot};
use crate::secret::Secret;

/// A token behind a PKCS#11 module.
#[derive(Debug)]
pub struct ModuleToken {
    // Before the module: sessions close first.
    default: Seat,
    signature: Option<Seat>,
    module: Module,
    /// Pre-flight met an initialisation: the present PINs do not count for what comes behind it.
    will_be_fresh: bool,
}

impl ModuleToken {
    /// The token that `uri` names, and the one of the signature PIN where it is another.
    ///
    /// # Errors
    /// [`TokenError`] of class [`Retry::Refused`]: no module, no such token, several.
    pub fn open(uri: &Uri, signature: Option<&Uri>) -> Result<Self, TokenError> {
        let path = uri.module_path.as_ref().ok_or_else(|| {
            TokenError::new(Retry::Refused, "the PKCS#11 URI names no module")
                .cause("`module-path` is missing: pkcs11:token=Card?module-path=/usr/lib/…")
        })?;
        let refused = |error: Error| TokenError {
            retry: Retry::Refused,
            ..TokenError::from(error)
        };
        let module = Module::load(path).map_err(refused)?;
        let seat = |uri: &Uri| module.find(&Selector::from(uri)).map(Seat::new);
        Ok(Self {
            default: seat(uri).map_err(refused)?,
            signature: signature.map(seat).transpose().map_err(refused)?,
            module,
            will_be_fresh: false,
        })
    }

    fn is_signature<V: AsRef<[u8]>>(slot: &Slot<V>) -> bool {
        match slot {
            Slot::Default => false,
            Slot::Signature => true,
            Slot::FromValue { value } => value.as_ref().eq_ignore_ascii_case(b"signature"),
        }
    }

    fn seat(&mut self, signature: bool) -> Result<&mut Seat, TokenError> {
        match (signature, &mut self.signature) {
            (false, _) => Ok(&mut self.default),
            (true, Some(seat)) => Ok(seat),
            (true, None) => Err(TokenError::new(
                Retry::Refused,
                "the run has no token for the signature slot",
            )
            .cause("`signature` is missing in `[token]` of the job")),
        }
    }

    /// A session in the slot with the login that the operation asks for.
    fn logged_in(&mut self, signature: bool, login: &Login<Input>) -> Result<&Session, TokenError> {
        let module = self.module.clone();
        self.seat(signature)?
            .logged_in(&module, pkcs11_role(login.role)?, &login.credential)
    }

    /// A session in the slot as it is, with whoever is logged in there.
    fn as_it_is(&mut self, signature: bool) -> Result<&Session, TokenError> {
        let module = self.module.clone();
        Ok(&self.seat(signature)?.session(&module)?.0)
    }

    fn info(&self) -> Result<TokenInfo, TokenError> {
        Ok(self.module.token_info(self.default.place.id)?)
    }

    /// "Find returned nothing" counts only once the token has said who it is.
    fn not_there(&self, what: &str) -> TokenError {
        if self.is_present() {
            return TokenError::new(
                Retry::LookFirst,
                format!("{what} was written, but the token does not show the same when it is read"),
            );
        }
        gone(&format!("{what} was written and cannot be read back"))
    }

    /// Whether the token still says that it is the one of this run.
    fn is_present(&self) -> bool {
        let known = &self.default.place.token.serial;
        self.info().is_ok_and(|info| info.serial == *known)
    }
}

fn gone(what: &str) -> TokenError {
    TokenError::new(
        Retry::LookFirst,
        format!("{what}: the token is gone, or is another one now"),
    )
    .cause("the card was taken out of the reader, or its storage was erased")
}

impl Token for ModuleToken {
    fn identity(&mut self) -> Result<Identity, TokenError> {
        let info = self.info()?;
        Ok(Identity {
            kind: Kind::Pkcs11,
            label: info.label,
            serial: info.serial,
        })
    }

    fn capabilities(&mut self) -> Result<BTreeSet<Capability>, TokenError> {
        let mut offered = BTreeSet::from([
            Capability::Initialise,
            Capability::SetPin,
            Capability::ChangePin,
            Capability::ChangePuk,
            Capability::Certificates,
            Capability::ImportKey,
            Capability::DataObjects,
            Capability::ListTokens,
        ]);
        let mut mechanisms = self.default.mechanisms(&self.module)?.to_vec();
        // Some tokens tell nothing while they are blank.
        if mechanisms.is_empty() && !self.info()?.initialized {
            mechanisms = Mechanism::ALL.to_vec();
        }
        offered.extend(mechanisms.into_iter().map(|mechanism| match mechanism {
            Mechanism::RsaPkcsKeyPairGen => Capability::GenerateRsa,
            Mechanism::EcKeyPairGen => Capability::GenerateEc,
            Mechanism::RsaPkcs | Mechanism::Ecdsa => Capability::Sign,
        }));
        if self.signature.is_some() {
            offered.insert(Capability::SignatureSlot);
        }
        Ok(offered)
    }

    fn preflight(&mut self, action: &Action<Option<Input>>) -> Result<Vec<Refusal>, TokenError> {
        self.refusals(action)
    }

    fn probe(&mut self, step: &Step<'_>) -> Result<State, TokenError> {
        self.state_of(step)
    }

    fn undo(&mut self, step: &Step<'_>) -> Result<bool, TokenError> {
        self.take_back(step)
    }

    fn remove_partial(&mut self, step: &Step<'_>) -> Result<(), TokenError> {
        self.remove_own_objects(step)
    }

    fn holds(&mut self, ids: &BTreeSet<ObjectId>) -> Result<bool, TokenError> {
        self.shows_any(ids)
    }

    fn shows_objects(&mut self) -> Result<bool, TokenError> {
        let session = self.as_it_is(false)?;
        Ok(!session.find(&Search::default())?.is_empty())
    }

    fn has_pin_pad(&mut self) -> Result<bool, TokenError> {
        Ok(self.info()?.protected_authentication_path)
    }

    fn apply(&mut self, step: &Step<'_>) -> Result<Outcome, TokenError> {
        self.do_step(step)
    }

    fn read_back(&mut self, step: &Step<'_>, _outcome: &Outcome) -> Result<(), TokenError> {
        self.compare(step)
    }
}

impl AsRef<[u8]> for Input {
    fn as_ref(&self) -> &[u8] {
        self.bytes().map_or(&[], Secret::expose)
    }
}
