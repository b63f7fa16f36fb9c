//! Whatever executes a plan.
//!
//! So far: the PKCS#11 side, a thin typed layer over a vendor's module. Plans are not known to it.

#[cfg(feature = "native")]
pub mod pkcs11;
