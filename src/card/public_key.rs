//! Public keys as files of a card hold them.
//!
//! RSA keys are stored as `RSAPublicKey` (PKCS#1), EC keys as `SubjectPublicKeyInfo`, which names
//! the curve (ISO/IEC 7816-15 clause 8.5; what OpenSC writes and reads). Knows nothing of where the
//! files lie and what lists them.

use super::simulator::{KeyType, PublicTemplate};
use crate::der::asn1::{Asn1Error, Fields, outermost};
use crate::der::pkcs15::KeyKind;
use crate::der::{Tag, Tlv};

/// Public exponent of the keys that cards make.
const F4: [u8; 3] = [0x01, 0x00, 0x01];

/// id-ecPublicKey (RFC 5480).
const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
/// Curves by the length of a point: field size in bits and object identifier (RFC 5480).
const CURVES: [(usize, u64, &[u8]); 3] = [
    (65, 256, &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]),
    (97, 384, &[0x2B, 0x81, 0x04, 0x00, 0x22]),
    (133, 521, &[0x2B, 0x81, 0x04, 0x00, 0x23]),
];

/// Family and size; `None` for a point on no known curve.
pub(super) fn kind(public: &PublicTemplate) -> Option<KeyKind> {
    match public {
        PublicTemplate::Rsa { modulus, .. } => {
            let modulus = significant(modulus);
            let leading = u64::from(modulus.first()?.leading_zeros());
            let modulus_bits = 8 * modulus.len() as u64 - leading;
            Some(KeyKind::Rsa { modulus_bits })
        }
        PublicTemplate::Ec { point } => curve(point).map(|(bits, _)| KeyKind::Ec {
            field_bits: Some(bits),
        }),
    }
}

/// What the file of a public key holds; `None` for a point on no known curve.
pub(super) fn encode(public: &PublicTemplate) -> Option<Vec<u8>> {
    let value = match public {
        PublicTemplate::Rsa { modulus, exponent } => {
            Tlv::list(Tag::SEQUENCE, [integer(modulus), integer(exponent)])
        }
        PublicTemplate::Ec { point } => {
            let (_, oid) = curve(point)?;
            let algorithm = [EC_PUBLIC_KEY, oid].map(|it| Tlv::new(Tag::OBJECT_IDENTIFIER, it));
            let point = Tlv::new(Tag::BIT_STRING, [&[0], &point[..]].concat());
            Tlv::list(Tag::SEQUENCE, [Tlv::list(Tag::SEQUENCE, algorithm), point])
        }
    };
    Some(value.encode())
}

/// Bytes of the file for a key of this kind, with the exponent 65,537.
pub(super) fn length(kind: KeyType) -> usize {
    let point = |bytes: usize| PublicTemplate::Ec {
        point: [&[0x04], &vec![0; 2 * bytes][..]].concat(),
    };
    let key = match kind {
        KeyType::Rsa(bits) => PublicTemplate::Rsa {
            modulus: vec![0x80; usize::from(bits) / 8],
            exponent: F4.to_vec(),
        },
        KeyType::P256 => point(32),
        KeyType::P384 => point(48),
    };
    encode(&key).map_or(0, |file| file.len())
}

/// Reads what the file of a public key holds.
pub(super) fn decode(data: &[u8]) -> Result<PublicTemplate, Asn1Error> {
    let element = outermost(data, Tag::SEQUENCE, "a public key (SEQUENCE)")?;
    let mut fields = Fields::of(data, &element)?;
    if let Some(modulus) = fields.optional(Tag::INTEGER) {
        let exponent = fields.required(Tag::INTEGER, "the public exponent (INTEGER)")?;
        let number = |it: crate::der::Element| significant(it.bytes(data)).to_vec();
        return Ok(PublicTemplate::Rsa {
            modulus: number(modulus),
            exponent: number(exponent),
        });
    }
    let mut algorithm = fields.open(Tag::SEQUENCE, "the algorithm (SEQUENCE)")?;
    let oid = algorithm.required(Tag::OBJECT_IDENTIFIER, "the algorithm (OBJECT IDENTIFIER)")?;
    let bits = fields.required(Tag::BIT_STRING, "the public key (BIT STRING)")?;
    let [0, key @ ..] = bits.bytes(data) else {
        return Err(Asn1Error::Value {
            expected: "BIT STRING of whole bytes",
            at: bits.value.start,
        });
    };
    if oid.bytes(data) == EC_PUBLIC_KEY {
        return Ok(PublicTemplate::Ec {
            point: key.to_vec(),
        });
    }
    match key.first() {
        Some(0x30) => decode_rsa(key),
        _ => Err(Asn1Error::Value {
            expected: "RSA or EC public key",
            at: bits.value.start,
        }),
    }
}

fn decode_rsa(data: &[u8]) -> Result<PublicTemplate, Asn1Error> {
    let element = outermost(data, Tag::SEQUENCE, "an RSA public key (SEQUENCE)")?;
    let mut fields = Fields::of(data, &element)?;
    let mut number = |field| -> Result<Vec<u8>, Asn1Error> {
        let element = fields.required(Tag::INTEGER, field)?;
        Ok(significant(element.bytes(data)).to_vec())
    };
    Ok(PublicTemplate::Rsa {
        modulus: number("the modulus (INTEGER)")?,
        exponent: number("the public exponent (INTEGER)")?,
    })
}

fn curve(point: &[u8]) -> Option<(u64, &'static [u8])> {
    let known = CURVES.into_iter().find(|it| it.0 == point.len())?;
    (point.first() == Some(&0x04)).then_some((known.1, known.2))
}

fn significant(number: &[u8]) -> &[u8] {
    let leading = number.iter().take_while(|&&byte| byte == 0).count();
    &number[leading..]
}

fn integer(number: &[u8]) -> Tlv {
    let mut bytes = significant(number).to_vec();
    if bytes.first().is_none_or(|it| it & 0x80 != 0) {
        bytes.insert(0, 0);
    }
    Tlv::new(Tag::INTEGER, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rsa_key_is_that_of_pkcs1() {
        let key = PublicTemplate::Rsa {
            modulus: vec![0x80, 0x01],
            exponent: vec![0x03],
        };
        let file = [0x30, 8, 0x02, 3, 0, 0x80, 0x01, 0x02, 1, 0x03];
        assert_eq!(encode(&key).unwrap(), file);
        assert_eq!(decode(&file), Ok(key));
    }

    #[test]
    fn a_point_names_its_curve() {
        let key = PublicTemplate::Ec {
            point: [&[0x04][..], &[7; 64]].concat(),
        };
        let file = encode(&key).unwrap();
        assert!(file.windows(8).any(|it| it == CURVES[0].2));
        assert_eq!(decode(&file), Ok(key));
        assert_eq!(
            encode(&PublicTemplate::Ec {
                point: vec![4, 1, 2]
            }),
            None
        );
    }

    #[test]
    fn lengths_are_known_beforehand() {
        assert_eq!(length(KeyType::Rsa(2048)), 270);
        assert_eq!(length(KeyType::Rsa(4096)), 526);
        assert_eq!((length(KeyType::P256), length(KeyType::P384)), (91, 120));
    }
}
