//! The mechanisms that a personalisation needs: the lowest that all tokens have in common.

use std::fmt;

use cryptoki::mechanism::MechanismType;

/// A mechanism (`CK_MECHANISM_TYPE`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mechanism {
    /// Makes RSA key pairs.
    RsaPkcsKeyPairGen,
    /// Makes key pairs of elliptic curves.
    EcKeyPairGen,
    /// RSA with the padding of PKCS#1 v1.5, over a DigestInfo made outside.
    RsaPkcs,
    /// ECDSA over a hash made outside.
    Ecdsa,
}

impl Mechanism {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::RsaPkcsKeyPairGen,
        Self::EcKeyPairGen,
        Self::RsaPkcs,
        Self::Ecdsa,
    ];

    /// The name in the specification, `CKM_RSA_PKCS`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaPkcsKeyPairGen => "CKM_RSA_PKCS_KEY_PAIR_GEN",
            Self::EcKeyPairGen => "CKM_EC_KEY_PAIR_GEN",
            Self::RsaPkcs => "CKM_RSA_PKCS",
            Self::Ecdsa => "CKM_ECDSA",
        }
    }

    pub(super) const fn code(self) -> MechanismType {
        match self {
            Self::RsaPkcsKeyPairGen => MechanismType::RSA_PKCS_KEY_PAIR_GEN,
            Self::EcKeyPairGen => MechanismType::ECC_KEY_PAIR_GEN,
            Self::RsaPkcs => MechanismType::RSA_PKCS,
            Self::Ecdsa => MechanismType::ECDSA,
        }
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
