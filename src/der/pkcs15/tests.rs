//! The shapes that OpenSC accepts, byte for byte, and the round trip of every type.

use proptest::prelude::*;

use super::super::asn1::NamedBits;
use super::*;

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn same<E: Entry + std::fmt::Debug>(bytes: &str) -> E {
    let data = hex(bytes);
    let entries = decode_all::<E>(&data).unwrap();
    assert_eq!(encode_all(&entries), data);
    entries.into_iter().next().unwrap()
}

#[test]
fn the_object_directory_of_the_seed() {
    let entry: DirectoryEntry = same("A40A300804063F0050154441");
    assert_eq!(entry.kind, ObjectKind::Certificates);
    assert_eq!(entry.path.ids(), Some(vec![0x3F00, 0x5015, 0x4441]));
}

#[test]
fn the_certificate_of_the_seed() {
    let certificate: Certificate = same(concat!(
        "302F301A0C114469676974616C205369676E6174757265030206400401013003040111",
        "A10C300A300804063F0050154541"
    ));
    assert_eq!(certificate.common.label, "Digital Signature");
    assert_eq!(certificate.common.flags, object_flags::MODIFIABLE);
    assert_eq!(certificate.common.auth_id, Some(vec![1]));
    assert_eq!(certificate.id, [0x11]);
}

#[test]
fn a_pin_as_opensc_reads_it() {
    let pin: Pin = same(concat!(
        "3037300E0C08557365722050494E030206C03003040101",
        "A120301E0302024C0A0101020104020108020108800101040100300604043F005015"
    ));
    assert_eq!(
        (pin.min_length, pin.stored_length, pin.reference),
        (4, 8, 1)
    );
    assert_eq!(pin.kind, PinType::AsciiNumeric);
    assert!(
        pin.flags
            .contains(pin_flags::LOCAL.and(pin_flags::INITIALIZED))
    );
    assert_eq!(pin.path, Some(Path::of(&[0x3F00, 0x5015])));
}

#[test]
fn a_private_rsa_key_as_opensc_reads_it() {
    let key: PrivateKey = same(concat!(
        "303630140C0B50726976617465204B6579030206C0040101300E04011103020430030203B8020101",
        "A10E300C300604043F00501502020800"
    ));
    assert_eq!(key.kind, KeyKind::Rsa { modulus_bits: 2048 });
    assert_eq!(key.key.reference, Some(1));
    assert!(key.key.access.unwrap().contains(key_access::LOCAL));
}

#[test]
fn the_smallest_token_info_that_opensc_accepts() {
    let data = hex("300702010003020000");
    let info = TokenInfo::decode(&data).unwrap();
    assert_eq!(info, TokenInfo::default());
    assert_eq!(info.encode(), hex("3006020100030100"));
    let error = TokenInfo::decode(&hex("3003020100")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected the token flags (BIT STRING) at byte 5"
    );
    let error = TokenInfo::decode(&[]).unwrap_err();
    assert_eq!(error.to_string(), "expected TokenInfo (SEQUENCE) at byte 0");
}

#[test]
fn another_label_leaves_the_rest_of_token_info() {
    // Behind the flags: a list of algorithms (tag A2), of which nothing is known here.
    let data = hex("301502010004020102800341424303020640A203020105FFFF");
    let new = TokenInfo::relabelled(&data, Some("Xy"), None).unwrap();
    assert_eq!(new, hex("3014020100040201028002587903020640A203020105"));
    let new = TokenInfo::relabelled(&hex("300702010003020000"), Some("A"), Some(&[9])).unwrap();
    assert_eq!(new, hex("300D02010004010980014103020000"));
    assert!(TokenInfo::relabelled(&hex("3003020100"), None, None).is_err());
}

#[test]
fn an_outline_points_at_the_parts() {
    let data = hex(concat!(
        "302F301A0C114469676974616C205369676E6174757265030206400401013003040111",
        "A10C300A300804063F0050154541"
    ));
    let outlines = outline::objects(&data, ObjectKind::Certificates);
    let [outline] = outlines.as_slice() else {
        panic!("one entry expected");
    };
    assert_eq!(
        outline.auth_id.as_ref().map(|it| it.value.clone()),
        Some(29..30)
    );
    assert_eq!(outline.id.as_ref().map(|it| it.value.clone()), Some(34..35));
    assert_eq!(
        outline.path.as_ref().map(|it| it.value.clone()),
        Some(43..49)
    );
    let broken = outline::objects(&hex("3004040200FF"), ObjectKind::Certificates);
    assert_eq!(broken[0].common, None);
    let odf = outline::directory(&hex("A90430020400"));
    assert_eq!(odf[0].0, None);
    assert!(!outline::token_info(&hex("3003020100")).unwrap().complete);
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..40)
}

prop_compose! {
    fn path()(file in bytes(), part: Option<(u32, u32)>) -> Path {
        Path {
            file,
            index: part.map(|it| it.0.into()),
            length: part.map(|it| it.1.into()),
        }
    }
}

prop_compose! {
    fn common()(
        label in "\\PC{0,40}",
        flags in 0_u32..4,
        auth_id in prop::option::of(bytes()),
        user_consent: Option<u64>,
    ) -> CommonAttributes {
        CommonAttributes { label, flags: NamedBits(flags), auth_id, user_consent }
    }
}

prop_compose! {
    fn key()(
        id in bytes(),
        usage: u32,
        native: Option<bool>,
        access: Option<u32>,
        reference: Option<u64>,
    ) -> KeyAttributes {
        KeyAttributes {
            id,
            usage: NamedBits(usage),
            native,
            access: access.map(NamedBits),
            reference,
        }
    }
}

fn kind() -> impl Strategy<Value = KeyKind> {
    prop_oneof![
        any::<u64>().prop_map(|modulus_bits| KeyKind::Rsa { modulus_bits }),
        any::<Option<u64>>().prop_map(|field_bits| KeyKind::Ec { field_bits }),
    ]
}

fn survives<E: Entry + PartialEq + std::fmt::Debug>(entry: E) {
    let data = entry.encode();
    assert_eq!(decode_all::<E>(&data).unwrap(), vec![entry]);
}

proptest! {
    #[test]
    fn every_entry_survives_encoding(
        common in common(), key in key(), kind in kind(), path in path(), id in bytes(),
        flags: u32, lengths: (u64, u64, Option<u64>), reference: u64, authority: bool,
        application in prop::option::of("\\PC{0,20}"), other in prop::option::of(bytes()),
        at in 0_usize..9,
    ) {
        survives(DirectoryEntry { kind: ObjectKind::ALL[at], path: path.clone() });
        survives(PrivateKey {
            half: Private, common: common.clone(), key: key.clone(), path: path.clone(), kind,
        });
        survives(PublicKey {
            half: Public, common: common.clone(), key, path: path.clone(), kind,
        });
        survives(Certificate {
            common: common.clone(), id: id.clone(), authority, path: path.clone(),
        });
        survives(DataObject {
            common: common.clone(), application: application.clone(), oid: other.clone(),
            path: path.clone(),
        });
        survives(Application { aid: id.clone(), label: application.clone(), path: other.clone() });
        survives(Pin {
            common, auth_id: id, flags: NamedBits(flags), kind: PinType::Utf8,
            min_length: lengths.0, stored_length: lengths.1, max_length: lengths.2,
            reference, pad: other.clone(), path: Some(path),
        });
        let info = TokenInfo {
            version: reference, serial_number: other, manufacturer: application.clone(),
            label: application, flags: NamedBits(flags),
        };
        prop_assert_eq!(TokenInfo::decode(&info.encode()).unwrap(), info);
    }

    #[test]
    fn any_bytes_are_an_orderly_error_or_an_entry(data in prop::collection::vec(any::<u8>(), 0..99)) {
        let _ = decode_all::<Pin>(&data);
        let _ = decode_all::<PrivateKey>(&data);
        let _ = decode_all::<DataObject>(&data);
        let _ = TokenInfo::decode(&data);
        for kind in ObjectKind::ALL {
            let _ = outline::objects(&data, kind);
        }
    }
}
