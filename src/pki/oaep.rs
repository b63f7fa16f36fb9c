//! Taking OAEP padding off again (RFC 8017 section 7.1.2 step 3), in constant time.
//!
//! For the holder of a key that does RSA but not OAEP with the wanted hash: it decrypts raw
//! (`CKM_RSA_X_509`), and the padding comes off here. Knows no keys.

use sha1::{Digest, Sha1};
use sha2::Sha256;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use zeroize::Zeroizing;

use super::{DecryptError, OaepHash};
use crate::secret::Secret;

impl OaepHash {
    /// The message in `encoded`, the result of a raw RSA decryption: as long as the modulus,
    /// leading zeros included. The label is empty, the mask is made with the same hash.
    ///
    /// # Errors
    /// [`DecryptError::Rejected`] for every kind of wrong padding alike.
    pub fn unpad(self, encoded: &Secret) -> Result<Secret, DecryptError> {
        match self {
            Self::Sha256 => unpad::<Sha256>(encoded.expose()),
            Self::Sha1 => unpad::<Sha1>(encoded.expose()),
        }
        .ok_or(DecryptError::Rejected)
    }
}

/// `EM = 00 || maskedSeed || maskedDB`, `DB = lHash || 00 … 00 || 01 || M`.
fn unpad<D: Digest>(encoded: &[u8]) -> Option<Secret> {
    let hash_length = <D as Digest>::output_size();
    if encoded.len() < 2 * hash_length + 2 {
        return None;
    }
    let (first, masked) = encoded.split_first()?;
    let (seed, block) = masked.split_at_checked(hash_length)?;
    let mut seed = Zeroizing::new(seed.to_vec());
    let mut block = Zeroizing::new(block.to_vec());
    mask::<D>(&block, &mut seed);
    mask::<D>(&seed, &mut block);

    let (label_hash, rest) = block.split_at_checked(hash_length)?;
    let (start, separated) = message_start(rest);
    let empty_label = D::digest(b"");
    let valid = first.ct_eq(&0) & label_hash.ct_eq(empty_label.as_slice()) & separated;
    let message = rest.get(start as usize..)?;
    bool::from(valid).then(|| Secret::new(message.to_vec()))
}

/// Where the message begins behind zeros and a one, and whether there are such.
fn message_start(rest: &[u8]) -> (u32, Choice) {
    let mut start = 0;
    let mut searching = Choice::from(1);
    let mut stray = Choice::from(0);
    for (next, byte) in (1..).zip(rest) {
        let separator = byte.ct_eq(&1);
        start.conditional_assign(&next, searching & separator);
        stray |= searching & !separator & !byte.ct_eq(&0);
        searching &= !separator;
    }
    (start, !searching & !stray)
}

/// Applies MGF1 of `seed` (RFC 8017 appendix B.2.1) to `target`.
fn mask<D: Digest>(seed: &[u8], target: &mut [u8]) {
    let chunks = target.chunks_mut(<D as Digest>::output_size());
    for (counter, chunk) in (0_u32..).zip(chunks) {
        let mut hash = D::new();
        hash.update(seed);
        hash.update(counter.to_be_bytes());
        for (byte, mask) in chunk.iter_mut().zip(hash.finalize()) {
            *byte ^= mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use getrandom::SysRng;
    use proptest::prelude::*;
    use rsa::hazmat::rsa_decrypt;
    use rsa::traits::PublicKeyParts as _;

    use super::*;
    use crate::pki::{KeyEncryption, KeyKind, PrivateKey, RsaPrivateKey};

    fn key() -> RsaPrivateKey {
        let kind = KeyKind::Rsa { bits: 1024 };
        match PrivateKey::generate(kind, &mut SysRng).unwrap() {
            PrivateKey::Rsa(key) => key,
            PrivateKey::Ec(_) => panic!("asked for RSA"),
        }
    }

    /// What `CKM_RSA_X_509` answers.
    fn raw(key: &RsaPrivateKey, encrypted: &[u8]) -> Vec<u8> {
        let key = key.arithmetic().unwrap();
        let number = rsa::BoxedUint::from_be_slice(encrypted, key.n_bits_precision()).unwrap();
        let plain = rsa_decrypt(Option::<&mut SysRng>::None, &key, &number).unwrap();
        let bytes = plain.to_be_bytes();
        bytes[bytes.len() - key.size()..].to_vec()
    }

    #[test]
    fn what_the_library_pads_comes_off() {
        let key = key();
        for hash in [OaepHash::Sha256, OaepHash::Sha1] {
            for message in [&b""[..], &[1], &[0, 0, 1], &[7; 32], &[0xff; 62]] {
                let scheme = KeyEncryption::Oaep(hash);
                let encrypted = key.public().encrypt(scheme, message, &mut SysRng).unwrap();
                let encoded = Secret::new(raw(&key, &encrypted));
                assert_eq!(hash.unpad(&encoded).unwrap().expose(), message);
            }
        }
    }

    /// One in 256 numbers begins with a zero byte, which stays (RFC 8017 section 4.1).
    #[test]
    fn what_is_encrypted_is_as_long_as_the_modulus() {
        let key = key();
        let scheme = KeyEncryption::Oaep(OaepHash::Sha1);
        for _ in 0..4096 {
            let encrypted = key.public().encrypt(scheme, b"key", &mut SysRng).unwrap();
            assert_eq!(encrypted.len(), key.public().modulus().len());
        }
    }

    #[test]
    fn every_changed_byte_is_rejected_alike() {
        let key = key();
        let scheme = KeyEncryption::Oaep(OaepHash::Sha256);
        let encrypted = key.public().encrypt(scheme, b"key", &mut SysRng).unwrap();
        let encoded = raw(&key, &encrypted);
        for at in 0..encoded.len() - b"key".len() {
            let mut changed = encoded.clone();
            changed[at] ^= 0x10;
            let refused = OaepHash::Sha256.unpad(&Secret::new(changed));
            assert_eq!(refused, Err(DecryptError::Rejected), "byte {at}");
        }
        let other = OaepHash::Sha1.unpad(&Secret::new(encoded));
        assert_eq!(other, Err(DecryptError::Rejected));
    }

    proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>) {
            let encoded = Secret::new(bytes);
            let _ = OaepHash::Sha256.unpad(&encoded);
            let _ = OaepHash::Sha1.unpad(&encoded);
        }
    }
}
