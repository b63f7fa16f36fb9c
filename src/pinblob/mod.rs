//! The encrypted-PIN container: the credentials of a card, encrypted to the holders of certain RSA
//! keys, small enough to lie on the card itself.
//!
//! This is perso's own format. The format of the vendor is not public; neither reads the other's.
//!
//! | layer | what it is |
//! | --- | --- |
//! | container | CMS AuthEnvelopedData (RFC 5083), content type id-data, DER |
//! | content | AES-256-GCM (RFC 5084), a fresh key and nonce each time |
//! | recipients | KeyTransRecipientInfo by subject key identifier, RSAES-OAEP with SHA-256 or SHA-1 |
//! | plain text | [`Content`]: `SEQUENCE OF SEQUENCE { name UTF8String, value OCTET STRING }` |
//!
//! ```text
//! openssl cms -decrypt -binary -inform DER -in blob.der -inkey key.pem
//! ```
//!
//! shows the plain text. [`open`] reads what [`seal`] writes, and CMS EnvelopedData (AES-CBC) of
//! other writers around the same plain text.
//!
//! The eight PINs of a card give 708 bytes for one recipient with RSA-2048, 661 with SHA-1; 256 more
//! with RSA-4096.
//!
//! Pure: randomness is handed in, private keys stand behind [`Decryptors`](crate::pki::Decryptors). Files, tokens, cards,
//! the clock (validity of certificates) and where clear values may go are not known here.

use der::oid::ObjectIdentifier;

mod cipher;
mod content;
mod key_transport;
mod open;
mod recipient;
mod seal;

pub use content::{Content, ContentError, ContentLengths, CredentialName, UnknownCredential};
pub use open::{Accept, NoKey, OpenError, Opened, open};
pub use recipient::{Recipient, RecipientError};
pub use seal::{SealError, seal, sealed_size};

/// The longest container in bytes, written or read: no file of a card is longer.
pub const MAX_LENGTH: usize = 0xFFFF;

/// id-data (RFC 5652 section 4).
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
/// id-envelopedData (RFC 5652 section 6.1).
const ENVELOPED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.3");
/// id-ct-authEnvelopedData (RFC 5083 section 2.1).
const AUTH_ENVELOPED_DATA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.23");

#[cfg(test)]
mod tests;
