//! The public key that a card answers with, as a file holds it.
//!
//! RSA keys are `RSAPublicKey` (PKCS#1), elliptic curve keys the uncompressed point in an OCTET
//! STRING (X9.62), both in DER. OpenSC 0.23 reads both behind a path of the public key directory
//! (measured); of the point it does not know the curve, which it would read from a
//! `SubjectPublicKeyInfo` in the same place.

use crate::card::simulator::{KeyType, PublicTemplate};
use crate::der::{Tag, Tlv};

/// Public exponent of the keys that cards make.
const F4: [u8; 3] = [0x01, 0x00, 0x01];

/// The content of the key's file, from what GENERATE ASYMMETRIC KEY PAIR answers; `None` if that is
/// no public key.
pub(super) fn from_answer(answer: &[u8]) -> Option<Vec<u8>> {
    Some(match PublicTemplate::decode(answer)? {
        PublicTemplate::Rsa { modulus, exponent } => rsa(&modulus, &exponent),
        PublicTemplate::Ec { point } => ec(&point),
    })
}

/// Number of bytes of the content for a key of this kind, with the exponent 65,537.
pub(super) fn length(kind: KeyType) -> usize {
    let coordinates = |bytes: usize| ec(&vec![0x04; 1 + 2 * bytes]);
    let content = match kind {
        KeyType::Rsa(bits) => rsa(&vec![0x80; usize::from(bits) / 8], &F4),
        KeyType::P256 => coordinates(32),
        KeyType::P384 => coordinates(48),
    };
    content.len()
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    Tlv::list(Tag::SEQUENCE, [integer(modulus), integer(exponent)]).encode()
}

fn ec(point: &[u8]) -> Vec<u8> {
    Tlv::new(Tag::OCTET_STRING, point).encode()
}

/// A number without sign in the fewest bytes; a leading zero keeps it positive.
fn integer(number: &[u8]) -> Tlv {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let digits = &number[zeros..];
    let mut value = Vec::with_capacity(digits.len() + 1);
    if digits.first().is_none_or(|first| first & 0x80 != 0) {
        value.push(0);
    }
    value.extend_from_slice(digits);
    Tlv::new(Tag::INTEGER, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rsa_key_is_that_of_pkcs1() {
        let answer = [0x7F, 0x49, 7, 0x81, 2, 0x80, 0x01, 0x82, 1, 0x03];
        let expected = [0x30, 8, 0x02, 3, 0, 0x80, 0x01, 0x02, 1, 0x03];
        assert_eq!(from_answer(&answer).unwrap(), expected);
    }

    #[test]
    fn a_point_is_an_octet_string() {
        let answer = [0x7F, 0x49, 5, 0x86, 3, 4, 1, 2];
        assert_eq!(from_answer(&answer).unwrap(), [0x04, 3, 4, 1, 2]);
    }

    #[test]
    fn lengths_are_known_beforehand() {
        assert_eq!(length(KeyType::Rsa(2048)), 270);
        assert_eq!(length(KeyType::Rsa(4096)), 526);
        assert_eq!((length(KeyType::P256), length(KeyType::P384)), (67, 99));
    }

    #[test]
    fn what_is_no_public_key_gives_none() {
        for answer in [
            &[][..],
            &[0x30, 0],
            &[0x7F, 0x49, 0],
            &[0x7F, 0x49, 5, 0x81],
        ] {
            assert_eq!(from_answer(answer), None);
        }
    }
}
