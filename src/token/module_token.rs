//! A PKCS#11 token.

/// A PKCS#11 token.
#[derive(Debug)]
pub struct ModuleToken;
