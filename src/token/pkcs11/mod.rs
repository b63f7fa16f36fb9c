//! PKCS#11 (OASIS PKCS #11 Specification 3.1) as far as the personalisation of a token needs it.
//!
//! A [`Module`] is a vendor's library, loaded after its header was looked at. It lists [`Slot`]s,
//! finds tokens by what does not move (label, serial number, [`Uri`]), initialises them and opens
//! [`Session`]s; a session logs in, sets PINs, makes keys, signs, reads, writes and destroys
//! objects. Each operation makes the fewest `C_` calls, none is made twice, and a PIN is never
//! tried again. Errors name the function and the return code as the specification writes them,
//! then say in plain words what that usually means.
//!
//! What a plan wants of a token, in which order, and what to do after a failure is not known here.

mod error;
mod header;
mod mechanism;
mod module;
mod object;
mod return_code;
mod session;
mod slot;
mod uri;

pub use error::Error;
pub use header::{Architecture, Header, HeaderError, System};
pub use mechanism::Mechanism;
pub use module::{Module, ModuleInfo, Selector};
pub use object::{Class, DataObject, KeyName, KeyPair, Object, Search};
pub use return_code::ReturnCode;
pub use session::{Role, Session, TokenSigner};
pub use slot::{PinState, Slot, SlotId, TokenInfo};
pub use uri::{Uri, UriError};
