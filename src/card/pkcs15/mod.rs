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
//! How that is reached stands in `content.rs` for the bytes of a list, in `directories.rs` and
//! `fixed.rs` for the files. It rests on one thing that a card has to keep: a single UPDATE BINARY of
//! one byte (an entry), of two bytes (a directory that moves) or of a changed entry or EF.TokenInfo of
//! the same length is done or not done.
//!
//! **Identifiers of new files** (*perso*): object directories get `4401` to `4405` as OpenSC does.
//! All other files are made in the range `7000` to `70FF` of the application's directory: objects
//! and moved directories from `7000` to `70FD`, the spares of EF.ODF and EF.TokenInfo `70FE` and
//! `70FF`. A file in that range that nothing lists is the rest of an interrupted change; it is
//! deleted when its identifier is used again.

mod content;
mod directories;
mod error;
mod extend;
mod files;
mod fixed;
mod key;
mod open;
mod read;
mod request;
mod store;

pub use error::CardError;
pub use read::KeyQuery;
pub use request::{Guard, NewCertificate, NewData, NewKeyPair, NewPin, PinRole};

use crate::der::Element;
use crate::der::asn1::Asn1Error;
use crate::der::pkcs15::{
    Certificate, DataObject, Entry, ObjectKind, Path, Pin, PrivateKey, PublicKey, TokenInfo, fid,
};
use content::Content;
use files::{Found, Place};

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
    /// The entry is gone, and its file if it had one of its own.
    Entirely,
    /// The entry is gone. Its file is still there, unlisted, because the card refused to delete it.
    EntryOnly(CardError),
}

/// The PKCS#15 application of a card, as it was when it was opened and as it was changed since.
///
/// It does not notice what others do to the card meanwhile. After an error in a change, open it
/// again before going on.
#[derive(Clone, Debug)]
pub struct Application {
    data_field: usize,
    home: Found,
    odf: Option<Stored>,
    token_info: Option<Stored>,
    info: Option<TokenInfo>,
    directories: Vec<Directory>,
    /// The file of an object that is not listed yet, but will be.
    pending: Option<Vec<u16>>,
    defects: Vec<Defect>,
}

/// A type of entry that can be found, added and removed.
pub trait Object: Entry + PartialEq {
    /// The directories in which such entries stand.
    const KINDS: &'static [ObjectKind];

    /// What people call it.
    const NAME: &'static str;

    /// Where its value lies; `None` if it has none of its own.
    fn value(&self) -> Option<&Path>;
}

impl Object for Pin {
    const KINDS: &'static [ObjectKind] = &[ObjectKind::AuthenticationObjects];
    const NAME: &'static str = "PIN";

    fn value(&self) -> Option<&Path> {
        None
    }
}

impl Object for PrivateKey {
    const KINDS: &'static [ObjectKind] = &[ObjectKind::PrivateKeys];
    const NAME: &'static str = "private key";

    fn value(&self) -> Option<&Path> {
        None
    }
}

impl Object for PublicKey {
    const KINDS: &'static [ObjectKind] = &[ObjectKind::PublicKeys, ObjectKind::TrustedPublicKeys];
    const NAME: &'static str = "public key";

    fn value(&self) -> Option<&Path> {
        Some(&self.path)
    }
}

impl Object for Certificate {
    const KINDS: &'static [ObjectKind] = &[
        ObjectKind::Certificates,
        ObjectKind::TrustedCertificates,
        ObjectKind::UsefulCertificates,
    ];
    const NAME: &'static str = "certificate";

    fn value(&self) -> Option<&Path> {
        Some(&self.path)
    }
}

impl Object for DataObject {
    const KINDS: &'static [ObjectKind] = &[ObjectKind::DataObjects];
    const NAME: &'static str = "data object";

    fn value(&self) -> Option<&Path> {
        Some(&self.path)
    }
}

/// An object directory.
#[derive(Clone, Debug)]
struct Directory {
    kind: ObjectKind,
    place: Place,
    /// `None` if EF.ODF lists a file that is not there.
    file: Option<Found>,
    content: Content,
    /// Why nothing can be added or removed.
    problem: Option<&'static str>,
}

impl Directory {
    /// Whether an entry can be understood; kinds that nobody here uses are taken as they are.
    fn understand(&self, element: &Element) -> Result<(), Asn1Error> {
        fn decoded<E: Entry>(content: &Content, element: &Element) -> Result<(), Asn1Error> {
            E::decode(&content.0, element).map(|_| ())
        }
        let content = &self.content;
        match self.kind {
            ObjectKind::PrivateKeys => decoded::<PrivateKey>(content, element),
            ObjectKind::PublicKeys | ObjectKind::TrustedPublicKeys => {
                decoded::<PublicKey>(content, element)
            }
            ObjectKind::SecretKeys => Ok(()),
            ObjectKind::Certificates
            | ObjectKind::TrustedCertificates
            | ObjectKind::UsefulCertificates => decoded::<Certificate>(content, element),
            ObjectKind::DataObjects => decoded::<DataObject>(content, element),
            ObjectKind::AuthenticationObjects => decoded::<Pin>(content, element),
        }
    }
}

/// The two files whose identifiers the standard fixes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fixed {
    Odf,
    TokenInfo,
}

impl Fixed {
    fn place(self, home: &Found) -> Place {
        let (name, id) = match self {
            Self::Odf => ("EF.ODF", fid::ODF),
            Self::TokenInfo => ("EF.TokenInfo", fid::TOKEN_INFO),
        };
        Place::new(name, &[&home.place.path, &[id][..]].concat())
    }

    /// Where its new content waits while the file is made again.
    fn spare(self, home: &Found) -> Place {
        let (name, id) = match self {
            Self::Odf => ("spare of EF.ODF", 0x70FE),
            Self::TokenInfo => ("spare of EF.TokenInfo", 0x70FF),
        };
        Place::new(name, &[&home.place.path, &[id][..]].concat())
    }
}

/// EF.ODF or EF.TokenInfo.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Stored {
    place: Place,
    /// `None` while it is missing and its spare counts.
    file: Option<Found>,
    content: Content,
    /// The spare that counts instead, after an interrupted change.
    spare: Option<Found>,
}

#[cfg(test)]
mod tests;
