//! Key pairs that a profile has the card make (`CreateKey`, perso), and the files that receive
//! their public keys.

use super::{FileIndex, Pin, Profile};

/// What kind of key pair it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyKind {
    /// RSA with this many bits.
    Rsa(u16),
    /// The elliptic curve NIST P-256.
    P256,
    /// The elliptic curve NIST P-384.
    P384,
}

impl KeyKind {
    /// The kind that a word of `type=` names; letter case does not count.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "rsa2048" => Self::Rsa(2048),
            "rsa3072" => Self::Rsa(3072),
            "rsa4096" => Self::Rsa(4096),
            "ec-p256" => Self::P256,
            "ec-p384" => Self::P384,
            _ => return None,
        })
    }

    /// Bytes of a public key in DER: `RSAPublicKey` with the exponent 65537 (RFC 8017, A.1.1), or
    /// the `SubjectPublicKeyInfo` of an elliptic curve key (RFC 5480).
    #[must_use]
    pub fn public_key_bytes(self) -> u64 {
        match self {
            Self::Rsa(bits) => u64::from(bits) / 8 + 14,
            Self::P256 => 91,
            Self::P384 => 120,
        }
    }
}

impl<'t> Profile<'t> {
    /// The first key pair whose public key is written into a file.
    #[must_use]
    pub fn key_into(&self, file: FileIndex) -> Option<&Pin<'t>> {
        let index = self.key_into.get(&file)?;
        self.keys.get(*index as usize)
    }

    /// The kind of a key pair, where `type=` is a word that names one.
    #[must_use]
    pub fn key_kind(&self, key: &Pin<'t>) -> Option<KeyKind> {
        let word = self.attribute(key.attributes, "type")?.value;
        KeyKind::of_word(self.tree.span(word).of(self.text))
    }
}
