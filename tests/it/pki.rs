//! Requests, certificates and PKCS#12 files, held against OpenSSL.

use std::path::Path;
use std::process::Command;

use getrandom::SysRng;
use perso::issuer::{DevCa, Issuer, Request};
use perso::pki::{
    Attribute, Certificate, CertificateRequest, Curve, DistinguishedName, Integrity, KeyKind,
    Pkcs12, Pkcs12Error, PrivateKey, UnixTime, Validity,
};
use perso::secret::Secret;

const KINDS: [KeyKind; 3] = [
    KeyKind::Rsa { bits: 2048 },
    KeyKind::Ec(Curve::P256),
    KeyKind::Ec(Curve::P384),
];

/// Whether a test that needs OpenSSL can run; in CI it has to.
fn openssl_is_here() -> bool {
    let here = Command::new("openssl").arg("version").output().is_ok();
    assert!(here || std::env::var_os("CI").is_none(), "CI needs openssl");
    if !here {
        eprintln!("SKIPPED: openssl is not installed");
    }
    here
}

/// Runs `openssl` in `folder`; panics with its words unless it succeeds.
fn openssl(folder: &Path, arguments: &str) -> String {
    let output = Command::new("openssl")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments}: {words}");
    words
}

fn now() -> UnixTime {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UnixTime::from_seconds(since_epoch.unwrap().as_secs())
}

fn subject() -> DistinguishedName {
    DistinguishedName::new([
        Attribute::Country("CH".to_owned()),
        Attribute::Organization("Example & Söhne".to_owned()),
        Attribute::SerialNumber("000417".to_owned()),
        Attribute::CommonName("Ada Lovelace".to_owned()),
    ])
    .unwrap()
}

fn request(key: &mut PrivateKey) -> Request {
    Request {
        certificate_request: CertificateRequest::build(&subject(), key).unwrap(),
        name: "1-A.obtain".to_owned(),
        template: "User".to_owned(),
        now: now(),
    }
}

fn password(text: &str) -> Secret {
    Secret::from(text.to_owned())
}

#[test]
fn openssl_verifies_our_requests() {
    if !openssl_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for kind in KINDS {
        let mut key = PrivateKey::generate(kind, &mut SysRng).unwrap();
        let request = request(&mut key).certificate_request;
        std::fs::write(folder.path().join("x.csr"), request.der()).unwrap();
        let words = openssl(
            folder.path(),
            "req -inform der -in x.csr -noout -verify -subject",
        );
        assert!(words.contains("verify OK"), "{kind}: {words}");
        assert!(words.contains("CN = Ada Lovelace"), "{kind}: {words}");

        std::fs::write(folder.path().join("x.pem"), request.to_pem().unwrap()).unwrap();
        openssl(folder.path(), "req -in x.pem -noout -verify");
    }
}

#[test]
fn we_verify_the_requests_of_openssl() {
    if !openssl_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for key in ["rsa:2048", "ec -pkeyopt ec_paramgen_curve:P-256"] {
        openssl(
            folder.path(),
            &format!("req -newkey {key} -nodes -keyout k.pem -subj /CN=Ada -out x.csr"),
        );
        let pem = std::fs::read_to_string(folder.path().join("x.csr")).unwrap();
        let request = CertificateRequest::from_pem(&pem).unwrap();
        assert_eq!(request.verify(), Ok(()));
        assert_eq!(request.subject().to_string(), "CN=Ada");
    }
}

#[test]
fn openssl_verifies_the_certificates_of_the_development_ca() {
    if !openssl_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut ca = DevCa::new(&mut SysRng, Validity::days_from(now(), 30), 10).unwrap();
    let path = |name| folder.path().join(name);
    std::fs::write(path("ca.pem"), ca.certificate().to_pem().unwrap()).unwrap();
    for kind in KINDS {
        let mut key = PrivateKey::generate(kind, &mut SysRng).unwrap();
        let issued = ca.issue(&request(&mut key)).unwrap();
        std::fs::write(path("x.pem"), issued.certificate.to_pem().unwrap()).unwrap();
        openssl(folder.path(), "verify -x509_strict -CAfile ca.pem x.pem");
        let words = openssl(folder.path(), "x509 -in x.pem -noout -text");
        for expected in [
            "CA:FALSE",
            "Subject Key Identifier",
            "Authority Key Identifier",
        ] {
            assert!(words.contains(expected), "{kind}: {words}");
        }
    }
    let words = openssl(folder.path(), "x509 -in ca.pem -noout -text");
    assert!(
        words.contains("not for production") && words.contains("CA:TRUE"),
        "{words}"
    );
}

/// A key and its certificate in `folder`, as `k.pem` and `c.pem`, made by OpenSSL.
fn key_and_certificate(folder: &Path, key: &str) -> Certificate {
    openssl(
        folder,
        &format!("req -x509 -newkey {key} -nodes -keyout k.pem -subj /CN=Ada -days 3 -out c.pem"),
    );
    Certificate::from_pem(&std::fs::read_to_string(folder.join("c.pem")).unwrap()).unwrap()
}

fn export(folder: &Path, options: &str) -> Vec<u8> {
    openssl(
        folder,
        &format!("pkcs12 -export -in c.pem -inkey k.pem -passout pass:geheim {options} -out x.p12"),
    );
    std::fs::read(folder.join("x.p12")).unwrap()
}

const PROTECTIONS: [&str; 5] = [
    "",
    "-macalg sha512",
    "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1",
    "-legacy",
    "-keypbe NONE -certpbe NONE",
];

#[test]
fn pkcs12_files_of_openssl_are_read() {
    if !openssl_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for key in [
        "rsa:2048",
        "ec -pkeyopt ec_paramgen_curve:P-256",
        "ec -pkeyopt ec_paramgen_curve:P-384",
    ] {
        let certificate = key_and_certificate(folder.path(), key);
        for protection in PROTECTIONS {
            let file = export(folder.path(), protection);
            let read = Pkcs12::read(&file, &password("geheim"), Integrity::Required);
            let read = read.unwrap_or_else(|error| panic!("{key} {protection}: {error}"));
            assert_eq!(read.certificate, certificate);
            assert!(certificate.is_for(&read.key.public_key()));
            assert!(read.chain.is_empty());
        }
    }
}

#[test]
fn pkcs12_files_that_cannot_be_used_say_why() {
    if !openssl_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    key_and_certificate(folder, "rsa:2048");
    let read = |file: &[u8], word: &str, integrity| {
        Pkcs12::read(file, &password(word), integrity).map(|_| ())
    };

    for protection in PROTECTIONS {
        let mut file = export(folder, protection);
        let wrong = read(&file, "falsch", Integrity::Required);
        assert_eq!(wrong, Err(Pkcs12Error::WrongPassword), "{protection}");
        let middle = file.len() / 2;
        file[middle] ^= 1;
        let changed = read(&file, "geheim", Integrity::Required);
        assert_eq!(changed, Err(Pkcs12Error::WrongPassword), "{protection}");
        let cut = read(&file[..middle], "geheim", Integrity::Required);
        assert_eq!(cut, Err(Pkcs12Error::Damaged), "{protection}");
    }

    let file = export(folder, "-nomac");
    assert_eq!(
        read(&file, "geheim", Integrity::Required),
        Err(Pkcs12Error::NoMac)
    );
    assert_eq!(read(&file, "geheim", Integrity::Optional), Ok(()));
    let wrong = read(&file, "falsch", Integrity::Optional);
    assert_eq!(wrong, Err(Pkcs12Error::WrongPassword));

    let file = export(folder, "-nokeys");
    assert_eq!(
        read(&file, "geheim", Integrity::Required),
        Err(Pkcs12Error::NoKey)
    );
    openssl(
        folder,
        "pkcs12 -export -nocerts -inkey k.pem -passout pass:geheim -out x.p12",
    );
    let file = std::fs::read(folder.join("x.p12")).unwrap();
    assert_eq!(
        read(&file, "geheim", Integrity::Required),
        Err(Pkcs12Error::NoCertificate)
    );
}

#[test]
fn an_archived_key_and_its_chain_travel_as_pkcs12() {
    let mut ca = DevCa::new(&mut SysRng, Validity::days_from(now(), 30), 10).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for kind in KINDS {
        let mut key = PrivateKey::generate(kind, &mut SysRng).unwrap();
        let issued = ca.issue(&request(&mut key)).unwrap();
        let archived = Pkcs12 {
            key,
            certificate: issued.certificate,
            chain: issued.chain,
        };
        let file = archived.write("Ada", &password("geheim")).unwrap();
        let read = Pkcs12::read(file.expose(), &password("geheim"), Integrity::Required);
        assert_eq!(read.as_ref(), Ok(&archived), "{kind}");
        if openssl_is_here() {
            std::fs::write(folder.path().join("x.p12"), file.expose()).unwrap();
            let words = openssl(folder.path(), "pkcs12 -in x.p12 -passin pass:geheim -nodes");
            assert!(words.contains("BEGIN PRIVATE KEY"), "{kind}");
            assert_eq!(words.matches("BEGIN CERTIFICATE").count(), 2, "{kind}");
        }
    }
}
