//! Encrypted PINs, held against OpenSSL.

use std::path::Path;
use std::process::Command;

use getrandom::SysRng;
use perso::pinblob::{
    Accept, Content, CredentialName, OpenError, Recipient, RecipientError, open, seal,
};
use perso::pki::{Certificate, Integrity, OaepHash, Pkcs12, PrivateKey, SoftwareKeys};
use perso::secret::Secret;

/// Whether a test that needs OpenSSL can run; in CI it has to.
pub(crate) fn openssl_is_here() -> bool {
    let here = Command::new("openssl").arg("version").output().is_ok();
    assert!(here || std::env::var_os("CI").is_none(), "CI needs openssl");
    if !here {
        eprintln!("SKIPPED: openssl is not installed");
    }
    here
}

/// Runs `openssl` in `folder`; panics with its words unless it succeeds.
pub(crate) fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments}: {words}");
}

/// `k.pem` and `c.pem` in `folder`.
pub(crate) fn certify(folder: &Path, key: &str, options: &str) -> Certificate {
    openssl(
        folder,
        &format!(
            "req -x509 -newkey {key} -nodes -keyout k.pem -out c.pem -days 3 -subj /CN=PIN {options}"
        ),
    );
    Certificate::from_pem(&std::fs::read_to_string(folder.join("c.pem")).unwrap()).unwrap()
}

/// The key in `k.pem`, by way of PKCS#12.
fn keys(folder: &Path) -> SoftwareKeys<SysRng> {
    openssl(
        folder,
        "pkcs12 -export -in c.pem -inkey k.pem -passout pass:geheim -out k.p12",
    );
    let file = std::fs::read(folder.join("k.p12")).unwrap();
    let password = Secret::from("geheim".to_owned());
    let read = Pkcs12::read(&file, &password, Integrity::Required).unwrap();
    match read.key {
        PrivateKey::Rsa(key) => SoftwareKeys::new(SysRng).with(key, Some(read.certificate)),
        PrivateKey::Ec(_) => panic!("asked for RSA"),
    }
}

pub(crate) fn content() -> Content {
    let secret = |text: &str| Secret::from(text.to_owned());
    Content::new("Standard profile, Zürich")
        .with(CredentialName::Pin1, secret("83561947"))
        .with(CredentialName::Puk, secret("4711081512"))
        .with(CredentialName::Man, Secret::new(vec![0, 0xff, 0x0a, 0x0d]))
}

/// Key types, and certificate options.
const HOLDERS: [(&str, &str); 3] = [
    ("rsa:2048", "-addext keyUsage=keyEncipherment"),
    ("rsa:2048", "-addext subjectKeyIdentifier=none"),
    ("rsa:3072", ""),
];

#[test]
fn openssl_opens_what_we_seal() {
    if !openssl_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let plain = content().to_der().unwrap();
    for (key, options) in HOLDERS {
        let certificate = certify(folder, key, options);
        for hash in [OaepHash::Sha256, OaepHash::Sha1] {
            let recipient = Recipient::new(&certificate).unwrap().with_oaep_hash(hash);
            let container = seal(&content(), &[recipient], &mut SysRng).unwrap();
            std::fs::write(folder.join("blob.der"), container).unwrap();
            openssl(
                folder,
                "cms -decrypt -binary -inform DER -in blob.der -out plain -inkey k.pem",
            );
            let opened = std::fs::read(folder.join("plain")).unwrap();
            assert_eq!(opened, plain.expose(), "{key} {options} {hash}");
        }
    }
}

#[test]
fn each_of_two_recipients_opens_it_with_openssl() {
    if !openssl_is_here() {
        return;
    }
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let recipients: Vec<_> = folders
        .iter()
        .map(|folder| Recipient::new(&certify(folder.path(), "rsa:2048", "")).unwrap())
        .collect();
    let container = seal(&content(), &recipients, &mut SysRng).unwrap();
    for folder in &folders {
        std::fs::write(folder.path().join("blob.der"), &container).unwrap();
        openssl(
            folder.path(),
            "cms -decrypt -binary -inform DER -in blob.der -out plain -inkey k.pem -recip c.pem",
        );
        let opened = std::fs::read(folder.path().join("plain")).unwrap();
        assert_eq!(opened, content().to_der().unwrap().expose());
    }
}

pub(crate) const CIPHERS: [(&str, bool); 4] = [
    ("-aes-256-gcm", true),
    ("-aes-128-gcm", true),
    ("-aes256", false),
    ("-aes128", false),
];

pub(crate) const OAEP: [&str; 3] = [
    "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256 -keyopt rsa_mgf1_md:sha256",
    "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha1 -keyopt rsa_mgf1_md:sha1",
    "-keyopt rsa_padding_mode:oaep",
];

/// `blob.der` by OpenSSL, around our plain text.
pub(crate) fn encrypt(folder: &Path, cipher: &str, naming: &str, padding: &str) -> Vec<u8> {
    std::fs::write(folder.join("plain"), content().to_der().unwrap().expose()).unwrap();
    openssl(
        folder,
        &format!(
            "cms -encrypt -binary {cipher} -outform DER {naming} -in plain -out blob.der \
             -recip c.pem {padding}"
        ),
    );
    std::fs::read(folder.join("blob.der")).unwrap()
}

#[test]
fn we_open_what_openssl_encrypts() {
    if !openssl_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    certify(folder, "rsa:2048", "");
    let mut keys = keys(folder);
    for (cipher, is_authenticated) in CIPHERS {
        for naming in ["-keyid", ""] {
            for padding in OAEP {
                let container = encrypt(folder, cipher, naming, padding);
                let opened = open(&container, &mut keys, Accept::default());
                let opened = opened.unwrap_or_else(|error| panic!("{cipher} {padding}: {error}"));
                assert_eq!(opened.content, content(), "{cipher} {naming} {padding}");
                assert_eq!(opened.is_authenticated, is_authenticated);
            }
        }
    }
}

#[test]
fn pkcs1_padding_is_opened_only_by_leave() {
    if !openssl_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    certify(folder, "rsa:2048", "");
    let mut keys = keys(folder);
    for (cipher, _) in CIPHERS {
        let container = encrypt(folder, cipher, "-keyid", "");
        let refused = open(&container, &mut keys, Accept::default());
        assert!(matches!(refused, Err(OpenError::Pkcs1v15 { .. })));
        let opened = open(&container, &mut keys, Accept { pkcs1v15: true });
        assert_eq!(opened.unwrap().content, content(), "{cipher}");
    }
}

#[test]
fn what_we_do_not_support_is_named() {
    if !openssl_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    certify(folder, "rsa:2048", "");
    let mut keys = keys(folder);
    let mut refusal = |cipher: &str, padding: &str| {
        let container = encrypt(folder, cipher, "-keyid", padding);
        let refused = open(&container, &mut keys, Accept::default());
        refused.unwrap_err().to_string()
    };
    let hash = refusal(
        "-aes256",
        "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha512",
    );
    assert!(hash.contains("1.2.840.113549.1.1.7"), "{hash}");
    let cipher = refusal("-des3", OAEP[0]);
    assert!(cipher.contains("1.2.840.113549.3.7"), "{cipher}");
}

/// A change in the second block of AES-CBC reaches the plain text; at best it is noticed there.
/// Never is it a panic, and never is it called authenticated.
#[test]
fn changed_containers_of_openssl_are_no_more_than_they_are() {
    if !openssl_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    certify(folder, "rsa:2048", "");
    let mut keys = keys(folder);
    for (cipher, is_authenticated) in CIPHERS {
        let container = encrypt(folder, cipher, "-keyid", OAEP[0]);
        for at in (container.len() - 272..container.len()).step_by(7) {
            let mut changed = container.clone();
            changed[at] ^= 1;
            match open(&changed, &mut keys, Accept::default()) {
                Ok(opened) => assert!(!is_authenticated && !opened.is_authenticated, "{at}"),
                Err(error) => assert!(!error.to_string().contains("83561947")),
            }
        }
    }
}

#[test]
fn a_certificate_for_other_uses_is_no_recipient() {
    if !openssl_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let usage = "-addext keyUsage=digitalSignature";
    let certificate = certify(folder.path(), "rsa:2048", usage);
    let refused = Recipient::new(&certificate);
    assert_eq!(refused, Err(RecipientError::KeyUsage));
}
