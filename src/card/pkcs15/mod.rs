//! The PKCS#15 application of a card (ISO/IEC 7816-15): reading it, and extending it as
//! pkcs15-init would.
//!
//! Owns: where the application's files lie, what their directories list, and the order of
//! commands in which objects are added and removed. Must not know: PKCS#11, plans, PIN values,
//! whether a reader or the simulated card answers. It never verifies a PIN: the caller has done so
//! before, and a refusal becomes an error that names the file and its rule.
//!
//! **What holds at every moment**, whichever command the card was pulled out after:
//!
//! 1. Every object that was listed before is still listed, with its value, unless it is the one
//!    being removed.
//! 2. Nothing is listed before its file is complete. A new object is absent or whole.
//! 3. What others wrote is never rewritten: entries that are not understood, broken or of another
//!    make keep their bytes and their order.
//!
//! How that is reached stands in `store.rs`, file by file.
//!
//! **Identifiers of new files** (*perso*): object directories get `4401` to `4405` as OpenSC does.
//! All other files are made in the range `7000` to `70FF` of the application's directory: objects
//! and moved directories from `7000` to `70FD`, the spares of EF.ODF and EF.TokenInfo `70FE` and
//! `70FF`. A file in that range that nothing lists is the rest of an interrupted change; it is
//! deleted when its identifier is used again.

mod error;
mod request;

pub use error::CardError;
pub use request::{Guard, NewCertificate, NewData, NewKeyPair, NewPin, PinRole};

use zeroize::Zeroizing;

use super::Channel;
use super::simulator::PublicTemplate;
use crate::der::pkcs15::{Certificate, DataObject, Path, Pin, PrivateKey, PublicKey, TokenInfo};

/// What to look for in the key directories.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyQuery<'a> {
    /// The label, letter by letter.
    Label(&'a str),
    /// The identifier (`CKA_ID`).
    Id(&'a [u8]),
}

/// Something on the card that could not be read and is left as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Defect {
    /// The file, as people call it: `CDF (3F00/5015/4441)`.
    pub file: String,
    /// What is wrong there.
    pub problem: String,
}

/// What became of a removed object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Removed {
    /// Entry and file are gone.
    Entirely,
    /// The entry is gone. Its file is still there, unlisted, because the card refused to delete it.
    EntryOnly(CardError),
}

/// The PKCS#15 application of a card, as it was when it was opened and as it was changed since.
///
/// It does not notice what others do to the card meanwhile. After an error in a change, open it
/// again before going on.
#[derive(Clone, Debug)]
pub struct Application {}

impl Application {
    /// Finds the application (EF.DIR, else `3F00/5015`) and reads its directories.
    ///
    /// `data_field` is the longest command data field in bytes: 255, or more (up to 65,535) where
    /// card and reader take extended length. `None` if the card has no such application. A missing
    /// EF.ODF or EF.TokenInfo, and entries that cannot be read, are no errors here, see
    /// [`defects`](Self::defects).
    ///
    /// # Errors
    /// If the card stops answering, or refuses to let a directory be read.
    pub fn open(channel: &mut dyn Channel, data_field: usize) -> Result<Option<Self>, CardError> {
        let _ = (channel, data_field);
        Ok(None)
    }

    /// What is missing or broken.
    #[must_use]
    pub fn defects(&self) -> &[Defect] {
        &[]
    }

    /// EF.TokenInfo; `None` if it is missing or broken.
    #[must_use]
    pub fn token_info(&self) -> Option<&TokenInfo> {
        None
    }

    /// The PINs (AODF).
    #[must_use]
    pub fn pins(&self) -> Vec<Pin> {
        Vec::new()
    }

    /// The private keys (PrKDF).
    #[must_use]
    pub fn private_keys(&self) -> Vec<PrivateKey> {
        Vec::new()
    }

    /// The public keys (PuKDF), trusted ones included.
    #[must_use]
    pub fn public_keys(&self) -> Vec<PublicKey> {
        Vec::new()
    }

    /// The certificates (CDF), trusted and useful ones included.
    #[must_use]
    pub fn certificates(&self) -> Vec<Certificate> {
        Vec::new()
    }

    /// The data objects (DODF).
    #[must_use]
    pub fn data_objects(&self) -> Vec<DataObject> {
        Vec::new()
    }

    /// The private keys that a query names.
    #[must_use]
    pub fn find_keys(&self, query: KeyQuery<'_>) -> Vec<PrivateKey> {
        let _ = query;
        Vec::new()
    }

    /// The first certificate with this identifier (`CKA_ID`).
    #[must_use]
    pub fn certificate(&self, id: &[u8]) -> Option<Certificate> {
        let _ = id;
        None
    }

    /// The first data object with this label, of this application if one is given.
    #[must_use]
    pub fn data_object(&self, label: &str, application: Option<&str>) -> Option<DataObject> {
        let _ = (label, application);
        None
    }

    /// The guard that a listed PIN makes, by the identifier of its entry; `None` if no PIN has this
    /// identifier or its reference is none from 1 to 14.
    #[must_use]
    pub fn guard(&self, auth_id: &[u8]) -> Option<Guard> {
        let _ = auth_id;
        None
    }

    /// The first listed PIN with this reference, local or global.
    #[must_use]
    pub fn pin_by_reference(&self, reference: u8) -> Option<Pin> {
        let _ = reference;
        None
    }

    /// The lowest key reference of a range that no listed private key has.
    #[must_use]
    pub fn free_key_reference(&self, range: std::ops::RangeInclusive<u8>) -> Option<u8> {
        let _ = range;
        None
    }

    /// The value behind a path: the whole file, or the part that index and length name.
    ///
    /// # Errors
    /// If the card refuses, or the file is shorter than the path says.
    pub fn read_object(
        &self,
        channel: &mut dyn Channel,
        path: &Path,
    ) -> Result<Zeroizing<Vec<u8>>, CardError> {
        let _ = (channel, path);
        Err(CardError::new("not yet"))
    }

    /// A certificate in DER, without what follows it in its file.
    ///
    /// # Errors
    /// As [`read_object`](Self::read_object), and if the file holds no SEQUENCE.
    pub fn read_certificate(
        &self,
        channel: &mut dyn Channel,
        certificate: &Certificate,
    ) -> Result<Vec<u8>, CardError> {
        let _ = (channel, certificate);
        Err(CardError::new("not yet"))
    }

    /// The value of a data object.
    ///
    /// # Errors
    /// As [`read_object`](Self::read_object).
    pub fn read_data(
        &self,
        channel: &mut dyn Channel,
        object: &DataObject,
    ) -> Result<Zeroizing<Vec<u8>>, CardError> {
        self.read_object(channel, &object.path)
    }

    /// A public key: `RSAPublicKey`, or `SubjectPublicKeyInfo` of either family.
    ///
    /// # Errors
    /// As [`read_object`](Self::read_object), and if the file holds no public key.
    pub fn read_public_key(
        &self,
        channel: &mut dyn Channel,
        key: &PublicKey,
    ) -> Result<PublicTemplate, CardError> {
        let _ = (channel, key);
        Err(CardError::new("not yet"))
    }

    /// Sets label and serial number of the token; `None` leaves one as it is. All else in
    /// EF.TokenInfo keeps its bytes.
    ///
    /// # Errors
    /// If EF.TokenInfo is missing or broken, or the card refuses.
    pub fn set_token_info(
        &mut self,
        channel: &mut dyn Channel,
        label: Option<&str>,
        serial: Option<&[u8]>,
    ) -> Result<(), CardError> {
        let _ = (channel, label, serial);
        Err(CardError::new("not yet"))
    }

    /// Lists a PIN object of the card.
    ///
    /// # Errors
    /// If a PIN with this identifier is listed already, or the card refuses.
    pub fn add_pin_entry(
        &mut self,
        channel: &mut dyn Channel,
        pin: &NewPin<'_>,
    ) -> Result<(), CardError> {
        let _ = (channel, pin);
        Err(CardError::new("not yet"))
    }

    /// Stores the public key and lists both halves, the private one last. What an interrupted call
    /// left of the same pair is completed.
    ///
    /// # Errors
    /// If the reference or the identifier belongs to another listed key, the public key is of no
    /// known size, or the card refuses.
    pub fn add_key_pair(
        &mut self,
        channel: &mut dyn Channel,
        pair: &NewKeyPair<'_>,
    ) -> Result<(), CardError> {
        let _ = (channel, pair);
        Err(CardError::new("not yet"))
    }

    /// Stores a certificate. Others with the same identifier stay.
    ///
    /// # Errors
    /// If `der` is no SEQUENCE from its first to its last byte, or the card refuses.
    pub fn add_certificate(
        &mut self,
        channel: &mut dyn Channel,
        certificate: &NewCertificate<'_>,
    ) -> Result<(), CardError> {
        let _ = (channel, certificate);
        Err(CardError::new("not yet"))
    }

    /// Stores a certificate in the place of a listed one: at every moment one of them is listed.
    ///
    /// # Errors
    /// As [`add_certificate`](Self::add_certificate), and if `old` is not listed.
    pub fn replace_certificate(
        &mut self,
        channel: &mut dyn Channel,
        old: &Certificate,
        new: &NewCertificate<'_>,
    ) -> Result<Removed, CardError> {
        let _ = (channel, old, new);
        Err(CardError::new("not yet"))
    }

    /// Stores a data object. Others with the same label stay.
    ///
    /// # Errors
    /// If the value is empty, a private object has no guard, or the card refuses.
    pub fn add_data(
        &mut self,
        channel: &mut dyn Channel,
        data: &NewData<'_>,
    ) -> Result<(), CardError> {
        let _ = (channel, data);
        Err(CardError::new("not yet"))
    }

    /// Takes an object off its directory and deletes its file, unless another entry needs the file
    /// or the entry names a directory, as private keys do.
    ///
    /// # Errors
    /// If it is not listed, or the card refuses to change the directory.
    pub fn remove<O: Object>(
        &mut self,
        channel: &mut dyn Channel,
        object: &O,
    ) -> Result<Removed, CardError> {
        let _ = (channel, object);
        Err(CardError::new("not yet"))
    }
}

/// A type of entry that this module finds, adds and removes.
pub trait Object: crate::der::pkcs15::Entry + PartialEq {}

impl Object for Pin {}
impl Object for PrivateKey {}
impl Object for PublicKey {}
impl Object for Certificate {}
impl Object for DataObject {}
