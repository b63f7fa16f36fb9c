//! The directories of a PKCS#15 application (ISO/IEC 7816-15, PKCS #15 v1.1), typed.
//!
//! Owns: the shapes of EF.DIR entries, object directory, token information and the object
//! directories for PINs, keys, certificates and data, in the forms that OpenSC reads and writes.
//! Fields that neither it nor we use (subject names, key info, access rules inside an object)
//! are skipped on reading. Must not know: where files lie on a card, or what a finding is; for
//! looking at possibly broken data there is [`outline`].

mod application;
mod attributes;
mod directory;
mod key;
pub mod outline;
mod path;
mod pin;
mod stored;
mod token_info;

pub use application::Application;
pub use attributes::{CommonAttributes, object_flags};
pub use directory::{DirectoryEntry, ObjectKind};
pub use key::{
    Key, KeyAttributes, KeyHalf, KeyKind, Private, PrivateKey, Public, PublicKey, key_access,
    key_usage,
};
pub use path::Path;
pub use pin::{Pin, PinType, pin_flags};
pub use stored::{Certificate, DataObject};
pub use token_info::{TokenInfo, shown_serial, token_flags};

use super::asn1::Asn1Error;
use super::{Element, Elements, Tlv};

/// File identifiers by convention (ISO/IEC 7816-15 clause 7.2; the last five as OpenSC uses them).
pub mod fid {
    /// EF.DIR, below the MF: the list of applications.
    pub const DIR: u16 = 0x2F00;
    /// The application's directory.
    pub const APPLICATION: u16 = 0x5015;
    /// EF.ODF: the list of object directories.
    pub const ODF: u16 = 0x5031;
    /// EF.TokenInfo.
    pub const TOKEN_INFO: u16 = 0x5032;
    /// EF.UnusedSpace.
    pub const UNUSED_SPACE: u16 = 0x5033;
    /// EF.AODF: PINs.
    pub const AODF: u16 = 0x4401;
    /// EF.PrKDF: private keys.
    pub const PRKDF: u16 = 0x4402;
    /// EF.PuKDF: public keys.
    pub const PUKDF: u16 = 0x4403;
    /// EF.CDF: certificates.
    pub const CDF: u16 = 0x4404;
    /// EF.DODF: data objects.
    pub const DODF: u16 = 0x4405;
}

/// The application identifier of PKCS#15: RID `A0 00 00 00 63` and the letters `PKCS-15`.
pub const AID: [u8; 12] = *b"\xA0\x00\x00\x00\x63PKCS-15";

/// An entry of one of the directories.
pub trait Entry: Sized {
    /// Reads the entry that lies at `element` of `data`.
    ///
    /// # Errors
    /// What is missing or of the wrong type, with its offset in `data`.
    fn decode(data: &[u8], element: &Element) -> Result<Self, Asn1Error>;

    /// The entry as a data object.
    fn tlv(&self) -> Tlv;

    /// The entry's bytes.
    fn encode(&self) -> Vec<u8> {
        self.tlv().encode()
    }
}

/// Reads a whole directory file, up to its padding.
///
/// # Errors
/// The first entry that is broken.
pub fn decode_all<E: Entry>(data: &[u8]) -> Result<Vec<E>, Asn1Error> {
    Elements::new(data)
        .map(|element| E::decode(data, &element?))
        .collect()
}

/// The bytes of a whole directory file.
#[must_use]
pub fn encode_all<E: Entry>(entries: &[E]) -> Vec<u8> {
    entries.iter().flat_map(Entry::encode).collect()
}

#[cfg(test)]
mod tests;
