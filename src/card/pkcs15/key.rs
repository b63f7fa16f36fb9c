//! The entries of both halves of a key pair.

use super::NewKeyPair;
use crate::der::asn1::NamedBits;
use crate::der::pkcs15::{
    CommonAttributes, KeyAttributes, KeyKind, Path, Private, PrivateKey, Public, PublicKey,
    key_access, key_usage, object_flags,
};
use crate::operation::KeyUsage;

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
