//! A slot with the session and the login that the job has there.

use crate::operation::{Input, Role};
use crate::token::pkcs11::{Mechanism, Module, Role as Pkcs11Role, Session, Slot as Place};
use crate::token::{Retry, TokenError};

/// A slot with the session and the login that the job has there.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) place: Place,
    pub(super) session: Option<(Session, Option<Pkcs11Role>)>,
    /// What the token offers, once it was asked.
    mechanisms: Option<Vec<Mechanism>>,
}

impl Seat {
    pub(super) const fn new(place: Place) -> Self {
        Self {
            place,
            session: None,
            mechanisms: None,
        }
    }

    /// What the token offers. Some tokens tell nothing while they are blank.
    pub(super) fn mechanisms(&mut self, module: &Module) -> Result<&[Mechanism], TokenError> {
        let known = match self.mechanisms.take() {
            Some(known) => known,
            None => module.mechanisms(self.place.id)?,
        };
        Ok(self.mechanisms.insert(known))
    }

    pub(super) fn session(
        &mut self,
        module: &Module,
    ) -> Result<&mut (Session, Option<Pkcs11Role>), TokenError> {
        let open = match self.session.take() {
            Some(open) => open,
            None => (module.open(self.place.id)?, None),
        };
        Ok(self.session.insert(open))
    }

    pub(super) fn logged_in(
        &mut self,
        module: &Module,
        role: Pkcs11Role,
        credential: &Input,
    ) -> Result<&Session, TokenError> {
        let (session, present) = self.session(module)?;
        if *present != Some(role) {
            if present.take().is_some() {
                session.logout()?;
            }
            match credential {
                Input::Bytes(pin) => session.login(role, pin)?,
                Input::ProtectedPath => session.login_at_reader(role)?,
            }
            *present = Some(role);
        }
        Ok(session)
    }
}

pub(super) fn pkcs11_role(role: Role) -> Result<Pkcs11Role, TokenError> {
    match role {
        Role::User | Role::SignatureUser | Role::SlotUser => Ok(Pkcs11Role::User),
        Role::SecurityOfficer => Ok(Pkcs11Role::SecurityOfficer),
        Role::CardManager => Err(TokenError::new(
            Retry::Refused,
            "a PKCS#11 token has no card manager to log in",
        )),
    }
}
