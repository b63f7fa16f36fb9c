//! RSA keys in hardware security modules that decrypt for the run, as [`Decryptors`].
//!
//! Which keys are meant is said by module, token and label; which of them a message is encrypted
//! to is found by the certificates and public keys on the tokens. A token is logged in to once,
//! when it is first asked for a key, and a refused PIN is not tried again. What is decrypted, and
//! for which card, is not known here.

use std::path::{Path, PathBuf};

use super::pkcs11::{
    Class, Error, KeyName, Module, Object, PinState, Role, Search, Selector, Session, Slot,
};
use crate::pki::{
    Certificate, DecryptError, Decryptors, KeyEncryption, KeyReference, PublicKey, RsaPublicKey,
};
use crate::secret::Secret;

/// Where a key is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HsmPlace {
    /// The PKCS#11 module.
    pub module: PathBuf,
    /// The token; an empty selector means the only token that the module shows.
    pub token: Selector,
    /// The label of the private key; every RSA key of the token if `None`.
    pub alias: Option<String>,
}

/// Keys on tokens of hardware security modules.
#[derive(Debug, Default)]
pub struct HsmKeys {
    modules: Vec<(PathBuf, Module)>,
    tokens: Vec<Token>,
}

impl HsmKeys {
    /// Loads the module, unless it is loaded here already, and finds the token. Nobody logs in yet;
    /// `pin` is asked for the user PIN once for each token.
    ///
    /// # Errors
    /// [`Error`] of the module, as `E`, or whatever `pin` answers.
    pub fn add<E: From<Error>>(
        &mut self,
        place: &HsmPlace,
        pin: impl FnOnce() -> Result<Secret, E>,
    ) -> Result<(), E> {
        let module = self.module(&place.module)?;
        let slot = module.find(&place.token)?;
        let known = self
            .tokens
            .iter_mut()
            .find(|token| token.slot.id == slot.id && token.module.is_same(&module));
        match known {
            Some(token) => token.aliases.push(place.alias.clone()),
            None => self.tokens.push(Token {
                module,
                slot,
                aliases: vec![place.alias.clone()],
                state: State::Waiting(pin()?),
            }),
        }
        Ok(())
    }

    /// Whether there is no key at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// A process can have each module only once.
    fn module(&mut self, path: &Path) -> Result<Module, Error> {
        let file = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if let Some((_, module)) = self.modules.iter().find(|(known, _)| *known == file) {
            return Ok(module.clone());
        }
        let module = Module::load(path)?;
        self.modules.push((file, module.clone()));
        Ok(module)
    }
}

impl Decryptors for HsmKeys {
    fn holds(&mut self, key: &KeyReference) -> Result<bool, DecryptError> {
        for token in &mut self.tokens {
            if token.open()?.key(key).is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn decrypt(
        &mut self,
        key: &KeyReference,
        scheme: KeyEncryption,
        encrypted: &[u8],
    ) -> Result<Secret, DecryptError> {
        for token in &mut self.tokens {
            let open = token.open()?;
            if let Some(key) = open.key(key) {
                return open
                    .session
                    .decrypt(key.private, &key.public, scheme, encrypted);
            }
        }
        Err(DecryptError::NoSuchKey)
    }
}

/// A token, and which of its keys are meant.
#[derive(Debug)]
struct Token {
    module: Module,
    slot: Slot,
    aliases: Vec<Option<String>>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nobody has logged in; the PIN is kept until then.
    Waiting(Secret),
    Open(Open),
    /// Whatever kept it from being opened: it is not tried again.
    Closed(DecryptError),
}

/// A session of the user, with the keys that are meant.
#[derive(Debug)]
struct Open {
    session: Session,
    keys: Vec<Key>,
}

#[derive(Debug)]
struct Key {
    private: Object,
    public: RsaPublicKey,
    certificate: Option<Certificate>,
}

impl Open {
    fn key(&self, reference: &KeyReference) -> Option<&Key> {
        self.keys.iter().find(|key| {
            let public = PublicKey::Rsa(key.public.clone());
            reference.names(&public, key.certificate.as_ref())
        })
    }
}

impl Token {
    fn open(&mut self) -> Result<&Open, DecryptError> {
        if let State::Waiting(pin) = &self.state {
            self.state = match self.log_in(pin) {
                Ok(open) => State::Open(open),
                Err(error) => State::Closed(error),
            };
        }
        match &self.state {
            State::Open(open) => Ok(open),
            State::Closed(error) => Err(error.clone()),
            State::Waiting(_) => Err(DecryptError::NoSuchKey),
        }
    }

    fn log_in(&self, pin: &Secret) -> Result<Open, DecryptError> {
        let failed = |error: Error| DecryptError::Failed {
            reason: format!("the token {}: {error}", self.slot.token),
        };
        let refused = |reason: String| DecryptError::Login {
            reason: format!("the token {}: {reason}", self.slot.token),
        };
        let token = self.module.token_info(self.slot.id).map_err(failed)?;
        match token.user_pin {
            PinState::Locked => return Err(refused("its PIN is blocked".to_owned())),
            PinState::FinalTry => {
                return Err(refused(
                    "one more wrong PIN would block it, so it was not tried; log in with the \
                     right one by the tools of the HSM first"
                        .to_owned(),
                ));
            }
            PinState::Good | PinState::CountLow => {}
        }
        let session = self.module.open_to_read(self.slot.id).map_err(failed)?;
        session
            .login(Role::User, pin)
            .map_err(|error| refused(format!("{error}; the PIN was tried once")))?;
        let keys = self.keys(&session).map_err(failed)?;
        Ok(Open { session, keys })
    }

    fn keys(&self, session: &Session) -> Result<Vec<Key>, Error> {
        let mut keys = Vec::new();
        for alias in &self.aliases {
            let search = Search {
                class: Some(Class::PrivateKey),
                label: alias.clone(),
                ..Search::default()
            };
            for private in session.find(&search)? {
                let name = session.name(private)?;
                if let Some(public) = public_half(session, private, &name)? {
                    let certificate = certificate(session, &public, &name)?;
                    keys.push(Key {
                        private,
                        public,
                        certificate,
                    });
                }
            }
        }
        Ok(keys)
    }
}

/// The objects of a class that belong to a key: of the same identifier, else of the same label.
fn beside(session: &Session, class: Class, name: &KeyName) -> Result<Vec<Object>, Error> {
    let has_id = !name.id.is_empty();
    session.find(&Search {
        class: Some(class),
        id: has_id.then(|| name.id.clone()),
        label: (!has_id).then(|| name.label.clone()),
        ..Search::default()
    })
}

/// The public half of an RSA key: the private object tells it on most tokens, else the public one.
/// `None` for a key of another kind.
fn public_half(
    session: &Session,
    private: Object,
    name: &KeyName,
) -> Result<Option<RsaPublicKey>, Error> {
    let mut objects = vec![private];
    objects.extend(beside(session, Class::PublicKey, name)?);
    Ok(objects
        .into_iter()
        .find_map(|object| match session.public_key(object) {
            Ok(PublicKey::Rsa(key)) => Some(key),
            _ => None,
        }))
}

/// The certificate of a key, if the token has it. What cannot be read is not the one.
fn certificate(
    session: &Session,
    public: &RsaPublicKey,
    name: &KeyName,
) -> Result<Option<Certificate>, Error> {
    let public = PublicKey::Rsa(public.clone());
    let certificates = beside(session, Class::Certificate, name)?;
    Ok(certificates
        .into_iter()
        .filter_map(|object| session.read_certificate(object).ok())
        .find(|certificate| certificate.public_key().is_ok_and(|key| key == public)))
}
