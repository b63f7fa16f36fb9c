//! Public keys as the files of a PKCS#15 application hold them, and the entries of both halves.
//!
//! RSA keys are stored as `RSAPublicKey` (PKCS#1), EC keys as `SubjectPublicKeyInfo`, which names
//! the curve (ISO/IEC 7816-15 clause 8.5; what OpenSC writes and reads).

use super::NewKeyPair;
use crate::card::simulator::PublicTemplate;
use crate::der::asn1::{Asn1Error, Fields, NamedBits, outermost};
use crate::der::pkcs15::{
    CommonAttributes, KeyAttributes, KeyKind, Path, Private, PrivateKey, Public, PublicKey,
    key_access, key_usage, object_flags,
};
use crate::der::{Tag, Tlv};
use crate::operation::KeyUsage;

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

/// The entry of the private half.
pub(super) fn private_entry(pair: &NewKeyPair<'_>, kind: KeyKind, home: Path) -> PrivateKey {
    let protected = pair.guard.is_some();
    let privacy = if protected {
        object_flags::PRIVATE
    } else {
        NamedBits(0)
    };
    let origin = [
        key_access::LOCAL,
        key_access::ALWAYS_SENSITIVE,
        key_access::NEVER_EXTRACTABLE,
    ];
    let origin = if pair.generated {
        all(&origin)
    } else {
        NamedBits(0)
    };
    PrivateKey {
        half: Private,
        common: CommonAttributes {
            label: pair.label.to_owned(),
            flags: privacy.and(object_flags::MODIFIABLE),
            auth_id: pair.guard.map(|it| it.auth_id.clone()),
            user_consent: None,
        },
        key: KeyAttributes {
            id: pair.id.to_vec(),
            usage: private_usage(pair, kind),
            native: None,
            access: Some(key_access::SENSITIVE.and(origin)),
            reference: Some(pair.reference.into()),
        },
        path: home,
        kind,
    }
}

/// The entry of the public half.
pub(super) fn public_entry(pair: &NewKeyPair<'_>, kind: KeyKind, path: Path) -> PublicKey {
    let changeable = pair.guard.is_some();
    PublicKey {
        half: Public,
        common: CommonAttributes {
            label: pair.label.to_owned(),
            flags: if changeable {
                object_flags::MODIFIABLE
            } else {
                NamedBits(0)
            },
            auth_id: None,
            user_consent: None,
        },
        key: KeyAttributes {
            id: pair.id.to_vec(),
            usage: public_usage(pair.usage, kind),
            native: None,
            access: None,
            reference: None,
        },
        path,
        kind,
    }
}

fn private_usage(pair: &NewKeyPair<'_>, kind: KeyKind) -> NamedBits {
    use key_usage::{DECRYPT, DERIVE, NON_REPUDIATION, SIGN, SIGN_RECOVER, UNWRAP};
    let (sign, decipher) = uses(pair.usage);
    let (signing, deciphering): (&[_], &[_]) = match kind {
        KeyKind::Rsa { .. } => (&[SIGN, SIGN_RECOVER], &[DECRYPT, UNWRAP]),
        KeyKind::Ec { .. } => (&[SIGN], &[DERIVE]),
    };
    let answer_for = if pair.non_repudiation {
        NON_REPUDIATION
    } else {
        NamedBits(0)
    };
    when(sign, signing)
        .and(when(decipher, deciphering))
        .and(answer_for)
}

fn public_usage(usage: KeyUsage, kind: KeyKind) -> NamedBits {
    use key_usage::{DERIVE, ENCRYPT, VERIFY, VERIFY_RECOVER, WRAP};
    let (sign, decipher) = uses(usage);
    let (verifying, enciphering): (&[_], &[_]) = match kind {
        KeyKind::Rsa { .. } => (&[VERIFY, VERIFY_RECOVER], &[ENCRYPT, WRAP]),
        KeyKind::Ec { .. } => (&[VERIFY], &[DERIVE]),
    };
    when(sign, verifying).and(when(decipher, enciphering))
}

const fn uses(usage: KeyUsage) -> (bool, bool) {
    match usage {
        KeyUsage::Sign => (true, false),
        KeyUsage::Decipher => (false, true),
        KeyUsage::Both => (true, true),
    }
}

fn when(condition: bool, bits: &[NamedBits]) -> NamedBits {
    if condition { all(bits) } else { NamedBits(0) }
}

fn all(bits: &[NamedBits]) -> NamedBits {
    bits.iter().fold(NamedBits(0), |sum, it| sum.and(*it))
}
