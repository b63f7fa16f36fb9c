//! Encrypted PINs and keys in a hardware security module, SoftHSM, held against OpenSSL.

use std::path::Path;

use getrandom::SysRng;
use perso::issuer::{DevCa, Issuer as _, Request};
use perso::pinblob::{Accept, OpenError, Recipient, open, seal};
use perso::pki::{
    Certificate, CertificateRequest, DecryptError, Integrity, KeyKind, OaepHash, Pkcs12, Validity,
};
use perso::token::pkcs11::{Error, Module, Selector};
use perso::token::{HsmKeys, HsmPlace};

use crate::pinblob::{CIPHERS, OAEP, certify, content, encrypt, openssl, openssl_is_here};
use crate::sandbox::Sandbox;
use crate::softhsm::{PIN, PUK, alone_in, name, now, run, secret, softhsm, subject, token, user};

fn hsm() -> Selector {
    Selector {
        label: Some("HSM".to_owned()),
        ..Selector::default()
    }
}

/// The keys of `alias` on the only token, opened with `pin`.
fn keys(module: &Path, alias: Option<&str>, pin: &str) -> HsmKeys {
    let mut keys = HsmKeys::default();
    let place = HsmPlace {
        module: module.to_owned(),
        token: hsm(),
        alias: alias.map(str::to_owned),
    };
    keys.add(&place, || Ok::<_, Error>(secret(pin))).unwrap();
    keys
}

/// A token `HSM` with the key of `k.pem` and its certificate, as `pinKeyA`.
fn import(module: &Module, folder: &Path, certificate: &Certificate) {
    openssl(
        folder,
        "pkcs12 -export -in c.pem -inkey k.pem -passout pass:geheim -out k.p12",
    );
    let file = std::fs::read(folder.join("k.p12")).unwrap();
    let read = Pkcs12::read(&file, &secret("geheim"), Integrity::Required).unwrap();
    let slot = token(module, "HSM");
    let session = user(module, &slot);
    let named = name(1, "pinKeyA");
    session
        .import_private_key(&read.key, &named, Some(certificate))
        .unwrap();
    session.create_certificate(certificate, &named).unwrap();
}

/// A key that the token makes, as `pinKeyB`; its certificate goes to `c.pem` only.
fn generate(module: &Module, folder: &Path) -> Certificate {
    let slot = module.find(&hsm()).unwrap();
    let session = user(module, &slot);
    let pair = session
        .generate_key_pair(KeyKind::Rsa { bits: 2048 }, &name(2, "pinKeyB"))
        .unwrap();
    let mut signer = session.signer(pair).unwrap();
    let mut ca = DevCa::new(&mut SysRng, Validity::days_from(now(), 30), 10).unwrap();
    let request = Request {
        certificate_request: CertificateRequest::build(&subject(), &mut signer).unwrap(),
        name: "1-A.obtain".to_owned(),
        template: "User".to_owned(),
        now: now(),
    };
    let certificate = ca.issue(&request).unwrap().certificate;
    std::fs::write(folder.join("c.pem"), certificate.to_pem().unwrap()).unwrap();
    certificate
}

/// Whatever OpenSSL encrypts to the certificate in `folder`, and whatever we do.
fn opens_both(keys: &mut HsmKeys, folder: &Path, certificate: &Certificate) {
    for (cipher, _) in CIPHERS {
        for padding in OAEP {
            let container = encrypt(folder, cipher, "-keyid", padding);
            let opened = open(&container, keys, Accept::default());
            let opened = opened.unwrap_or_else(|error| panic!("{cipher} {padding}: {error}"));
            assert_eq!(opened.content, content(), "{cipher} {padding}");
        }
    }
    for hash in [OaepHash::Sha256, OaepHash::Sha1] {
        let recipient = Recipient::new(certificate).unwrap().with_oaep_hash(hash);
        let container = seal(&content(), &[recipient], &mut SysRng).unwrap();
        let opened = open(&container, keys, Accept::default()).unwrap();
        assert_eq!(opened.content, content(), "{hash}");
        std::fs::write(folder.join("ours.der"), container).unwrap();
    }
}

#[test]
fn an_hsm_and_openssl_open_the_same() {
    if !openssl_is_here() {
        return;
    }
    alone_in("hsm", "an_hsm_and_openssl_open_the_same", |path| {
        let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let [imported, made, foreign] = folders.each_ref().map(tempfile::TempDir::path);
        let module = Module::load(path).unwrap();
        let first = certify(imported, "rsa:2048", "");
        import(&module, imported, &first);
        let second = generate(&module, made);
        drop(module);

        let mut all = keys(path, None, PIN);
        opens_both(&mut all, imported, &first);
        openssl(
            imported,
            "cms -decrypt -binary -inform DER -in ours.der -out opened -inkey k.pem",
        );
        let opened = std::fs::read(imported.join("opened")).unwrap();
        assert_eq!(opened, content().to_der().unwrap().expose());
        opens_both(&mut all, made, &second);
        let named = encrypt(imported, "-aes-256-gcm", "", OAEP[0]);
        assert!(open(&named, &mut all, Accept::default()).is_ok());

        certify(foreign, "rsa:2048", "");
        let unknown = encrypt(foreign, "-aes-256-gcm", "-keyid", OAEP[0]);
        let refused = open(&unknown, &mut all, Accept::default()).unwrap_err();
        let words = refused.to_string();
        assert!(
            words.starts_with("no decryption key found matching #"),
            "{words}"
        );
        drop(all);

        let mut one = keys(path, Some("pinKeyB"), PIN);
        let theirs = encrypt(imported, "-aes-256-gcm", "-keyid", OAEP[0]);
        let refused = open(&theirs, &mut one, Accept::default());
        assert!(matches!(refused, Err(OpenError::NoKey(_))), "{refused:?}");
        changed_containers_are_refused(&mut one, made);
    });
}

/// The content key of a container begins where the key's name and algorithm end.
fn changed_containers_are_refused(keys: &mut HsmKeys, folder: &Path) {
    for padding in &OAEP[..2] {
        let container = encrypt(folder, "-aes-256-gcm", "-keyid", padding);
        for at in (1..container.len()).step_by(41) {
            let mut changed = container.clone();
            changed[at] ^= 1;
            let refused = open(&changed, keys, Accept::default());
            assert!(refused.is_err(), "byte {at}");
        }
    }
}

#[test]
fn a_wrong_pin_is_tried_once() {
    if !openssl_is_here() {
        return;
    }
    const WRONG: &str = "canary-0815";
    alone_in("hsm", "a_wrong_pin_is_tried_once", |path| {
        let folder = tempfile::tempdir().unwrap();
        let module = Module::load(path).unwrap();
        let certificate = certify(folder.path(), "rsa:2048", "");
        import(&module, folder.path(), &certificate);
        drop(module);
        let container = encrypt(folder.path(), "-aes-256-gcm", "-keyid", OAEP[0]);

        let mut keys = keys(path, None, WRONG);
        assert!(!format!("{keys:?}").contains("canary"));
        let refused = open(&container, &mut keys, Accept::default()).unwrap_err();
        let words = format!("{refused} {refused:?}");
        assert!(words.contains("CKR_PIN_INCORRECT"), "{words}");
        assert!(!words.contains("canary"), "{words}");
        let login = |error: &OpenError| {
            matches!(
                error,
                OpenError::Decrypt {
                    reason: DecryptError::Login { .. },
                    ..
                }
            )
        };
        assert!(login(&refused));

        // Were it tried again, it would be right now.
        let module = path.to_str().unwrap();
        let change = [
            "--module",
            module,
            "--token-label",
            "HSM",
            "--login",
            "--login-type",
            "so",
        ];
        let pins = ["--so-pin", PUK, "--init-pin", "--new-pin", WRONG];
        run(folder.path(), "pkcs11-tool", &[&change[..], &pins].concat());
        let again = open(&container, &mut keys, Accept::default()).unwrap_err();
        assert_eq!(again, refused);
    });
}

/// A card by `examples/encrypted-pins`, prepared for the key in an HSM.
struct Bench {
    sandbox: Sandbox,
}

impl Bench {
    fn new() -> Option<Self> {
        softhsm().filter(|_| openssl_is_here())?;
        let mut sandbox = Sandbox::new().file("tokens/.keep", "");
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/encrypted-pins");
        for name in [
            "perso.toml",
            "prepare.dsc",
            "prepare.job.toml",
            "prepared.cpf",
            "read-pins.dsc",
        ] {
            sandbox = sandbox.file(name, std::fs::read(example.join(name)).unwrap());
        }
        let tokens = sandbox.path("tokens");
        let text = format!("directories.tokendir = {}\n", tokens.display());
        let sandbox = sandbox.file("softhsm2.conf", text);
        let folder = sandbox.path("");
        certify(&folder, "rsa:2048", "");
        std::fs::rename(folder.join("c.pem"), folder.join("pin-encryption.pem")).unwrap();
        openssl(&folder, "pkcs8 -topk8 -nocrypt -in k.pem -out k.p8");
        let bench = Self { sandbox };
        bench.tool(&format!(
            "--init-token --free --label HSM --so-pin {PUK} --pin {PIN}"
        ));
        bench.tool(&format!(
            "--import k.p8 --token HSM --label pinKeyB --id 01 --pin {PIN}"
        ));
        Some(bench)
    }

    /// The number that SoftHSM gave the slot of the token.
    fn slot(&self) -> String {
        let slots = self.tool("--show-slots");
        let blocks: Vec<_> = slots.split("\nSlot ").skip(1).collect();
        let own = blocks.iter().find(|block| block.contains("HSM"));
        own.unwrap().lines().next().unwrap().trim().to_owned()
    }

    fn tool(&self, arguments: &str) -> String {
        let output = std::process::Command::new("softhsm2-util")
            .args(arguments.split_whitespace())
            .current_dir(self.sandbox.path(""))
            .env("SOFTHSM2_CONF", self.sandbox.path("softhsm2.conf"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a description on the card in `card.img`; no PIN of the HSM is in what it tells.
    fn run(&self, description: &str, job: &str, pin: &str) -> (i32, String) {
        let arguments = [
            "run",
            description,
            "--job",
            job,
            "--token",
            "sim:card.img",
            "--secret-outputs",
            "secret.json",
            "--report",
            "report.json",
        ];
        let output = self
            .sandbox
            .perso(&arguments)
            .env("SOFTHSM2_CONF", self.sandbox.path("softhsm2.conf"))
            .env("USER_PUK", "13579135")
            .env("HSM_PIN", pin)
            .output()
            .unwrap();
        let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let report = std::fs::read_to_string(self.sandbox.path("report.json")).unwrap_or_default();
        assert!(
            !told.contains(pin) && !report.contains(pin),
            "{told}{report}"
        );
        (output.status.code().unwrap(), told)
    }

    fn job(&self, keys: &str) {
        let module = softhsm().unwrap();
        let module = module.display();
        let text = format!("[pin-decryption]\nkeys = [{{ module = '{module}', {keys} }}]\n");
        std::fs::write(self.sandbox.path("read.toml"), text).unwrap();
    }

    fn puk(&self) -> serde_json::Value {
        let text = std::fs::read(self.sandbox.path("secret.json")).unwrap();
        let outputs: serde_json::Value = serde_json::from_slice(&text).unwrap();
        outputs["outputs"]["LetterPuk"].clone()
    }
}

#[test]
fn a_run_decrypts_the_pins_of_a_card_with_a_key_in_an_hsm() {
    let Some(bench) = Bench::new() else {
        return;
    };
    let (code, told) = bench.run("prepare.dsc", "prepare.job.toml", PIN);
    assert_eq!(code, 0, "{told}");

    bench.job("token = 'HSM', alias = 'pinKeyB', pin = { env = 'HSM_PIN' }");
    let (code, told) = bench.run("read-pins.dsc", "read.toml", PIN);
    assert_eq!(code, 0, "{told}");
    assert_eq!(bench.puk(), "13579135");

    let (code, told) = bench.run("read-pins.dsc", "read.toml", "canary-0815");
    assert_eq!(code, 5, "{told}");
    assert!(
        told.contains("CKR_PIN_INCORRECT") && told.contains("tried once"),
        "{told}"
    );

    bench.job("token = 'HSM', alias = 'another', pin = { env = 'HSM_PIN' }");
    let (code, told) = bench.run("read-pins.dsc", "read.toml", PIN);
    assert_eq!(code, 4, "{told}");
    assert!(
        told.contains("no decryption key found matching #"),
        "{told}"
    );

    bench.job("token = 'HMS', pin = { env = 'HSM_PIN' }");
    let (code, told) = bench.run("read-pins.dsc", "read.toml", PIN);
    assert_ne!(code, 0, "{told}");
    assert!(told.contains("no token matches label `HMS`"), "{told}");
}

/// The keys as Identity Manager lists them.
#[test]
fn a_run_takes_the_keys_that_identity_manager_lists() {
    let Some(bench) = Bench::new() else {
        return;
    };
    let (code, told) = bench.run("prepare.dsc", "prepare.job.toml", PIN);
    assert_eq!(code, 0, "{told}");
    let module = softhsm().unwrap();
    let engine = format!(
        "<engineSignEncrypt><descriptors><descriptor name='PinKeyDescB' version='1'>\
         <type algorithm='RSA' key='pinKeyB'/></descriptor></descriptors><keys><key name='pinKeyB'>\
         <type name='HSM' locationValue='{}' pin='{PIN}' alias='pinKeyB' slot='{}'/>\
         </key></keys></engineSignEncrypt>",
        module.display(),
        bench.slot(),
    );
    let write = |name: &str, text: &str| std::fs::write(bench.sandbox.path(name), text).unwrap();
    write("engineSignEncrypt.xml", &engine);
    write(
        "system.properties",
        "# keys\npinBlobDecryptor.keyDescriptorNames=PinKeyDescB\n",
    );
    write(
        "read.toml",
        "[pin-decryption.identity-manager]\nengine = 'engineSignEncrypt.xml'\n\
         properties = 'system.properties'\n",
    );
    let (code, told) = bench.run("read-pins.dsc", "read.toml", PIN);
    assert_eq!(code, 0, "{told}");
    assert_eq!(bench.puk(), "13579135");

    write("engineSignEncrypt.xml", &format!("<!DOCTYPE a>{engine}"));
    let (code, told) = bench.run("read-pins.dsc", "read.toml", PIN);
    assert_ne!(code, 0, "{told}");
    assert!(told.contains("document type definition"), "{told}");
}
