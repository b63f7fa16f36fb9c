//! Keys, PINs and the profile for blank cards.

use super::{GENERIC, PERSONAL, PROFILE, compile, refusals};
use crate::operation::{
    Access, AccessRule, Action, Algorithm, CardAction, CardOperation, CardProgram, FileId,
    FileShape, KeyUsage, SizeOf,
};
use crate::plan::{Plan, show};

const DESCRIPTION: &str = "[Encoding]\nType=1024,Chip\n[Fields]\nNewPin=\nNewPuk=\n[Description]\n\
    InitToken=true\nInitialPUK=NewPuk\nPIN=NewPin\nChipProfile=lab.cpf\n";

fn with_key(attributes: &str) -> String {
    format!(
        "CardModel 'ISO7816'\nPERSINFO_PUT_SEC(SEC_PIN1)\nPERSINFO_ENCRYPT_SEC()\n\
         MasterFile\nCreateKey LOGIN {attributes}\n\
         CreateDf APP id=0x5015\n\
         CreateEf PUB id=0x4501 maxsize=300 read=always\n\
         CreateEf SMALL id=0x4502 maxsize=64 read=always\n\
         CreateEf NOTE id=0x4503 maxsize=auto read=always\n\
         CreateEf BLOB id=0x4504 maxsize=900 read=always\nEndDF\nEndfile\n\
         File Static NOTE\ndata = 'ready'\nEndfile\n\
         File Dynamic BLOB\ndata = PERSINFO_SEC()\nEndfile\n\
         CreateFiles()\nBurnFuse()\n"
    )
}

fn program(plan: &Plan) -> &CardProgram {
    let program = plan
        .operations()
        .find_map(|operation| match &operation.action {
            Action::Initialise { program, .. } => program.as_ref(),
            _ => None,
        });
    program.expect("a program")
}

fn operation<'p>(program: &'p CardProgram, id: &str) -> &'p CardOperation {
    let mut operations = program.operations.iter();
    operations
        .find(|operation| operation.id.0 == id)
        .unwrap_or_else(|| panic!("{id}"))
}

#[test]
fn a_key_is_made_behind_the_files_and_before_what_depends_on_the_card() {
    let profile = with_key("ref=3 type=rsa2048 use=sign pin=PIN1 public=pub");
    let plan = compile(DESCRIPTION, Some(&profile)).unwrap();
    let program = program(&plan);
    let made = operation(program, "profile.key.LOGIN");
    let CardAction::CreateKey { key, public } = &made.action else {
        panic!("{made:?}");
    };
    assert_eq!((key.name.as_str(), key.reference), ("LOGIN", 3));
    assert_eq!(key.algorithm, Algorithm::Rsa { bits: 2048 });
    assert_eq!(key.usage, KeyUsage::Sign);
    assert_eq!(key.access, AccessRule::Only(Access::Pin1));
    assert_eq!(*public, Some(vec![FileId(0x5015), FileId(0x4501)]));
    assert_eq!(
        (made.origin.source.as_str(), made.origin.line),
        ("lab.cpf", 5)
    );
    let ids: Vec<_> = program
        .operations
        .iter()
        .map(|made| made.id.0.as_str())
        .collect();
    assert_eq!(
        ids[ids.len() - 5..],
        [
            "profile.write.NOTE",
            "profile.create.BLOB",
            "profile.key.LOGIN",
            "profile.write.BLOB",
            "profile.activate"
        ]
    );
    let needs: Vec<_> = plan.requires.iter().map(|need| need.word()).collect();
    assert!(needs.contains(&"generate-rsa"), "{needs:?}");
}

#[test]
fn a_key_without_pin_and_use_may_do_everything_for_anyone() {
    for (kind, usage) in [("rsa4096", KeyUsage::Both), ("EC-P384", KeyUsage::Sign)] {
        let profile = with_key(&format!("ref=15 type={kind}"));
        let plan = compile(DESCRIPTION, Some(&profile)).unwrap();
        match &operation(program(&plan), "profile.key.LOGIN").action {
            CardAction::CreateKey { key, public: None } => {
                assert_eq!(key.access, AccessRule::Only(Access::Always));
                assert_eq!(key.usage, usage);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn each_wrong_attribute_of_a_key_is_refused_at_its_place() {
    let cases = [
        (
            "type=rsa2048",
            "nothing says by which reference commands name this key",
            "LOGIN",
        ),
        ("ref=16 type=rsa2048", "this is no reference of a key", "16"),
        (
            "ref=PIN1 type=rsa2048",
            "this is no reference of a key",
            "PIN1",
        ),
        ("ref=1", "nothing says what kind of key this is", "LOGIN"),
        (
            "ref=1 type=rsa1024",
            "this kind of key is not known",
            "rsa1024",
        ),
        (
            "ref=1 type=rsa2048 use=derive",
            "this is no use of a key",
            "derive",
        ),
        (
            "ref=1 type=ec-p256 use=both",
            "a key on an elliptic curve deciphers nothing: it only signs",
            "both",
        ),
        (
            "ref=1 type=rsa2048 pin=always",
            "this is no credential",
            "always",
        ),
        (
            "ref=1 type=rsa2048 public=NONE",
            "this is no elementary file of the profile",
            "NONE",
        ),
        (
            "ref=1 type=rsa2048 public=APP",
            "this is no elementary file of the profile",
            "APP",
        ),
        (
            "ref=1 type=rsa2048 public=NOTE",
            "this file has a content of its own",
            "NOTE",
        ),
        (
            "ref=1 type=rsa2048 public=SMALL",
            "the public key has 270 bytes and does not fit into 64",
            "SMALL",
        ),
        (
            "ref=1 type=ec-p256\nCreateKey OTHER ref=1 type=rsa2048",
            "another key has this reference already",
            "1",
        ),
        (
            "ref=1 type=rsa2048 public=PUB\nCreateKey OTHER ref=2 type=rsa2048 public=PUB",
            "this file receives the public key of another key already",
            "PUB",
        ),
    ];
    for (attributes, message, place) in cases {
        let profile = with_key(attributes);
        let findings = compile(DESCRIPTION, Some(&profile)).expect_err(attributes);
        let found: Vec<_> = findings
            .iter()
            .map(|finding| (finding.message.as_str(), finding.primary.span.of(&profile)))
            .collect();
        assert_eq!(found, [(message, place)], "{attributes}");
    }
}

#[test]
fn a_key_tells_all_that_is_wrong_with_it() {
    let refused = refusals(
        DESCRIPTION,
        Some(&with_key("ref=0 type=dsa use=x pin=y public=z")),
    );
    assert_eq!(refused.len(), 5, "{refused:?}");
}

#[test]
fn a_pin_comes_from_the_key_that_passes_it() {
    let plan = compile(PERSONAL, Some(PROFILE)).unwrap();
    let program = program(&plan);
    let puk = &operation(program, "profile.pin.PUK").origin;
    assert_eq!(puk.source, "card.dsc");
    assert!(puk.text.starts_with("InitialPUK="), "{}", puk.text);
    // `CreatePin` refines this one.
    let pin = &operation(program, "profile.pin.PIN1").origin;
    assert_eq!(pin.source, "lab.cpf");
    assert!(pin.text.starts_with("CreatePin PIN1"), "{}", pin.text);
}

#[test]
fn a_description_without_profile_brings_one_for_blank_cards() {
    let plan = compile(GENERIC, None).unwrap();
    let fallback = plan.fallback_program.as_ref().expect("a program");
    assert_eq!(fallback.profile, "<pkcs15.cpf>");
    assert!(fallback.eraseable);
    assert_eq!(plan.sources.len(), 1);
    let line = |id| operation(fallback, id).origin.text.as_str();
    assert_eq!(line("profile.create.EFODF"), "InitToken=true");
    assert_eq!(line("profile.pin.PIN1"), "PIN=StartPin");
    assert_eq!(line("profile.pin.PIN2"), "SignPIN=SigCode");
    assert!(
        !plan
            .requires
            .contains(&crate::operation::Capability::CardProfile)
    );
    assert!(show(&plan).unwrap().contains("on a blank card token"));
    assert_eq!(Plan::from_text(&plan.to_text().unwrap()).unwrap(), plan);
    let named = compile(PERSONAL, Some(PROFILE)).unwrap();
    assert_eq!(named.fallback_program, None);
}

#[test]
fn a_written_pin_is_masked_in_the_program_for_blank_cards() {
    let with = |pin: &str| {
        let text = GENERIC.replace("PIN=StartPin", &format!("PIN=#{pin}"));
        compile(&text, None).unwrap()
    };
    let (one, other) = (with("483920"), with("774411"));
    let fallback = serde_json::to_string(&one.fallback_program).unwrap();
    assert!(fallback.contains("483920"));
    assert!(!one.masked().unwrap().to_text().unwrap().contains("483920"));
    assert_eq!(one.digests.content, other.digests.content);
}

#[test]
fn a_field_that_decides_the_slot_decides_the_user() {
    let plan = compile(GENERIC, None).unwrap();
    let json = serde_json::to_value(&plan).unwrap();
    let login = json["applications"]["list"][1]["operations"][0]["login"].clone();
    assert_eq!(login["role"], "slot-user");
    assert_eq!(login["credential"]["flag"]["encoding"], "signature-slot");
    assert_eq!(login["credential"]["when_true"]["name"], "SigCode");
    assert_eq!(login["credential"]["when_false"]["name"], "StartPin");
}

#[test]
fn the_puk_of_the_signature_slot_is_never_ignored() {
    let head = "[Encoding]\nType=1024,Chip\n[Fields]\nF=\nG=\n[Description]\nSignPUK=F\n";
    let refused = refusals(&format!("{head}InitToken=true\nInitialPUK=G\n"), None);
    assert_eq!(
        refused,
        ["the PUK of the signature slot cannot be set at the initialisation"]
    );
    let refused = refusals(&format!("{head}SetPIN=true\n"), None);
    assert_eq!(refused, ["`SignPUK` has nothing to set"]);
    let plan = compile(&format!("{head}SetPIN=true\nSignPIN=G\n"), None).unwrap();
    let ids: Vec<_> = plan
        .operations()
        .map(|operation| operation.id.0.as_str())
        .collect();
    assert_eq!(ids, ["select-card", "set-signature-pin"]);
}

#[test]
fn a_file_takes_its_size_from_the_public_key_that_it_receives() {
    for (kind, bytes) in [
        ("rsa2048", 270),
        ("rsa4096", 526),
        ("ec-p256", 91),
        ("ec-p384", 120),
    ] {
        let profile = with_key(&format!("ref=3 type={kind} public=PUB"))
            .replace("id=0x4501 maxsize=300", "id=0x4501 maxsize=auto");
        let plan = compile(DESCRIPTION, Some(&profile)).unwrap();
        match &operation(program(&plan), "profile.create.PUB").action {
            CardAction::CreateFile {
                shape: FileShape::Transparent { size, .. },
                ..
            } => assert_eq!(*size, SizeOf::Bytes(bytes), "{kind}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_key_that_the_card_lacks_is_refused_at_its_kind() {
    let profile = with_key("ref=3 type=rsa4096").replace("ISO7816", "SIEMENS44");
    let findings = compile(DESCRIPTION, Some(&profile)).unwrap_err();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].primary.span.of(&profile), "rsa4096");
    assert!(
        findings[0]
            .message
            .starts_with("CardOS 4.4 has no such key")
    );
    // What is published of CardOS 5.0 says nothing of elliptic curves.
    let profile = with_key("ref=3 type=ec-p256").replace("ISO7816", "SIEMENS50");
    assert!(compile(DESCRIPTION, Some(&profile)).is_ok());
}

#[test]
fn the_right_to_append_goes_by_two_names() {
    for name in ["append", "write"] {
        let profile = with_key("ref=3 type=rsa2048")
            .replace("CreateEf SMALL", &format!("CreateEf SMALL {name}=PIN1"));
        let plan = compile(DESCRIPTION, Some(&profile)).unwrap();
        match &operation(program(&plan), "profile.create.SMALL").action {
            CardAction::CreateFile { access, .. } => {
                assert_eq!(access.append, Some(AccessRule::Only(Access::Pin1)));
                assert_eq!(access.update, None);
            }
            other => panic!("{other:?}"),
        }
    }
}
