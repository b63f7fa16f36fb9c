//! BER-TLV with positions, and the PKCS#15 types (ISO/IEC 7816-15) written in it.
//!
//! Owns: splitting bytes into data objects and saying exactly which length byte does not fit
//! (X.690 clause 8.1, ISO/IEC 7816-4 clause 6.3), building data objects, and the shapes of the
//! PKCS#15 directories. Must not know: files, cards, commands, findings. Pure functions over
//! byte slices; every offset counts bytes from the start of the slice that the caller handed in.

pub mod asn1;
mod error;
pub mod pkcs15;
mod read;
mod tag;
mod write;

pub use error::{Misfit, TlvError};
pub use read::{Element, Elements, verify};
pub use tag::{Class, Tag};
pub use write::Tlv;
