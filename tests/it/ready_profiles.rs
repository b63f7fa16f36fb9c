//! The profiles that ship with perso: clean, and each makes a card that keys, certificates and a
//! data object are written to and that tells them again.

use serde_json::Value;

use crate::example_runs::without_chance;
use crate::sandbox::Sandbox;

/// What the jobs take from the environment.
const SECRETS: [(&str, &str); 6] = [
    ("USER_PIN", "246810"),
    ("USER_PUK", "13579135"),
    ("SIGNATURE_PIN", "112358"),
    ("NEW_PIN", "864209"),
    ("LETTER_PASSWORD", "letters-0815"),
    ("ENCRYPTION_PASSWORD", "archive-4711"),
];

const HEAD: &str = "[Encoding]\nType=1024,Chip\nDevices=8711\n[Fields]\nUserPin=\nUserPuk=\nSignaturePin=\n\
    SlotPuk=\nNote=\nArchive=\nArchivePassword=\nLetterPin=\nLetterPuk=\n[Description]\n\
    PKCS11LibraryWindows32=C:/Program Files (x86)/Personal/bin/personal.dll\n";

pub(crate) const LOGIN: &str = "[Application_L]\nKeySize=2048\nCertTempl=Login\n";
pub(crate) const SIGN: &str =
    "[Application_S]\nLocation=#Signature\nKeySize=2048\nCertTempl=Signature\n";
pub(crate) const NOTE: &str = "[Application_D]\nDataObject=Note\nLabelExpressionDataObject=Note\n";
/// A key and its certificate that were made elsewhere, in `encryption.p12`.
pub(crate) const ARCHIVE: &str = "[Application_E]\nWriteP12Data=true\nCertTempl=Archive\n\
    Certificate=Archive\nP12PASSWORD=ArchivePassword\n";

/// What a job binds, by field.
const FIELDS: [(&str, &str); 7] = [
    ("UserPin", "{ env = 'USER_PIN' }"),
    ("UserPuk", "{ env = 'USER_PUK' }"),
    ("SignaturePin", "{ env = 'SIGNATURE_PIN' }"),
    ("SlotPuk", "{ env = 'SLOT_PUK' }"),
    ("Note", "'UmFjayA3LCBzaGVsZiAy'"),
    (
        "Archive",
        "{ file = 'encryption.p12', encoding = 'base64' }",
    ),
    ("ArchivePassword", "{ env = 'ENCRYPTION_PASSWORD' }"),
];

const JOB: &str = "[job]\nid = 'ready-1'\n[issuer]\nkind = 'dev-ca'\nfolder = 'ca'\n\
    [pin-encryption]\ncertificate = 'pin-encryption.pem'\n\
    [pin-decryption]\n\
    keys = [{ pkcs12 = 'pin-decryption.p12', password = { env = 'LETTER_PASSWORD' } }]\n";

/// The job for a description: it binds the fields that are used there.
fn job(body: &str) -> String {
    let used = FIELDS
        .iter()
        .filter(|(name, _)| body.contains(&format!("={name}\n")));
    let fields: String = used
        .map(|(name, value)| format!("{name} = {value}\n"))
        .collect();
    format!("[fields]\n{fields}{JOB}")
}

/// A description behind the common head, run on the card in `card.img`.
fn run(here: &Sandbox, body: &str, secrets: &[(&str, &str)]) -> (i32, String) {
    std::fs::write(here.path("card.dsc"), format!("{HEAD}{body}")).unwrap();
    std::fs::write(here.path("job.toml"), job(body)).unwrap();
    let arguments = [
        "run",
        "card.dsc",
        "--job",
        "job.toml",
        "--token",
        "sim:card.img",
        "--report",
        "report.json",
        "--secret-outputs",
        "secret.json",
    ];
    let mut command = here.perso(&arguments);
    let output = command.envs(SECRETS).envs(secrets.iter().copied());
    let output = output.output().unwrap();
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    for (name, secret) in SECRETS.iter().chain(secrets) {
        assert!(!told.contains(secret), "{name} is shown:\n{told}");
    }
    (output.status.code().unwrap(), told)
}

/// As [`run`], and it succeeds.
pub(crate) fn done(here: &Sandbox, body: &str, secrets: &[(&str, &str)]) {
    let (code, told) = run(here, body, secrets);
    assert_eq!(code, 0, "{told}");
}

/// What the run before wrote into the file for credentials.
pub(crate) fn secret_output(here: &Sandbox, field: &str) -> String {
    let outputs = std::fs::read(here.path("secret.json")).unwrap();
    let outputs: Value = serde_json::from_slice(&outputs).unwrap();
    outputs["outputs"][field].as_str().unwrap().to_owned()
}

/// The files that the job names.
pub(crate) fn sandbox() -> Sandbox {
    Sandbox::new()
        .file(
            "encryption.p12",
            include_bytes!("../../examples/employee-card/encryption.p12"),
        )
        .file(
            "pin-encryption.pem",
            include_bytes!("../../examples/encrypted-pins/pin-encryption.pem"),
        )
        .file(
            "pin-decryption.p12",
            include_bytes!("../../examples/encrypted-pins/pin-decryption.p12"),
        )
}

/// The card as a tree.
fn snapshot(here: &Sandbox, name: &str) {
    let (code, tree, told) = here.run(&["card", "tree", "card.img"]);
    assert_eq!(code, 0, "{told}");
    let tree = without_chance(&tree);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/profiles");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, tree));
}

fn dump(here: &Sandbox) -> String {
    let (code, dump, told) = here.run(&["card", "dump", "card.img"]);
    assert_eq!(code, 0, "{told}");
    dump
}

#[test]
fn a_starter_of_each_profile_is_clean_and_makes_a_card() {
    for profile in perso::stdlib::profiles() {
        let here = sandbox();
        let name = profile.name.trim_end_matches(".cpf");
        let (code, _, err) = here.run(&["new", "--profile", name, "starter"]);
        assert_eq!(code, 0, "{err}");
        let (code, out, err) = here.run(&["check", "--deny-warnings", "starter"]);
        assert_eq!(code, 0, "{out}{err}");
        assert!(out.starts_with("no findings in 3 files"), "{out}");
        let readme = std::fs::read_to_string(here.path("starter/README.md")).unwrap();
        let named = readme.contains("pin-encryption.pem");
        assert_eq!(named, name != "pkcs15", "{readme}");
        if named {
            let (from, to) = ("pin-encryption.pem", "starter/pin-encryption.pem");
            std::fs::copy(here.path(from), here.path(to)).unwrap();
        }
        let mut command = here.perso(&["run", "starter/card.dsc", "--job", "starter/job.toml"]);
        let secrets = ["CARD_PIN", "CARD_PUK", "CARD_SIGNATURE_PIN"];
        let output = command.envs(secrets.map(|name| (name, "24681012")));
        let output = output.output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{name}: {told}");
    }
}

#[test]
fn a_plain_card_takes_a_key_a_certificate_and_a_note() {
    let here = sandbox();
    let body = format!(
        "InitToken=true\nInitialLabel=#Ready\nChipProfile=<pkcs15.cpf>\nInitialPUK=UserPuk\n\
         PIN=UserPin\nApplicationList=LD\nClearFields=UserPin,UserPuk\n{LOGIN}{NOTE}"
    );
    done(&here, &body, &[]);
    snapshot(&here, "pkcs15");
    assert!(dump(&here).contains("|Rack 7, shelf 2|"));
}

#[test]
fn a_signature_slot_is_opened_and_unblocked_by_credentials_of_its_own() {
    let here = sandbox();
    let body = format!(
        "InitToken=true\nInitialLabel=#Ready\nChipProfile=<pkcs15-signature-slot.cpf>\n\
         InitialPUK=UserPuk\nPIN=UserPin\nSignPIN=SignaturePin\nApplicationList=LSD\n\
         ClearFields=UserPin,UserPuk,SignaturePin\n{LOGIN}{SIGN}{NOTE}"
    );
    done(&here, &body, &[]);
    snapshot(&here, "pkcs15-signature-slot");
    assert!(dump(&here).contains("|Rack 7, shelf 2|"));

    done(&here, "CardPinDecryption_Output_PUK2=LetterPuk\n", &[]);
    let puk = secret_output(&here, "LetterPuk");
    assert!(puk.len() == 8 && puk.bytes().all(|digit| digit.is_ascii_digit()));
    let unblock = "SetPIN=true\nInitialPUK=UserPuk\nPIN=UserPin\nSignPIN=SignaturePin\n\
        SignPUK=SlotPuk\nClearFields=UserPuk,UserPin,SlotPuk,SignaturePin\n";
    let new = ("SIGNATURE_PIN", "314159");
    // The PUK of the holder is for the first PIN alone.
    let (code, told) = run(&here, unblock, &[("SLOT_PUK", "13579135"), new]);
    assert_eq!(code, 5, "{told}");
    done(&here, unblock, &[("SLOT_PUK", &puk), new]);
}

#[test]
fn a_drawn_pin_is_read_from_the_card_and_opens_it() {
    let here = sandbox();
    done(
        &here,
        "InitToken=true\nInitialLabel=#Ready\nChipProfile=<encrypted-pins.cpf>\nInitialPUK=UserPuk\n\
         ClearFields=UserPuk\n",
        &[],
    );
    done(
        &here,
        "CardPinDecryption_Output_PIN1=LetterPin\nCardPinDecryption_Output_PUK=LetterPuk\n",
        &[],
    );
    assert_eq!(secret_output(&here, "LetterPuk"), "13579135");
    let pin = secret_output(&here, "LetterPin");
    assert!(pin.len() == 6 && pin.bytes().all(|digit| digit.is_ascii_digit()));
    let body = format!("PIN=UserPin\nApplicationList=LD\nClearFields=UserPin\n{LOGIN}{NOTE}");
    done(&here, &body, &[("USER_PIN", &pin)]);
    snapshot(&here, "encrypted-pins");
    let dump = dump(&here);
    assert!(dump.contains("|Rack 7, shelf 2|"));
    assert!(!dump.contains(&format!("|{pin}|")));
}
