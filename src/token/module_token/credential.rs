//! Initialisation and PINs.

use super::ModuleToken;
use super::value::{bytes, text};
use crate::operation::{Input, Role};
use crate::secret::Secret;
use crate::token::TokenError;
use crate::token::pkcs11::Role as Pkcs11Role;

/// Label of a token whose description names none and that had none (perso).
const LABEL: &str = "perso";

impl ModuleToken {
    pub(super) fn initialise(
        &mut self,
        label: Option<&Input>,
        puk: &Secret,
        pin: Option<&Secret>,
    ) -> Result<(), TokenError> {
        let present = &self.default.place.token.label;
        let label = match label {
            Some(label) => text(bytes(label)?)?.to_owned(),
            None if present.is_empty() => LABEL.to_owned(),
            None => present.clone(),
        };
        self.default.session = None;
        self.default.place = self.module.init_token(self.default.place.id, puk, &label)?;
        if let Some(pin) = pin {
            let puk = Input::Bytes(puk.clone());
            let session =
                self.default
                    .logged_in(&self.module, Pkcs11Role::SecurityOfficer, &puk)?;
            session.init_pin(pin)?;
        }
        Ok(())
    }

    pub(super) fn change_pin(
        &mut self,
        role: Role,
        old: &Secret,
        new: &Secret,
    ) -> Result<(), TokenError> {
        let module = self.module.clone();
        let seat = self.seat(role == Role::SignatureUser)?;
        let (session, logged_in) = seat.session(&module)?;
        // C_SetPIN changes the PIN of whoever is logged in.
        if *logged_in == Some(Pkcs11Role::SecurityOfficer) {
            session.logout()?;
            *logged_in = None;
        }
        Ok(session.set_pin(old, new)?)
    }
}
