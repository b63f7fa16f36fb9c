//! A loaded module: its slots, its tokens, their initialisation.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::Error as Cryptoki;
use cryptoki::slot as c;
use cryptoki::types::AuthPin;

use super::session::auth_pin;
use super::{Error, Header, Mechanism, Role, Session, Slot, SlotId, TokenInfo, Uri};
use crate::secret::Secret;

/// Longest label of a token in bytes (`CK_TOKEN_INFO`).
const LABEL: usize = 32;

/// A PKCS#11 module, loaded and initialised (`C_Initialize`).
///
/// Clones share it. It is finalised when the last clone and the last session are gone. A process
/// can have each module only once, and all sessions of a process share its logins: one job, one
/// process.
#[derive(Clone, Debug)]
pub struct Module {
    context: Arc<Context>,
}

/// Keeps the module initialised while it lives.
#[derive(Debug)]
pub(super) struct Context(Option<Pkcs11>);

impl Context {
    fn get(&self) -> Result<&Pkcs11, Error> {
        self.0.as_ref().ok_or(Error::MissingFunction)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if let Some(pkcs11) = self.0.take() {
            // Nothing is left to be told or done if this fails.
            let _ = pkcs11.finalize();
        }
    }
}

/// What a module says of itself (`CK_INFO`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModuleInfo {
    /// Manufacturer.
    pub manufacturer: String,
    /// Description.
    pub description: String,
    /// Version of the library, `2.6`.
    pub version: String,
    /// Version of the interface, `2.40`.
    pub interface: String,
}

/// Which token is meant. What is `None` does not matter.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selector {
    /// Label of the token.
    pub label: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Manufacturer.
    pub manufacturer: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Slot number: the last resort, for tokens that are still blank.
    pub slot_id: Option<u64>,
}

impl Selector {
    /// Whether `slot` is meant.
    #[must_use]
    pub fn matches(&self, slot: &Slot) -> bool {
        let fits = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        fits(&self.label, &slot.token.label)
            && fits(&self.serial, &slot.token.serial)
            && fits(&self.manufacturer, &slot.token.manufacturer)
            && fits(&self.model, &slot.token.model)
            && self.slot_id.is_none_or(|wanted| wanted == slot.id.0)
    }

    /// The one slot that is meant; `unreadable` ones are mentioned when there is none.
    fn pick(&self, slots: Vec<Slot>, unreadable: Vec<String>) -> Result<Slot, Error> {
        let names = |slots: &[Slot]| -> Vec<String> {
            slots.iter().map(|slot| slot.token.to_string()).collect()
        };
        let present = [names(&slots), unreadable].concat();
        let mut matching: Vec<Slot> = slots
            .into_iter()
            .filter(|slot| self.matches(slot))
            .collect();
        match (matching.pop(), matching.is_empty()) {
            (None, _) => Err(Error::NoToken {
                wanted: self.to_string(),
                present,
            }),
            (Some(slot), true) => Ok(slot),
            (Some(slot), false) => {
                matching.push(slot);
                Err(Error::SeveralTokens {
                    wanted: self.to_string(),
                    matching: names(&matching),
                })
            }
        }
    }
}

impl From<&Uri> for Selector {
    fn from(uri: &Uri) -> Self {
        Self {
            label: uri.token.clone(),
            serial: uri.serial.clone(),
            manufacturer: uri.manufacturer.clone(),
            model: uri.model.clone(),
            slot_id: uri.slot_id,
        }
    }
}

/// ``label `Card`, serial number `0042` ``, for messages.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slot_id = self.slot_id.map(|number| number.to_string());
        let parts: Vec<String> = [
            ("label", &self.label),
            ("serial number", &self.serial),
            ("manufacturer", &self.manufacturer),
            ("model", &self.model),
            ("slot number", &slot_id),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name} `{}`", value.as_ref()?)))
        .collect();
        if parts.is_empty() {
            f.write_str("the empty selection")
        } else {
            f.write_str(&parts.join(", "))
        }
    }
}

impl Module {
    /// Looks at the header of the library at `path`, then loads and initialises it.
    ///
    /// A bare file name that is no file here is searched by the loader of the operating system.
    ///
    /// # Errors
    /// [`Error::Unloadable`], [`Error::Loader`], [`Error::NoModule`] explain why the file is no
    /// module for this process; [`Error::Call`] is the module's own answer.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let path = resolve(path)?;
        let pkcs11 = Pkcs11::new(&path).map_err(|error| match error {
            Cryptoki::LibraryLoading(reason) => Error::Loader {
                path: path.clone(),
                reason: reason.to_string(),
            },
            Cryptoki::MissingSymbol(_) => Error::NoModule { path: path.clone() },
            other => other.into(),
        })?;
        pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
        Ok(Self {
            context: Arc::new(Context(Some(pkcs11))),
        })
    }

    /// What the module says of itself.
    ///
    /// # Errors
    /// [`Error::Call`].
    pub fn info(&self) -> Result<ModuleInfo, Error> {
        let info = self.pkcs11()?.get_library_info()?;
        Ok(ModuleInfo {
            manufacturer: info.manufacturer_id().trim_end().to_owned(),
            description: info.library_description().trim_end().to_owned(),
            version: info.library_version().to_string(),
            interface: info.cryptoki_version().to_string(),
        })
    }

    /// All slots with a token that can be read; a card of another kind in another reader is left
    /// out, as is a token that vanishes meanwhile.
    ///
    /// # Errors
    /// [`Error::Call`].
    pub fn slots(&self) -> Result<Vec<Slot>, Error> {
        Ok(self.survey()?.0)
    }

    /// All slots with a token, and words on those whose token cannot be read.
    fn survey(&self) -> Result<(Vec<Slot>, Vec<String>), Error> {
        let (mut slots, mut unreadable) = (Vec::new(), Vec::new());
        for slot in self.pkcs11()?.get_slots_with_token()? {
            let id = SlotId(slot.id());
            match self.token_info(id) {
                Ok(token) => slots.push(Slot { id, token }),
                Err(error) => {
                    unreadable.push(format!("an unreadable token in slot {id} ({error})"));
                }
            }
        }
        Ok((slots, unreadable))
    }

    /// What the token in `slot` says of itself now.
    ///
    /// # Errors
    /// [`Error::Call`].
    pub fn token_info(&self, slot: SlotId) -> Result<TokenInfo, Error> {
        Ok(self.pkcs11()?.get_token_info(native(slot)?)?.into())
    }

    /// The one token that `selector` means; an empty selector means the only token there is.
    ///
    /// # Errors
    /// [`Error::NoToken`] and [`Error::SeveralTokens`] list the tokens; [`Error::Call`].
    pub fn find(&self, selector: &Selector) -> Result<Slot, Error> {
        let (slots, unreadable) = self.survey()?;
        selector.pick(slots, unreadable)
    }

    /// Initialises the token in `slot`: **everything on it is erased**. Then finds it again by
    /// serial number or label, since modules move a token to another slot.
    ///
    /// `so_pin` becomes the SO PIN (PUK) of a blank token, and has to be the right one of any
    /// other. No session with the token may be open.
    ///
    /// # Errors
    /// [`Error::LabelTooLong`] and [`Error::PinNotText`] before anything is done. [`Error::Call`]
    /// with the token's answer. [`Error::NoToken`] or [`Error::SeveralTokens`] if the token was
    /// initialised but cannot be told from others.
    pub fn init_token(&self, slot: SlotId, so_pin: &Secret, label: &str) -> Result<Slot, Error> {
        if label.len() > LABEL {
            return Err(Error::LabelTooLong(label.to_owned()));
        }
        let pin: AuthPin = auth_pin(so_pin)?;
        let before = self.slots()?;
        self.pkcs11()?.init_token(native(slot)?, &pin, label)?;
        self.found_again(slot, &before, label)
    }

    /// The token that was in `slot` before it was initialised with `label`.
    fn found_again(&self, slot: SlotId, before: &[Slot], label: &str) -> Result<Slot, Error> {
        let own = before
            .iter()
            .find(|old| old.id == slot)
            .map_or("", |old| &old.token.serial);
        let others: BTreeSet<&str> = before
            .iter()
            .filter(|old| old.id != slot)
            .map(|old| old.token.serial.as_str())
            .collect();
        let (slots, unreadable) = self.survey()?;
        let new: Vec<Slot> = slots
            .into_iter()
            .filter(|now| now.token.initialized && now.token.label == label.trim_end())
            .filter(|now| now.token.serial == own || !others.contains(now.token.serial.as_str()))
            .collect();
        let by_serial = new
            .iter()
            .find(|now| !own.is_empty() && now.token.serial == own);
        if let Some(same) = by_serial {
            return Ok(same.clone());
        }
        let selector = Selector {
            label: Some(label.trim_end().to_owned()),
            ..Selector::default()
        };
        selector.pick(new, unreadable)
    }

    /// Which of [`Mechanism::ALL`] the token offers. Some tokens tell only once initialised.
    ///
    /// # Errors
    /// [`Error::Call`].
    pub fn mechanisms(&self, slot: SlotId) -> Result<Vec<Mechanism>, Error> {
        let offered = self.pkcs11()?.get_mechanism_list(native(slot)?)?;
        Ok(Mechanism::ALL
            .into_iter()
            .filter(|mechanism| offered.contains(&mechanism.code()))
            .collect())
    }

    /// Sizes of keys in bits that the token takes for `mechanism`.
    ///
    /// # Errors
    /// [`Error::Call`] with `CKR_MECHANISM_INVALID` if it does not offer the mechanism.
    pub fn key_bits(
        &self,
        slot: SlotId,
        mechanism: Mechanism,
    ) -> Result<RangeInclusive<usize>, Error> {
        let info = self
            .pkcs11()?
            .get_mechanism_info(native(slot)?, mechanism.code())?;
        Ok(info.min_key_size()..=info.max_key_size())
    }

    /// Opens a session that can read and write.
    ///
    /// # Errors
    /// [`Error::Call`].
    pub fn open(&self, slot: SlotId) -> Result<Session, Error> {
        let session = self.pkcs11()?.open_rw_session(native(slot)?)?;
        Ok(Session::new(session, Arc::clone(&self.context)))
    }

    /// Opens a session that only reads and uses keys.
    ///
    /// # Errors
    /// [`Error::Call`].
    pub fn open_to_read(&self, slot: SlotId) -> Result<Session, Error> {
        let session = self.pkcs11()?.open_ro_session(native(slot)?)?;
        Ok(Session::new(session, Arc::clone(&self.context)))
    }

    /// Whether both are the same loaded module.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.context, &other.context)
    }

    /// Sets a new user PIN with the SO PIN (PUK), in a session of its own: also the first user PIN
    /// after [`Module::init_token`].
    ///
    /// # Errors
    /// [`Error::Call`]; a wrong SO PIN has been counted by the token.
    pub fn unblock(&self, slot: SlotId, so_pin: &Secret, new_pin: &Secret) -> Result<(), Error> {
        let session = self.open(slot)?;
        session.login(Role::SecurityOfficer, so_pin)?;
        session.init_pin(new_pin)?;
        session.logout()
    }

    fn pkcs11(&self) -> Result<&Pkcs11, Error> {
        self.context.get()
    }
}

/// The file to load; its header fits this process, unless the loader has to search for it.
fn resolve(path: &Path) -> Result<PathBuf, Error> {
    let bare = path.components().count() == 1 && path.is_relative();
    if bare && !path.exists() {
        return Ok(path.to_owned());
    }
    match Header::read(path).and_then(Header::fits_here) {
        // Absolute, so that the loader does not search for what was looked at here.
        Ok(()) => Ok(std::path::absolute(path).unwrap_or_else(|_| path.to_owned())),
        Err(reason) => Err(Error::Unloadable {
            path: path.to_owned(),
            reason,
        }),
    }
}

fn native(slot: SlotId) -> Result<c::Slot, Error> {
    Ok(c::Slot::try_from(slot.0)?)
}
