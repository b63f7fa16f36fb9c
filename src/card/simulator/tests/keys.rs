//! Keys: definition, generation, import, signature, decipherment. Signatures are verified with the
//! public key that the card tells.

use std::sync::OnceLock;

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::BoxedUint;
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::traits::PrivateKeyParts;
use sha2::{Digest, Sha256};

use super::objects::KeyDefinition;
use super::*;
use crate::card::Condition;

/// One RSA key for all tests: generating is slow without optimisation.
fn rsa_key() -> &'static rsa::PrivateKey {
    static KEY: OnceLock<rsa::PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| rsa::PrivateKey::new(&mut rng(), 2048).unwrap())
}

fn definition(number: u8, kind: KeyType) -> KeyDefinition {
    KeyDefinition {
        number,
        kind,
        uses: KeyUse::BOTH,
        access: Condition::credential(self::number(1)),
        generation: Condition::never(),
    }
}

fn define(card: &mut Card, number: u8, kind: KeyType) {
    let data = definition(number, kind).encode(None);
    assert_eq!(card.put(objects::KEYS, &data), "9000");
}

fn import_rsa(card: &mut Card) {
    let [p, q] = rsa_key().primes() else {
        panic!("two primes expected");
    };
    let template = rsa_import_template(&[1, 0, 1], &p.to_be_bytes(), &q.to_be_bytes());
    let data = definition(1, KeyType::Rsa(2048)).encode(Some(&template));
    assert_eq!(card.put(objects::KEYS, &data), "9000");
}

fn public(card: &mut Card, command: Command) -> PublicTemplate {
    let answer = Channel::exchange(card, &command.expect(256)).unwrap();
    assert_eq!(answer.sw, Sw::OK);
    PublicTemplate::decode(&answer.data).unwrap()
}

fn rsa_public(template: PublicTemplate) -> rsa::PublicKey {
    let PublicTemplate::Rsa { modulus, exponent } = template else {
        panic!("an RSA key expected");
    };
    let number = |it: &[u8]| BoxedUint::from_be_slice_vartime(it);
    rsa::PublicKey::new(number(&modulus), number(&exponent)).unwrap()
}

fn sign(card: &mut Card, input: &[u8]) -> Vec<u8> {
    let pso = Command::new(ins::PERFORM_SECURITY_OPERATION, 0x9E, 0x9A);
    let answer = Channel::exchange(card, &pso.data(input).unwrap().expect(256)).unwrap();
    assert_eq!(answer.sw, Sw::OK);
    answer.data.to_vec()
}

fn digest_info(message: &[u8]) -> Vec<u8> {
    let prefix = bytes("3031300D060960864801650304020105000420");
    [prefix, Sha256::digest(message).to_vec()].concat()
}

#[test]
fn an_rsa_key_is_generated_and_signs() {
    let mut card = card();
    define(&mut card, 1, KeyType::Rsa(2048));
    let generate = Command::new(ins::GENERATE_KEY_PAIR, 0, 0);
    let generate = generate.data(bytes("B603840101")).unwrap();
    let key = rsa_public(public(&mut card, generate));
    card.done(&["002241B609 840101 950140 800110"]);
    let signature = sign(&mut card, &digest_info(b"message"));
    let hash = Sha256::digest(b"message");
    key.verify(Pkcs1v15Sign::new::<Sha256>(), &hash, &signature)
        .unwrap();
    let again = Command::new(ins::GENERATE_KEY_PAIR, 0x81, 0);
    assert_eq!(rsa_public(public(&mut card, again)), key);
}

#[test]
fn an_imported_rsa_key_deciphers() {
    let mut card = card();
    import_rsa(&mut card);
    let read = Command::new(ins::GENERATE_KEY_PAIR, 0x01, 0);
    let key = rsa_public(public(&mut card, read.data(bytes("840101")).unwrap()));
    assert_eq!(&key, rsa_key().as_public_key());
    let cryptogram = key
        .encrypt(&mut rng(), rsa::pkcs1v15::Pkcs1v15Encrypt, b"hello")
        .unwrap();
    card.done(&["002241B803 840101"]);
    let pso = Command::new(ins::PERFORM_SECURITY_OPERATION, 0x80, 0x86)
        .data([vec![0], cryptogram].concat())
        .unwrap();
    let answer = Channel::exchange(&mut card, &pso.expect(256)).unwrap();
    assert_eq!((answer.sw, answer.data.as_slice()), (Sw::OK, &b"hello"[..]));
    assert_eq!(card.send("002A8086 03 001122"), "6A80");
    assert_eq!(card.send("002A8086 03 021122"), "6A80");
}

#[test]
fn raw_rsa_is_the_bare_operation() {
    let mut card = card();
    import_rsa(&mut card);
    card.done(&["002241B606 840101 80010C"]);
    let mut input = vec![0x11; 256];
    input[0] = 0;
    let signature = sign(&mut card, &input);
    let number = BoxedUint::from_be_slice(&signature, 2048).unwrap();
    let back = rsa::hazmat::rsa_encrypt(rsa_key().as_public_key(), &number).unwrap();
    assert_eq!(back.to_be_bytes().as_ref(), input);
    assert_eq!(card.send("002A9E9A 02 1122 00"), "6A80");
}

#[test]
fn elliptic_curve_keys_sign_hashes() {
    let mut card = card();
    let generate = |number: u8| {
        let command = Command::new(ins::GENERATE_KEY_PAIR_ODD, 0, 0);
        command.data([0x84, 1, number]).unwrap()
    };
    define(&mut card, 2, KeyType::P256);
    define(&mut card, 3, KeyType::P384);
    let hash = [0x5A; 48];

    let PublicTemplate::Ec { point } = public(&mut card, generate(2)) else {
        panic!("a point expected");
    };
    card.done(&["002241B603 840102"]);
    let signature = sign(&mut card, &hash[..32]);
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).unwrap();
    let signature = p256::ecdsa::Signature::from_slice(&signature).unwrap();
    key.verify_prehash(&hash[..32], &signature).unwrap();

    let PublicTemplate::Ec { point } = public(&mut card, generate(3)) else {
        panic!("a point expected");
    };
    card.done(&["002241B603 840103"]);
    let signature = sign(&mut card, &hash);
    let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(&point).unwrap();
    let signature = p384::ecdsa::Signature::from_slice(&signature).unwrap();
    key.verify_prehash(&hash, &signature).unwrap();
}

#[test]
fn a_key_is_guarded_after_activation() {
    let mut card = card();
    let data = definition(2, KeyType::P256).encode(Some(&ec_import_template(&[7; 32])));
    assert_eq!(card.put(objects::KEYS, &data), "9000");
    card.done(&["0024010104 31323334", "00440000023F00", "002241B603 840102"]);
    let pso = format!("002A9E9A20{}00", "5A".repeat(32));
    assert_eq!(card.send(&pso), "6982");
    assert_eq!(card.send("00460000 03 840102 00"), "6982");
    assert_eq!(card.put(objects::KEYS, &data), "6982");
    card.done(&["0020000104 31323334"]);
    assert!(card.send(&pso).ends_with("9000"));
}

#[test]
fn wrong_uses_are_refused() {
    let mut card = card();
    assert_eq!(card.send("002A9E9A 01 11 00"), "6985");
    assert_eq!(card.send("002241B603 840101"), "6A88");
    assert_eq!(card.send("00460000"), "6985");
    define(&mut card, 1, KeyType::P256);
    assert_eq!(card.send("002241B6"), "6A80");
    assert_eq!(card.send("002241B603 800177"), "6A80");
    assert_eq!(card.send("002241BB03 840101"), "6A86");
    card.done(&[
        "002241A403 830101",
        "002241B603 840101",
        "002241B803 840101",
    ]);
    assert_eq!(card.send("002A9E9A 01 11 00"), "6984");
    assert_eq!(card.send("00460100"), "6984");
    assert_eq!(card.send("002A9E9B 01 11 00"), "6A86");
    card.done(&["0022F301"]);
    assert_eq!(card.send("002A9E9A 01 11 00"), "6985");
    let mut sign_only = definition(1, KeyType::Rsa(2048));
    sign_only.uses = KeyUse::SIGN;
    assert_eq!(card.put(objects::KEYS, &sign_only.encode(None)), "9000");
    card.done(&["002241B803 840101"]);
    assert_eq!(card.send("002A8086 02 0011 00"), "6985");
}

#[test]
fn wrong_definitions_are_refused() {
    let mut card = card();
    let short = definition(1, KeyType::P256).encode(Some(&ec_import_template(&[7; 31])));
    assert_eq!(card.put(objects::KEYS, &short), "6A80");
    let zero = definition(1, KeyType::P256).encode(Some(&ec_import_template(&[0; 32])));
    assert_eq!(card.put(objects::KEYS, &zero), "6A80");
    let primes = rsa_import_template(&[1, 0, 1], &[7; 128], &[7; 128]);
    let primes = definition(1, KeyType::Rsa(2048)).encode(Some(&primes));
    assert_eq!(card.put(objects::KEYS, &primes), "6A80");
    assert_eq!(
        card.put(objects::KEYS, &bytes("830101 800101 81020400")),
        "6A81"
    );
    assert_eq!(
        card.put(objects::KEYS, &bytes("830110 800102 81020100")),
        "6A88"
    );
    assert!(card.state.keys.is_empty());
}

#[test]
fn keys_are_listed() {
    let mut card = card();
    define(&mut card, 2, KeyType::P384);
    let answer = card.transmit(&bytes("00CA01F200"));
    let keys = objects::decode_keys(&answer[..answer.len() - 2]).unwrap();
    assert_eq!(keys, [(definition(2, KeyType::P384), false)]);
}
