//! Entries in the shapes that OpenSC was seen to accept, byte for byte.

use super::*;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn used(application: &Application, kind: ObjectKind) -> String {
    let mut directories = application.directories.iter();
    let content = &directories.find(|it| it.kind == kind).unwrap().content;
    hex(&content.0[..content.used().unwrap()])
}

#[test]
fn a_pin_as_opensc_reads_it() {
    let mut card = Layout::default().card();
    let mut application = open(&mut card);
    application.add_pin_entry(&mut card, &pin()).unwrap();
    let puk = NewPin {
        label: "PUK",
        auth_id: &[2],
        credential: number(2),
        role: PinRole::Unblocking,
        ..pin()
    };
    assert_eq!(
        used(&application, ObjectKind::AuthenticationObjects),
        concat!(
            "3037300E0C08557365722050494E030206C03003040101",
            "A120301E0302024C0A0101020104020108020108800101040100300604043F005015"
        )
    );
    application.add_pin_entry(&mut card, &puk).unwrap();
    let pins = reopen(&mut card).pins();
    assert!(
        pins[1]
            .flags
            .contains(crate::der::pkcs15::pin_flags::UNBLOCKING)
    );
    let error = application.add_pin_entry(&mut card, &pin()).unwrap_err();
    assert!(
        error.to_string().contains("has the same identifier"),
        "{error}"
    );
}

#[test]
fn a_private_key_as_opensc_reads_it() {
    let mut card = Layout::default().card();
    let mut application = open(&mut card);
    application
        .add_key_pair(&mut card, &pair(&rsa(), &guard()))
        .unwrap();
    assert_eq!(
        used(&application, ObjectKind::PrivateKeys),
        concat!(
            "303C301A0C114469676974616C205369676E6174757265030206C0040101",
            "300E04011103020430030203B8020101A10E300C300604043F00501502020800"
        )
    );
    assert_eq!(
        used(&application, ObjectKind::PublicKeys),
        concat!(
            "303430170C114469676974616C205369676E617475726503020640",
            "300704011103020003A110300E300804063F005015700002020800"
        )
    );
}

#[test]
fn an_ec_key_pair_as_opensc_reads_it() {
    let mut card = Layout::default().card();
    let mut application = open(&mut card);
    let (public, guard) = (ec(), guard());
    let pair = NewKeyPair {
        label: "EC",
        usage: KeyUsage::Both,
        non_repudiation: true,
        generated: false,
        ..pair(&public, &guard)
    };
    application.add_key_pair(&mut card, &pair).unwrap();
    assert_eq!(
        used(&application, ObjectKind::PrivateKeys),
        concat!(
            "A02E300B0C024543030206C0040101300F04011103030620C003020780020101",
            "A10E300C300604043F00501502020100"
        )
    );
}

#[test]
fn a_certificate_and_data_as_opensc_reads_them() {
    let mut card = Layout::default().card();
    let mut application = open(&mut card);
    let (guard, value) = (guard(), der(1, 30));
    for old in [3, 2, 1] {
        application
            .remove(&mut card, &old_certificate(old).0)
            .unwrap();
    }
    application
        .add_certificate(&mut card, &certificate(&value, Some(&guard)))
        .unwrap();
    // The certificate of the vendor's profile, but for the file.
    assert_eq!(
        used(&application, ObjectKind::Certificates),
        concat!(
            "302F301A0C114469676974616C205369676E6174757265030206400401013003040111",
            "A10C300A300804063F0050157000"
        )
    );
    application
        .add_data(&mut card, &data(b"blob", &guard))
        .unwrap();
    assert_eq!(
        used(&application, ObjectKind::DataObjects),
        concat!(
            "302B30140C0E456E637279707465642050494E730302064030070C05706572736F",
            "A10A300804063F0050157001"
        )
    );
}
