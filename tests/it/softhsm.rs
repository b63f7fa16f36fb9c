//! The PKCS#11 layer against a real module, SoftHSM, and its results against `pkcs11-tool`.
//!
//! A module, and the variable that configures it, belong to the whole process: every test runs
//! itself again in a process of its own, with a token store of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use getrandom::SysRng;
use perso::issuer::{DevCa, Issuer, Request};
use perso::pki::{
    Attribute, CertificateRequest, Curve, DistinguishedName, KeyKind, PrivateKey,
    SignatureAlgorithm, Signer as _, UnixTime, Validity,
};
use perso::secret::Secret;
use perso::token::pkcs11::{
    Class, DataObject, Error, KeyName, Mechanism, Module, PinState, ReturnCode, Role, Search,
    Selector, Session, Slot, Uri,
};

pub(crate) const PUK: &str = "12345678";
pub(crate) const PIN: &str = "4711-geheim";

/// Usual places of SoftHSM.
const PLACES: [&str; 6] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib64/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

pub(crate) fn softhsm() -> Option<PathBuf> {
    let named = std::env::var_os("SOFTHSM2_MODULE").map(PathBuf::from);
    named.or_else(|| PLACES.iter().map(PathBuf::from).find(|path| path.exists()))
}

/// Runs the test `name` of this file in a process of its own with an empty token store.
fn alone(name: &str, test: impl FnOnce(&Path)) {
    alone_in("softhsm", name, test);
}

/// As [`alone`], for a test of the file `room`.
pub(crate) fn alone_in(room: &str, name: &str, test: impl FnOnce(&Path)) {
    const CHILD: &str = "PERSO_TEST_CHILD";
    let Some(module) = softhsm() else {
        assert!(std::env::var_os("CI").is_none(), "CI needs SoftHSM");
        eprintln!("SKIPPED: SoftHSM is not installed (SOFTHSM2_MODULE names it)");
        return;
    };
    if std::env::var_os(CHILD).is_some_and(|child| child == name) {
        return test(&module);
    }
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let configuration = folder.path().join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nlog.level = ERROR\n",
        tokens.display()
    );
    std::fs::write(&configuration, text).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{room}::{name}"), "--nocapture"])
        .env(CHILD, name)
        .env("SOFTHSM2_CONF", configuration)
        .output()
        .unwrap();
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(
        words.contains("1 passed"),
        "{words}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Runs a program in `folder`; panics with its words unless it succeeds.
pub(crate) fn run(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("PERSO_TEST_PIN", PIN)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let words = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {words}");
    words
}

pub(crate) fn secret(text: &str) -> Secret {
    Secret::from(text.to_owned())
}

pub(crate) fn name(id: u8, label: &str) -> KeyName {
    KeyName {
        id: vec![id],
        label: label.to_owned(),
    }
}

/// A token `label` with [`PUK`] and [`PIN`].
pub(crate) fn token(module: &Module, label: &str) -> Slot {
    let blank = module
        .slots()
        .unwrap()
        .into_iter()
        .find(|slot| !slot.token.initialized);
    let slot = module
        .init_token(blank.unwrap().id, &secret(PUK), label)
        .unwrap();
    module.unblock(slot.id, &secret(PUK), &secret(PIN)).unwrap();
    slot
}

pub(crate) fn user(module: &Module, slot: &Slot) -> Session {
    let session = module.open(slot.id).unwrap();
    session.login(Role::User, &secret(PIN)).unwrap();
    session
}

pub(crate) fn subject() -> DistinguishedName {
    DistinguishedName::new([Attribute::CommonName("Ada".to_owned())]).unwrap()
}

pub(crate) fn now() -> UnixTime {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UnixTime::from_seconds(since_epoch.unwrap().as_secs())
}

/// The code and the words of a failed call; no PIN is among them.
fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ReturnCode {
    let error = result.unwrap_err();
    let words = format!("{error} {error:?}");
    assert!(!words.contains(PIN) && !words.contains(PUK), "{words}");
    error.code().unwrap_or_else(|| panic!("{words}"))
}

#[test]
fn a_token_is_personalised() {
    alone("a_token_is_personalised", |path| {
        let module = Module::load(path).unwrap();
        assert_eq!(module.info().unwrap().manufacturer, "SoftHSM");
        let slot = token(&module, "Card");
        let session = user(&module, &slot);
        let mut ca = DevCa::new(&mut SysRng, Validity::days_from(now(), 30), 10).unwrap();

        for (id, kind) in [
            (1, KeyKind::Rsa { bits: 2048 }),
            (2, KeyKind::Ec(Curve::P256)),
            (3, KeyKind::Ec(Curve::P384)),
        ] {
            let name = name(id, &format!("key {kind}"));
            let pair = session.generate_key_pair(kind, &name).unwrap();
            let mut signer = session.signer(pair).unwrap();
            let request = Request {
                certificate_request: CertificateRequest::build(&subject(), &mut signer).unwrap(),
                name: "1-A.obtain".to_owned(),
                template: "User".to_owned(),
                now: now(),
            };
            let issued = ca.issue(&request).unwrap();
            assert!(issued.certificate.is_for(&signer.public_key()));
            let object = session
                .create_certificate(&issued.certificate, &name)
                .unwrap();
            assert_eq!(
                session.read_certificate(object).unwrap(),
                issued.certificate
            );
            assert_eq!(session.name(object).unwrap(), name);
        }

        let data = DataObject {
            label: "Encrypted PINs".to_owned(),
            value: Secret::new(vec![0x5a; 700]),
            application: Some("perso".to_owned()),
            object_id: Some(vec![6, 3, 0x2a, 3, 4]),
            private: Some(false),
            ..DataObject::default()
        };
        let object = session.create_data(&data).unwrap();
        assert_eq!(session.read_data(object).unwrap(), data.value);
        drop(session);
        drop(module);
        verify_with_other_tools(path, &ca, data.value.expose());
    });
}

fn verify_with_other_tools(module: &Path, ca: &DevCa, data: &[u8]) {
    for program in ["pkcs11-tool", "openssl"] {
        let missing = Command::new(program).arg("--version").output().is_err();
        if missing && std::env::var_os("CI").is_none() {
            eprintln!("SKIPPED: {program} is not installed, nothing checks the token");
            return;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let tool = |arguments: &[&str]| {
        let module = [
            "--module",
            module.to_str().unwrap(),
            "--token-label",
            "Card",
        ];
        run(folder, "pkcs11-tool", &[&module, arguments].concat())
    };
    let openssl = |arguments: &str| {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        run(folder, "openssl", &arguments)
    };
    let login = ["--login", "--pin", "env:PERSO_TEST_PIN"];
    let objects = tool(&[&login[..], &["--list-objects"]].concat());
    for class in [
        "Private Key Object",
        "Public Key Object",
        "Certificate Object",
    ] {
        assert_eq!(objects.matches(class).count(), 3, "{objects}");
    }
    assert!(objects.contains("never extractable"), "{objects}");

    std::fs::write(folder.join("ca.pem"), ca.certificate().to_pem().unwrap()).unwrap();
    for (id, mechanism, hash) in [
        ("01", "SHA256-RSA-PKCS", "-sha256"),
        ("02", "ECDSA", "-sha256"),
        ("03", "ECDSA", "-sha384"),
    ] {
        tool(&["--read-object", "--type", "cert", "--id", id, "-o", "c.der"]);
        openssl("x509 -inform der -in c.der -out c.pem");
        openssl("verify -CAfile ca.pem c.pem");

        // The private key on the token is the one that the certificate is for.
        std::fs::write(folder.join("message"), "message").unwrap();
        openssl("x509 -in c.pem -noout -pubkey -out pub.pem");
        openssl(&format!("dgst {hash} -binary -out hash message"));
        let signed = if mechanism == "ECDSA" {
            "hash"
        } else {
            "message"
        };
        let sign = [
            "--sign",
            "-m",
            mechanism,
            "--id",
            id,
            "-i",
            signed,
            "-o",
            "signature",
        ];
        let format = ["--signature-format", "openssl"];
        tool(&[&login[..], &sign, &format].concat());
        openssl(&format!(
            "dgst {hash} -verify pub.pem -signature signature message"
        ));
    }

    tool(&[
        "--read-object",
        "--type",
        "data",
        "--label",
        "Encrypted PINs",
        "-o",
        "data",
    ]);
    assert_eq!(std::fs::read(folder.join("data")).unwrap(), data);
}

#[test]
fn keys_from_outside_are_imported() {
    alone("keys_from_outside_are_imported", |path| {
        let module = Module::load(path).unwrap();
        let session = user(&module, &token(&module, "Card"));
        for kind in [
            KeyKind::Rsa { bits: 2048 },
            KeyKind::Ec(Curve::P256),
            KeyKind::Ec(Curve::P384),
        ] {
            let key = PrivateKey::generate(kind, &mut SysRng).unwrap();
            let name = name(7, &kind.to_string());
            let public = session.create_public_key(&key.public_key(), &name).unwrap();
            assert_eq!(session.public_key(public).unwrap(), key.public_key());
            let private = session.import_private_key(&key, &name, None).unwrap();

            let mut signer = session
                .signer(perso::token::pkcs11::KeyPair { public, private })
                .unwrap();
            let request = CertificateRequest::build(&subject(), &mut signer).unwrap();
            assert_eq!(request.verify(), Ok(()), "{kind}");

            let algorithm = SignatureAlgorithm::for_key(&key.public_key());
            let to_be_signed = algorithm.to_be_signed(b"message").unwrap();
            let signature = session
                .sign(private, &key.public_key(), &to_be_signed)
                .unwrap();
            assert!(!signature.is_empty());
        }
    });
}

#[test]
fn pins_are_set_changed_and_unblocked() {
    alone("pins_are_set_changed_and_unblocked", |path| {
        let module = Module::load(path).unwrap();
        let blank = module.slots().unwrap().remove(0);
        let slot = module.init_token(blank.id, &secret(PUK), "Card").unwrap();
        assert!(slot.token.initialized && !slot.token.user_pin_initialized);
        let session = module.open(slot.id).unwrap();
        let too_early = session.login(Role::User, &secret(PIN));
        assert_eq!(code(too_early), ReturnCode::USER_PIN_NOT_INITIALIZED);
        drop(session);

        module.unblock(slot.id, &secret(PUK), &secret(PIN)).unwrap();
        let info = module.token_info(slot.id).unwrap();
        assert!(info.user_pin_initialized);
        assert_eq!(info.user_pin, PinState::Good);
        assert!(info.pin_length.contains(&PIN.len()));

        let session = module.open(slot.id).unwrap();
        let wrong = session.login(Role::User, &secret("000000"));
        assert_eq!(code(wrong), ReturnCode::PIN_INCORRECT);
        assert_eq!(
            module.token_info(slot.id).unwrap().user_pin,
            PinState::CountLow
        );

        session.set_pin(&secret(PIN), &secret("another")).unwrap();
        let old = session.login(Role::User, &secret(PIN));
        assert_eq!(code(old), ReturnCode::PIN_INCORRECT);
        session.login(Role::User, &secret("another")).unwrap();
        let officer = session.login(Role::SecurityOfficer, &secret(PUK));
        assert_eq!(code(officer), ReturnCode::USER_ANOTHER_ALREADY_LOGGED_IN);
        session.logout().unwrap();
        drop(session);

        let wrong = module.unblock(slot.id, &secret("00000000"), &secret(PIN));
        assert_eq!(code(wrong), ReturnCode::PIN_INCORRECT);
        let short = module.unblock(slot.id, &secret(PUK), &secret("1"));
        assert_eq!(code(short), ReturnCode::PIN_LEN_RANGE);
        module.unblock(slot.id, &secret(PUK), &secret(PIN)).unwrap();
        user(&module, &slot);

        let binary = Secret::new(vec![0xff, 0xfe, 0xfd, 0xfc]);
        let refused = module.unblock(slot.id, &secret(PUK), &binary);
        assert!(matches!(refused, Err(Error::PinNotText)));

        // As security officer `C_SetPIN` changes the PUK.
        let session = module.open(slot.id).unwrap();
        session.login(Role::SecurityOfficer, &secret(PUK)).unwrap();
        session.set_pin(&secret(PUK), &secret("87654321")).unwrap();
        drop(session);
        module
            .unblock(slot.id, &secret("87654321"), &secret(PIN))
            .unwrap();
    });
}

#[test]
fn tokens_are_found_by_what_does_not_move() {
    alone("tokens_are_found_by_what_does_not_move", |path| {
        let module = Module::load(path).unwrap();
        let blank = module.slots().unwrap().remove(0);
        let first = module.init_token(blank.id, &secret(PUK), "Card").unwrap();
        let label = |label: &str| Selector {
            label: Some(label.to_owned()),
            ..Selector::default()
        };
        assert_eq!(module.find(&label("Card")).unwrap(), first);

        // SoftHSM gives the token another slot when it starts again.
        drop(module);
        let module = Module::load(path).unwrap();
        let moved = module.find(&label("Card")).unwrap();
        assert_ne!(moved.id, first.id);
        assert_eq!(moved.token.serial, first.token.serial);

        let second = token(&module, "Card");
        assert_ne!(second.token.serial, first.token.serial);
        let ambiguous = module.find(&label("Card")).unwrap_err().to_string();
        for serial in [&first.token.serial, &second.token.serial] {
            assert!(ambiguous.contains(serial.as_str()), "{ambiguous}");
        }
        let uri = format!("pkcs11:token=Card;serial={}", second.token.serial);
        let found = module
            .find(&Selector::from(&Uri::parse(&uri).unwrap()))
            .unwrap();
        assert_eq!(found.id, second.id);

        let missing = module.find(&label("Karte")).unwrap_err().to_string();
        assert!(
            missing.contains("label `Karte`") && missing.contains("`Card`"),
            "{missing}"
        );

        // Initialised again it is the same token, empty, whatever its label.
        let session = user(&module, &second);
        session
            .generate_key_pair(KeyKind::Ec(Curve::P256), &name(1, "key"))
            .unwrap();
        let open = module.init_token(second.id, &secret(PUK), "Card");
        assert_eq!(code(open), ReturnCode::SESSION_EXISTS);
        drop(session);
        let wrong = module.init_token(second.id, &secret("00000000"), "Card");
        assert_eq!(code(wrong), ReturnCode::PIN_INCORRECT);
        let again = module.init_token(second.id, &secret(PUK), "Card").unwrap();
        assert_ne!(again.token.serial, first.token.serial);
        let session = module.open(again.id).unwrap();
        assert!(session.find(&Search::default()).unwrap().is_empty());

        let long = module.init_token(blank.id, &secret(PUK), &"x".repeat(33));
        assert!(matches!(long, Err(Error::LabelTooLong(_))));
    });
}

#[test]
fn objects_are_found_renamed_and_destroyed() {
    alone("objects_are_found_renamed_and_destroyed", |path| {
        let module = Module::load(path).unwrap();
        let slot = token(&module, "Card");
        let session = user(&module, &slot);
        let kind = KeyKind::Ec(Curve::P256);
        let pair = session.generate_key_pair(kind, &name(1, "old")).unwrap();
        let by = |class, label: &str| Search {
            class: Some(class),
            label: Some(label.to_owned()),
            ..Search::default()
        };
        assert_eq!(
            session.find(&by(Class::PublicKey, "old")).unwrap(),
            [pair.public]
        );
        assert_eq!(
            session.find(&by(Class::PrivateKey, "old")).unwrap(),
            [pair.private]
        );
        assert!(
            session
                .find(&by(Class::Certificate, "old"))
                .unwrap()
                .is_empty()
        );
        let by_id = Search {
            id: Some(vec![1]),
            ..Search::default()
        };
        assert_eq!(session.find(&by_id).unwrap().len(), 2);

        session.rename(pair.public, &name(2, "new")).unwrap();
        assert_eq!(
            session.find(&by(Class::PublicKey, "new")).unwrap(),
            [pair.public]
        );
        assert!(matches!(
            session.read_certificate(pair.public),
            Err(Error::MissingAttribute("CKA_VALUE"))
        ));
        assert!(matches!(
            session.read_data(pair.private),
            Err(Error::MissingAttribute(_))
        ));

        session.destroy(pair.public).unwrap();
        assert_eq!(
            code(session.destroy(pair.public)),
            ReturnCode::OBJECT_HANDLE_INVALID
        );
        session.logout().unwrap();
        let private = session.find(&by(Class::PrivateKey, "old")).unwrap();
        assert!(private.is_empty(), "private objects hide without a login");
        let key = session.generate_key_pair(kind, &name(3, "x"));
        assert_eq!(code(key), ReturnCode::USER_NOT_LOGGED_IN);
        drop(session);
        assert!(
            module
                .open(slot.id)
                .unwrap()
                .find(&Search::default())
                .unwrap()
                .is_empty()
        );
    });
}

#[test]
fn capabilities_are_told_before_anything_is_written() {
    alone("capabilities_are_told_before_anything_is_written", |path| {
        let module = Module::load(path).unwrap();
        let slot = module.slots().unwrap().remove(0);
        assert_eq!(module.mechanisms(slot.id).unwrap(), Mechanism::ALL);
        let rsa = module
            .key_bits(slot.id, Mechanism::RsaPkcsKeyPairGen)
            .unwrap();
        assert!(rsa.contains(&2048) && !rsa.contains(&(1 << 20)), "{rsa:?}");
        assert!(
            module
                .key_bits(slot.id, Mechanism::Ecdsa)
                .unwrap()
                .contains(&384)
        );
    });
}

#[test]
fn a_module_is_loaded_once_and_can_be_loaded_again() {
    alone("a_module_is_loaded_once_and_can_be_loaded_again", |path| {
        let module = Module::load(path).unwrap();
        let second = Module::load(path);
        assert_eq!(code(second), ReturnCode::CRYPTOKI_ALREADY_INITIALIZED);
        let session = module.open(module.slots().unwrap()[0].id);
        drop(module);
        drop(session);
        Module::load(path).unwrap();
    });
}

#[test]
fn files_that_are_no_modules_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let why = |path: &Path| Module::load(path).unwrap_err().to_string();

    let missing = why(&folder.path().join("missing.so"));
    assert!(
        missing.ends_with("missing.so` cannot be loaded: there is no such file"),
        "{missing}"
    );
    let text = why(&file("text.so", b"This is a text, not a library."));
    assert!(text.contains("no library"), "{text}");
    assert!(why(folder.path()).contains("a folder"));
    let bare = why(Path::new("no-such-module-anywhere.so"));
    assert!(bare.contains("cannot be loaded"), "{bare}");

    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        let mut elf32 = vec![0; 64];
        elf32[..7].copy_from_slice(&[0x7f, b'E', b'L', b'F', 1, 1, 1]);
        elf32[16..21].copy_from_slice(&[3, 0, 3, 0, 1]);
        let small = why(&file("small.so", &elf32));
        assert!(
            small.contains("32-bit library") && small.contains("64-bit one"),
            "{small}"
        );
        let damaged = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let damaged = why(&file("damaged.so", &damaged[..4096]));
        assert!(
            damaged.contains("the file is cut off: it has 4096 bytes"),
            "{damaged}"
        );
        let libc = why(Path::new("libc.so.6"));
        assert!(libc.contains("no PKCS#11 module"), "{libc}");
    }
}
