//! The public-key parts that a card job needs: keys as PKCS#11 and PKCS#8 write them, names,
//! certificate requests over somebody else's private key, certificates, PKCS#12 files, and the
//! encryption of short secrets with RSA.
//!
//! Everything here is pure: keys that sign stand behind [`Signer`], keys that decrypt behind
//! [`Decryptors`], randomness and time are handed in. Tokens, files and who issues certificates are
//! not known here. Reading and writing PKCS#12 needs feature `native`, because its library brings a
//! source of randomness of its own.

mod bundle;
mod certificate;
mod encryption;
mod name;
mod oaep;
#[cfg(feature = "native")]
mod pkcs12;
mod private_key;
mod public_key;
mod request;
mod signature;
mod time;

pub use bundle::{BundleError, MAX_BUNDLE};
pub use certificate::{Certificate, CertificateError, VerifyError};
pub use encryption::{
    DecryptError, Decryptors, EncryptError, KeyEncryption, KeyReference, OaepHash, SoftwareKeys,
};
pub use name::{Attribute, DistinguishedName, NameError};
#[cfg(feature = "native")]
pub use pkcs12::{Integrity, Pkcs12, Pkcs12Error};
pub use private_key::{EcPrivateKey, GenerateError, KeyKind, PrivateKey, RsaPrivateKey};
pub use public_key::{Curve, EcPublicKey, KeyError, PublicKey, RsaPublicKey};
pub use request::{CertificateRequest, RequestError};
pub use signature::{SignError, SignatureAlgorithm, Signer};
pub use time::{UnixTime, Validity};
