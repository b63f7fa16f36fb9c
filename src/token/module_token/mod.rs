//! A token behind a PKCS#11 module, or two: some modules show the signature PIN of a card as a
//! token of its own.
//!
//! Knows how an operation of a plan is said in PKCS#11. Every secret goes to the module once.

use std::collections::BTreeSet;

mod failure;
mod preflight;
mod value;

use value::{bytes, data_object, from_hex, read_pkcs12, text};

use super::pkcs11::{
    Class, Error, KeyName, KeyPair, Mechanism, Module, Role as Pkcs11Role, Search, Selector,
    Session, Slot as Place, TokenInfo, Uri,
};
use super::{
    Identity, KeyReference, Kind, Outcome, Refusal, Retry, State, Step, Token, TokenError,
};
use crate::operation::{
    Action, Algorithm, Capability, Input, KeyCriteria, Login, ObjectClass, Part, Role, Selection,
    Slot,
};
use crate::pki::{Certificate, CertificateRequest, Curve, KeyKind, Pkcs12};
use crate::secret::Secret;

/// Label of a token whose description names none and that had none (perso).
const LABEL: &str = "perso";

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

/// A slot with the session and the login that the job has there.
#[derive(Debug)]
struct Seat {
    place: Place,
    session: Option<(Session, Option<Pkcs11Role>)>,
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

    fn initialise(
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

    fn change_pin(&mut self, role: Role, old: &Secret, new: &Secret) -> Result<(), TokenError> {
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

    fn find_key(
        &mut self,
        signature: bool,
        criteria: &KeyCriteria,
        login: &Login<Input>,
    ) -> Result<Outcome, TokenError> {
        let session = self.logged_in(signature, login)?;
        let id = criteria.id.as_deref().map(from_hex).transpose()?;
        let search = Search {
            class: Some(match criteria.class {
                ObjectClass::PublicKey => Class::PublicKey,
                ObjectClass::PrivateKey => Class::PrivateKey,
                ObjectClass::Certificate => Class::Certificate,
            }),
            label: criteria.label.clone(),
            id,
            application: None,
        };
        let ids: BTreeSet<Vec<u8>> = session
            .find(&search)?
            .into_iter()
            .map(|object| session.name(object).map(|name| name.id))
            .collect::<Result<_, _>>()?;
        let mut ids = ids.into_iter();
        match (ids.next(), ids.len()) {
            (Some(id), 0) => {
                pair(session, &id)?;
                Ok(Outcome::key(KeyReference {
                    id,
                    signature_slot: signature,
                }))
            }
            (None, _) => Err(TokenError::new(
                Retry::LookFirst,
                "no key pair on the token fits the criteria of the description",
            )
            .cause("the key was never made on this token, or has another label or identifier")),
            (Some(_), more) => Err(TokenError::new(
                Retry::LookFirst,
                format!("{} key pairs fit the criteria of the description", more + 1),
            )
            .cause("a label that several keys share; name the identifier too")),
        }
    }

    fn sign_request(&mut self, step: &Step<'_>) -> Result<Outcome, TokenError> {
        let (Some(key), Some(subject)) = (step.key, step.subject) else {
            return Err(TokenError::new(
                Retry::Refused,
                "a request needs a key and a subject",
            ));
        };
        let session = self.as_it_is(key.signature_slot)?;
        let mut signer = session.signer(pair(session, &key.id)?)?;
        let request = CertificateRequest::build(subject, &mut signer).map_err(|error| {
            TokenError::new(
                Retry::Safe,
                format!("the certificate request cannot be signed: {error}"),
            )
            .cause("the middleware logs out after a signature, or the key is not for signing")
        })?;
        Ok(Outcome::part(Part::Request, request.der().to_vec()))
    }

    fn write_certificate(
        &mut self,
        signature: bool,
        login: &Login<Input>,
        certificate: &Secret,
        step: &Step<'_>,
        label: &str,
    ) -> Result<(), TokenError> {
        let certificate = Certificate::from_der(certificate.expose())
            .map_err(|error| TokenError::new(Retry::Refused, error.to_string()))?;
        let session = self.logged_in(signature, login)?;
        if let Some(key) = step.key {
            let public = session.public_key(pair(session, &key.id)?.public)?;
            if !certificate.is_for(&public) {
                return Err(TokenError::new(
                    Retry::LookFirst,
                    "the certificate is for another key than the one on the token",
                )
                .cause("the answer of the issuer belongs to another request"));
            }
        }
        session.create_certificate(&certificate, &key_name(step, label))?;
        Ok(())
    }

    fn import(
        &mut self,
        signature: bool,
        login: &Login<Input>,
        pkcs12: &Pkcs12,
        name: &KeyName,
    ) -> Result<(), TokenError> {
        let session = self.logged_in(signature, login)?;
        session.import_private_key(&pkcs12.key, name, Some(&pkcs12.certificate))?;
        session.create_public_key(&pkcs12.key.public_key(), name)?;
        session.create_certificate(&pkcs12.certificate, name)?;
        Ok(())
    }

    /// Fails unless the certificate is on the token under `id`.
    fn expect_certificate(
        &mut self,
        signature: bool,
        id: &[u8],
        certificate: &[u8],
    ) -> Result<(), TokenError> {
        let session = self.as_it_is(signature)?;
        for object in session.find(&with_id(Class::Certificate, id))? {
            if session.read_certificate(object)?.der() == certificate {
                return Ok(());
            }
        }
        Err(self.not_there("the certificate"))
    }

    /// "Find returned nothing" counts only once the token has said who it is.
    fn not_there(&self, what: &str) -> TokenError {
        let same = |info: &TokenInfo| info.serial == self.default.place.token.serial;
        match self.info() {
            Ok(info) if same(&info) => TokenError::new(
                Retry::LookFirst,
                format!("{what} was written, but the token does not show the same when it is read"),
            ),
            _ => TokenError::new(
                Retry::LookFirst,
                format!("{what} was written, but the token is gone or is another one now"),
            )
            .cause("the card was taken out of the reader"),
        }
    }
}

impl Seat {
    const fn new(place: Place) -> Self {
        Self {
            place,
            session: None,
        }
    }

    fn session(
        &mut self,
        module: &Module,
    ) -> Result<&mut (Session, Option<Pkcs11Role>), TokenError> {
        let open = match self.session.take() {
            Some(open) => open,
            None => (module.open(self.place.id)?, None),
        };
        Ok(self.session.insert(open))
    }

    fn logged_in(
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
        let mut mechanisms = self.module.mechanisms(self.default.place.id)?;
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
        let (Action::GenerateKeyPair { slot, login, .. }
        | Action::WriteCertificate { slot, login, .. }) = step.action
        else {
            return Ok(State::Unknown);
        };
        let signature = Self::is_signature(slot);
        let session = self.logged_in(signature, login)?;
        let there = |class, id: &[u8]| -> Result<bool, TokenError> {
            Ok(!session.find(&with_id(class, id))?.is_empty())
        };
        if let Action::WriteCertificate { label, .. } = step.action {
            let id = key_name(step, label).id;
            return Ok(match there(Class::Certificate, &id)? {
                true => State::Done(Outcome::default()),
                false => State::Absent,
            });
        }
        let id = step.object_id.0;
        Ok(
            match (
                there(Class::PublicKey, &id)?,
                there(Class::PrivateKey, &id)?,
            ) {
                (true, true) => State::Done(Outcome::key(KeyReference {
                    id: id.to_vec(),
                    signature_slot: signature,
                })),
                (false, false) => State::Absent,
                _ => State::Partial,
            },
        )
    }

    fn apply(&mut self, step: &Step<'_>) -> Result<Outcome, TokenError> {
        match step.action {
            Action::SelectCard { selection } => {
                let serial = self.info()?.serial;
                match selection {
                    Selection::Serial { serial: wanted, .. } if bytes(wanted)?.expose() != serial.as_bytes() => {
                        Err(TokenError::new(
                            Retry::LookFirst,
                            format!("the token has the serial number `{serial}`, not the one that the job asks for"),
                        )
                        .cause("another card is in the reader"))
                    }
                    _ => Ok(Outcome::default()),
                }
            }
            Action::ListTokens { .. } => {
                let slots = self.module.slots()?;
                let serials: Vec<String> =
                    slots.into_iter().map(|slot| slot.token.serial).collect();
                Ok(Outcome::part(Part::Serial, serials.join(",")))
            }
            Action::Initialise {
                label, puk, pin, ..
            } => {
                let pin = pin.as_ref().map(bytes).transpose()?;
                self.initialise(label.as_ref(), bytes(puk)?, pin)?;
                Ok(Outcome::default())
            }
            Action::SetPin { role, login, new } => {
                let session = self.logged_in(*role == Role::SignatureUser, login)?;
                session.init_pin(bytes(new)?)?;
                Ok(Outcome::default())
            }
            Action::ChangePin { role, old, new } => {
                self.change_pin(*role, bytes(old)?, bytes(new)?)?;
                Ok(Outcome::default())
            }
            Action::ChangePuk { old, new } => {
                let login = Login {
                    role: Role::SecurityOfficer,
                    credential: old.clone(),
                    officer: None,
                };
                let session = self.logged_in(false, &login)?;
                session.set_pin(bytes(old)?, bytes(new)?)?;
                Ok(Outcome::default())
            }
            Action::GenerateKeyPair {
                slot,
                algorithm,
                label,
                login,
            } => {
                let signature_slot = Self::is_signature(slot);
                let name = KeyName {
                    id: step.object_id.0.to_vec(),
                    label: label.clone(),
                };
                let session = self.logged_in(signature_slot, login)?;
                session.generate_key_pair(key_kind(*algorithm), &name)?;
                Ok(Outcome::key(KeyReference {
                    id: name.id,
                    signature_slot,
                }))
            }
            Action::FindKeyPair {
                slot,
                criteria,
                login,
            } => self.find_key(Self::is_signature(slot), criteria, login),
            Action::SignRequest { .. } => self.sign_request(step),
            Action::WriteCertificate {
                slot,
                certificate,
                label,
                login,
                ..
            } => {
                let signature = Self::is_signature(slot);
                self.write_certificate(signature, login, bytes(certificate)?, step, label)?;
                Ok(Outcome::default())
            }
            Action::ImportPkcs12 {
                slot,
                container,
                password,
                label,
                login,
                ..
            } => {
                let pkcs12 = read_pkcs12(container, password)?;
                let name = key_name(step, label);
                let signature_slot = Self::is_signature(slot);
                self.import(signature_slot, login, &pkcs12, &name)?;
                Ok(Outcome::key(KeyReference {
                    id: name.id,
                    signature_slot,
                }))
            }
            Action::WriteData {
                slot,
                data,
                label,
                attributes,
                login,
            } => {
                let object = data_object(data, label.as_ref(), attributes)?;
                let session = self.logged_in(Self::is_signature(slot), login)?;
                session.create_data(&object)?;
                Ok(Outcome::default())
            }
            Action::ReadSerial { .. } => Ok(Outcome::part(Part::Serial, self.info()?.serial)),
            Action::DeleteProfile { .. }
            | Action::WriteSerialNumber { .. }
            | Action::WriteCertificateList { .. }
            | Action::BlockPin { .. }
            | Action::RunApduScript { .. }
            | Action::ReadEncryptedPins { .. }
            | Action::ObtainCertificate { .. }
            | Action::ClearFields { .. } => Err(TokenError::new(
                Retry::Refused,
                "PKCS#11 has no function for this operation",
            )),
        }
    }

    fn read_back(&mut self, step: &Step<'_>, _outcome: &Outcome) -> Result<(), TokenError> {
        match step.action {
            Action::Initialise { pin, .. } => {
                let info = self.info()?;
                if info.initialized && (pin.is_none() || info.user_pin_initialized) {
                    return Ok(());
                }
                Err(self.not_there("the initialisation"))
            }
            Action::GenerateKeyPair { slot, .. } => {
                let session = self.as_it_is(Self::is_signature(slot))?;
                let pair = pair(session, &step.object_id.0)?;
                session.public_key(pair.public)?;
                Ok(())
            }
            Action::WriteCertificate {
                slot,
                certificate,
                label,
                ..
            } => {
                let id = key_name(step, label).id;
                let certificate = bytes(certificate)?.expose();
                self.expect_certificate(Self::is_signature(slot), &id, certificate)
            }
            Action::ImportPkcs12 {
                slot,
                container,
                password,
                label,
                ..
            } => {
                let id = key_name(step, label).id;
                let pkcs12 = read_pkcs12(container, password)?;
                let signature = Self::is_signature(slot);
                pair(self.as_it_is(signature)?, &id)?;
                self.expect_certificate(signature, &id, pkcs12.certificate.der())
            }
            Action::WriteData {
                slot,
                data,
                label,
                attributes,
                ..
            } => {
                let object = data_object(data, label.as_ref(), attributes)?;
                let session = self.as_it_is(Self::is_signature(slot))?;
                let search = Search {
                    class: Some(Class::Data),
                    label: Some(object.label.clone()),
                    ..Search::default()
                };
                for found in session.find(&search)? {
                    if session.read_data(found)? == object.value {
                        return Ok(());
                    }
                }
                Err(self.not_there("the data object"))
            }
            _ => Ok(()),
        }
    }
}

impl AsRef<[u8]> for Input {
    fn as_ref(&self) -> &[u8] {
        self.bytes().map_or(&[], Secret::expose)
    }
}

fn pkcs11_role(role: Role) -> Result<Pkcs11Role, TokenError> {
    match role {
        Role::User | Role::SignatureUser | Role::SlotUser => Ok(Pkcs11Role::User),
        Role::SecurityOfficer => Ok(Pkcs11Role::SecurityOfficer),
        Role::CardManager => Err(TokenError::new(
            Retry::Refused,
            "a PKCS#11 token has no card manager to log in",
        )),
    }
}

/// The identifier of the key that the step belongs to, else its own.
fn key_name(step: &Step<'_>, label: &str) -> KeyName {
    KeyName {
        id: step
            .key
            .map_or_else(|| step.object_id.0.to_vec(), |key| key.id.clone()),
        label: label.to_owned(),
    }
}

fn with_id(class: Class, id: &[u8]) -> Search {
    Search {
        class: Some(class),
        id: Some(id.to_vec()),
        ..Search::default()
    }
}

/// Both halves of the one key pair with this identifier.
fn pair(session: &Session, id: &[u8]) -> Result<KeyPair, TokenError> {
    let one = |class, what: &str| match session.find(&with_id(class, id))?.as_slice() {
        [object] => Ok(*object),
        found => Err(TokenError::new(
            Retry::LookFirst,
            format!(
                "the token shows {} {what}s of the key, not one",
                found.len()
            ),
        )
        .cause("a run that was killed left half a key pair")),
    };
    Ok(KeyPair {
        public: one(Class::PublicKey, "public half")?,
        private: one(Class::PrivateKey, "private half")?,
    })
}

fn key_kind(algorithm: Algorithm) -> KeyKind {
    match algorithm {
        Algorithm::Rsa { bits } => KeyKind::Rsa { bits: bits.into() },
        Algorithm::P256 => KeyKind::Ec(Curve::P256),
        Algorithm::P384 => KeyKind::Ec(Curve::P384),
    }
}
