//! Runs on the simulated card that go wrong, or that bring their own layout.

use perso::card::image::ImageLock;

use crate::sandbox::Sandbox;

const DESCRIPTION: &str = "\
[Encoding]
Type=1024,Chip
Devices=8711

[Fields]
UserPin=
UserPuk=
Note=
CardNumber=

[Description]
PKCS11Library=cvP11.dll
InitToken=true
InitialLabel=#Lab card
InitialPUK=UserPuk
PIN=UserPin
iccsnfield=CardNumber
ApplicationList=LD
ClearFields=UserPin,UserPuk

[Application_L]
KeySize=256
KeyType=EC
CertTempl=Login

[Application_D]
DataObject=Note
LabelExpressionDataObject=Remark
";

const JOB: &str = "\
[fields]
UserPin = { env = \"USER_PIN\" }
UserPuk = { env = \"USER_PUK\" }
Note = \"bm90ZQ==\"
[job]
id = \"lab-1\"
[issuer]
kind = \"dev-ca\"
";

/// A layout whose directory of certificates has room for none.
const NARROW: &str = "\
MakeCardEraseable()
CardModel 'SIEMENS50'
MasterFile
CreateDf DFPKCS15 id=0x5015 maxsize=22000 update=always create=always aid=0x{A000000063504B43532D3135}
CreateEf EFODF id=0x5031 maxsize=auto read=always update=never
CreateEf EFTOKENINFO id=0x5032 maxsize=64 read=always update=never
CreateEf EFAODF id=0x4401 maxsize=200 read=always update=PIN1
CreateEf EFPRKDF id=0x4402 maxsize=500 read=always update=PIN1
CreateEf EFPUKDF id=0x4403 maxsize=500 read=always update=PIN1
CreateEf EFCDF id=0x4404 maxsize=8 read=always update=PIN1
EndDF
Endfile
File Static EFODF
data = 0x{
A80A3008040 63F0050154401 A00A3008040 63F0050154402
A10A3008040 63F0050154403 A40A3008040 63F0050154404
}
Endfile
File Static EFTOKENINFO
data = 0x{3007020100 03020000}
Endfile
CreateFiles()
BurnFuse()
";

/// For Personal Desktop Client, which alone knows profiles.
fn narrow() -> String {
    DESCRIPTION
        .replace(
            "PKCS11Library=cvP11.dll",
            "PKCS11LibraryWindows32=C:/personal.dll",
        )
        .replace("InitToken=true", "InitToken=true\nChipProfile=narrow.cpf")
}

fn desk(description: &str) -> Sandbox {
    let narrow = NARROW.replace("040 6", "0406 ");
    Sandbox::new()
        .file("card.dsc", description)
        .file("job.toml", JOB)
        .file("narrow.cpf", narrow)
}

fn run(here: &Sandbox, more: &[&str]) -> (i32, String, String) {
    run_on(here, "sim:card.img", more)
}

fn run_on(here: &Sandbox, token: &str, more: &[&str]) -> (i32, String, String) {
    let arguments = ["run", "card.dsc", "--job", "job.toml", "--token", token];
    let output = here
        .perso(&[&arguments[..], more].concat())
        .env("USER_PIN", "246810")
        .env("USER_PUK", "13579135")
        .output()
        .unwrap();
    told(&output)
}

fn told(output: &std::process::Output) -> (i32, String, String) {
    (
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn a_description_without_a_profile_gets_the_layout_of_perso() {
    let here = desk(DESCRIPTION);
    let (code, out, err) = run(&here, &[]);
    assert_eq!(code, 0, "{out}{err}");
    let (_, tree, _) = here.run(&["card", "tree", "card.img"]);
    for expected in [
        "label \"Lab card\"",
        "public key \"Login\", EC-256",
        "data \"Remark\"",
    ] {
        assert!(tree.contains(expected), "{expected}: {tree}");
    }
}

#[test]
fn a_card_that_is_full_is_told_at_the_line_that_asked_for_more() {
    let here = desk(&narrow());
    let (code, out, err) = run(&here, &["--journal", "journal.jsonl"]);
    assert_eq!(code, 4, "{out}{err}");
    for expected in [
        "L.certificate failed",
        "CertTempl=Login",
        "maxsize",
        "--resume journal.jsonl",
    ] {
        assert!(err.contains(expected), "{expected}: {err}");
    }
    // Continuing it finds the key again and comes to the same end.
    let (code, out, err) = run(&here, &["--resume", "journal.jsonl"]);
    assert_eq!(code, 4, "{out}{err}");
    assert!(out.contains("done before"), "{out}");
}

#[test]
fn a_profile_that_cannot_be_laid_out_is_refused_before_anything_is_written() {
    let here = desk(DESCRIPTION);
    let arguments = [
        "run",
        "card.dsc",
        "--job",
        "job.toml",
        "--token",
        "sim:card.img",
    ];
    let output = here
        .perso(&arguments)
        .env("USER_PIN", "12")
        .env("USER_PUK", "13579135")
        .output()
        .unwrap();
    let (code, out, err) = told(&output);
    assert_eq!(code, 6, "{out}{err}");
    assert!(err.contains("PIN1"), "{err}");
    assert!(!here.path("card.img").exists());
}

#[test]
fn an_image_that_is_none_is_refused_and_left_alone() {
    let here = desk(DESCRIPTION).file("card.img", "not a card");
    let (code, out, err) = run(&here, &[]);
    assert_eq!(code, 6, "{out}{err}");
    assert!(err.contains("no card image"), "{err}");
    assert_eq!(std::fs::read(here.path("card.img")).unwrap(), b"not a card");
}

#[test]
fn a_card_of_another_model_is_refused() {
    let here = desk(DESCRIPTION);
    let (code, _, err) = here.run(&["card", "new", "card.img", "--model", "iso7816"]);
    assert_eq!(code, 0, "{err}");
    let (code, _, err) = run(&here, &["--token", "sim:card.img?model=cardos-5.0"]);
    assert_eq!(code, 2, "two tokens: {err}");
    let (code, _, err) = run(&here, &[]);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn a_new_card_that_a_run_does_not_finish_leaves_no_image() {
    let here = desk(&narrow());
    let arguments = [
        "card", "new", "new.img", "--from", "card.dsc", "--job", "job.toml",
    ];
    let output = here
        .perso(&arguments)
        .env("USER_PIN", "246810")
        .env("USER_PUK", "13579135")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
    let left: Vec<_> = std::fs::read_dir(here.path(""))
        .unwrap()
        .flatten()
        .collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

/// Certificate and key of an example, in the form of a list entry.
fn entry() -> (String, String) {
    use base64::Engine as _;
    use perso::pki::{Integrity, Pkcs12};
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let container = std::fs::read(path.join("examples/employee-card/encryption.p12")).unwrap();
    let password = perso::secret::Secret::from("archive-4711".to_owned());
    let found = Pkcs12::read(&container, &password, Integrity::Required).unwrap();
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let key = found.key.to_pkcs8().unwrap();
    let own = format!(
        "{},{}",
        base64(found.certificate.der()),
        base64(key.expose())
    );
    (own, base64(found.chain[0].der()))
}

/// The second of two is told who has the card; looking at it is free.
#[test]
fn one_process_has_the_card_in_an_image() {
    let here = desk(DESCRIPTION);
    let image = here.path("card.img");
    let first = ImageLock::take(&image, "perso run").unwrap();
    let holder = format!("is in use: perso run, process {}", std::process::id());
    let (code, _, err) = run(&here, &[]);
    assert!(code == 6 && err.contains(&holder), "{err}");
    let (code, out, err) = run(&here, &["--dry-run"]);
    assert_eq!(code, 0, "{out}{err}");
    let (code, _, err) = here.run(&["card", "new", "card.img", "--force"]);
    assert!(code == 6 && err.contains(&holder), "{err}");
    drop(first);
    let (code, _, err) = run(&here, &[]);
    assert_eq!(code, 0, "{err}");
    let _second = ImageLock::take(&image, "perso card serve").unwrap();
    let (code, _, err) = here.run(&["card", "tree", "card.img"]);
    assert_eq!(code, 0, "{err}");
}

/// A question mark begins the model, and is escaped in the name of the file.
#[test]
fn the_name_of_an_image_may_have_any_characters() {
    let here = desk(DESCRIPTION);
    let (code, _, err) = run_on(&here, "sim:what%3F 100%25.img?model=iso7816", &[]);
    assert_eq!(code, 0, "{err}");
    assert!(here.path("what? 100%.img").exists());
    let (code, tree, err) = here.run(&["card", "tree", "what? 100%.img"]);
    assert!(code == 0 && tree.contains("iso7816"), "{tree}{err}");
    let (code, _, err) = run_on(&here, "sim:what?.img", &[]);
    assert!(code == 2 && err.contains("`%3F`"), "{code} {err}");
    // The command that takes a path takes it as it is.
    let output = here
        .perso(&[
            "card", "new", "why?.img", "--from", "card.dsc", "--job", "job.toml",
        ])
        .env("USER_PIN", "246810")
        .env("USER_PUK", "13579135")
        .output()
        .unwrap();
    let (code, _, err) = told(&output);
    assert!(code == 0 && here.path("why?.img").exists(), "{err}");
}

#[test]
fn a_list_of_certificates_is_written_entry_by_entry() {
    let (own, authority) = entry();
    let application = "\
[Application_C]
WriteCertKeyList=true
CertKeyList=List
CertKeyListMode=WRITE_ANY_BUT_MANDATORILY_THE_FIRST
CertKeyListReturnField=Told
";
    let description = DESCRIPTION
        .replace("Note=\n", "Note=\nList=\nTold=\n")
        .replace("ApplicationList=LD", "ApplicationList=C")
        + application;
    let here = desk(&description).file(
        "job.toml",
        JOB.replace("Note = \"bm90ZQ==\"\n", "")
            .replace("[job]", &format!("List = \"{own};*;{authority}\"\n[job]")),
    );
    let (code, out, err) = run(&here, &[]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("Told = ok;failed;ok"), "{out}");
    let (_, tree, _) = here.run(&["card", "tree", "card.img"]);
    for expected in [
        "private key \"CN=Ada Example,O=Example Ltd\", RSA-2048",
        "certificate \"CN=Ada Example,O=Example Ltd\"",
        "certificate \"CN=Example encryption CA,O=Example Ltd\"",
    ] {
        assert!(tree.contains(expected), "{expected}: {tree}");
    }
}
