//! What a profile keeps secret: how it is drawn, what it can be, where it can go.

use super::compile;
use crate::operation::{Action, CardAction, CardProgram, Value};
use crate::plan::Plan;

const DESCRIPTION: &str = "[Encoding]\nType=1024,Chip\n[Fields]\nNewPin=\nNewPuk=\n[Description]\n\
    InitToken=true\nInitialPUK=NewPuk\nPIN=NewPin\nChipProfile=lab.cpf\nProfileParameters=NewPin\n";

/// A profile with `head` before its files and `data` as the content of one of them.
fn profile(head: &str, pin: &str, data: &str) -> String {
    format!(
        "CardModel 'ISO7816'\n{head}MasterFile\n{pin}\
         CreateEf NOTE id=0x4503 maxsize=900 read=always\nEndfile\n\
         File Dynamic NOTE\ndata = {data}\nEndfile\nCreateFiles()\n"
    )
}

/// Messages with the places that they stand at.
fn refused(profile: &str) -> Vec<(String, String)> {
    let findings = compile(DESCRIPTION, Some(profile)).expect_err(profile);
    let told = findings.into_iter().map(|finding| {
        let place = finding.primary.span.of(profile);
        (finding.message, place.to_owned())
    });
    told.collect()
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

#[test]
fn a_length_and_an_alphabet_may_stand_in_variables() {
    let forms = [
        ("SECRANDOM(6)", 6, "0123456789"),
        ("SECRANDOM(0x08)", 8, "0123456789"),
        ("SECRANDOM(size)", 7, "0123456789"),
        ("SECRANDOM(8, 'ABCDEF')", 8, "ABCDEF"),
        ("secrandom(255, letters)", 255, "xyz-"),
        ("SECRANDOM(1, 'x' + 'y')", 1, "xy"),
        ("SECRANDOM(4, 0x{41 42})", 4, "AB"),
    ];
    for (call, length, alphabet) in forms {
        let head = format!("count = 7\nsize = count\nletters = 'xyz-'\nspare = {call}\n");
        let plan = compile(DESCRIPTION, Some(&profile(&head, "", "'x'"))).expect(call);
        let [generated] = &program(&plan).generated[..] else {
            panic!("{call}");
        };
        assert_eq!(generated.name, "spare");
        assert_eq!(
            (generated.length, generated.alphabet.as_str()),
            (length, alphabet),
            "{call}"
        );
    }
}

#[test]
fn each_wrong_argument_is_refused_at_its_place() {
    let cases = [
        ("SECRANDOM(0)", "this is no length of a secret", "0"),
        ("SECRANDOM(256)", "this is no length of a secret", "256"),
        ("SECRANDOM('8')", "this is no length of a secret", "'8'"),
        ("SECRANDOM(later)", "this is no length of a secret", "later"),
        (
            "SECRANDOM()",
            "`SECRANDOM` takes a length, and the characters to draw from",
            "SECRANDOM()",
        ),
        (
            "SECRANDOM(8, 'A', 'B')",
            "`SECRANDOM` takes a length, and the characters to draw from",
            "SECRANDOM(8, 'A', 'B')",
        ),
        (
            "SECRANDOM(8, 'A')",
            "a secret drawn from fewer than two characters is known to everybody",
            "'A'",
        ),
        (
            "SECRANDOM(8, '')",
            "a secret drawn from fewer than two characters is known to everybody",
            "''",
        ),
        (
            "SECRANDOM(8, 'ABA')",
            "a character stands here twice, and would be drawn more often than others",
            "'ABA'",
        ),
        (
            "SECRANDOM(8, 'ÄÖ')",
            "these are no characters to draw from",
            "'ÄÖ'",
        ),
        (
            "SECRANDOM(8, 'a b')",
            "these are no characters to draw from",
            "'a b'",
        ),
    ];
    for (call, message, place) in cases {
        let text = profile(&format!("spare = {call}\nlater = 8\n"), "", "'x'");
        let told = refused(&text);
        assert_eq!(told, [(message.to_owned(), place.to_owned())], "{call}");
    }
    let both = profile("spare = SECRANDOM(0, 'A')\n", "", "'x'");
    assert_eq!(refused(&both).len(), 2);
}

#[test]
fn a_credential_is_text_bytes_or_drawn() {
    for value in ["'135790'", "0x{31 33 35 37}", "SECRANDOM(6)", "part + '90'"] {
        let head = format!("part = '1357'\nSEC_PIN3 = {value}\n");
        let text = profile(&head, "CreatePin PIN3 value=SEC_PIN3\n", "'x'");
        let plan = compile(DESCRIPTION, Some(&text)).expect(value);
        let value =
            program(&plan)
                .operations
                .iter()
                .find_map(|operation| match &operation.action {
                    CardAction::CreatePin { pin, value } if pin.reference == 3 => Some(value),
                    _ => None,
                });
        assert!(value.is_some_and(Value::is_secret));
    }
    let number = profile("SEC_PIN3 = 135790\n", "", "'x'");
    let told = "the number that `SEC_PIN3` is given is no row of digits";
    assert_eq!(refused(&number), [(told.to_owned(), "135790".to_owned())]);
    let blob = profile(
        "PERSINFO_PUT_SEC(SEC_PUK)\nPERSINFO_ENCRYPT_SEC()\nSEC_PIN3 = PERSINFO_SEC()\n",
        "",
        "'x'",
    );
    let told = "what this function gives is no value of `SEC_PIN3`";
    assert_eq!(
        refused(&blob),
        [(told.to_owned(), "PERSINFO_SEC()".to_owned())]
    );
}

#[test]
fn a_value_that_the_pin_cannot_have_is_refused_at_the_value() {
    let cases = [
        (
            "SECRANDOM(3)",
            "CreatePin PIN3 value=SEC_PIN3\n",
            Some("PIN3 gets 3 bytes, it takes 4 to 16"),
        ),
        (
            "SECRANDOM(17)",
            "CreatePin PIN3 value=SEC_PIN3\n",
            Some("PIN3 gets 17 bytes, it takes 4 to 16"),
        ),
        (
            "'12345'",
            "CreatePin PIN3 value=SEC_PIN3 minlen=6\n",
            Some("PIN3 gets 5 bytes, it takes 6 to 16"),
        ),
        (
            "SECRANDOM(20)",
            "CreatePin PIN3 value=SEC_PIN3 maxlen=20\n",
            None,
        ),
    ];
    for (value, pin, message) in cases {
        let text = profile(&format!("SEC_PIN3 = {value}\n"), pin, "'x'");
        match message {
            None => assert!(compile(DESCRIPTION, Some(&text)).is_ok()),
            Some(message) => assert_eq!(
                refused(&text),
                [(message.to_owned(), "SEC_PIN3".to_owned())]
            ),
        }
    }
}

#[test]
fn no_secret_comes_into_the_open() {
    let told = "a secret would come into the open here";
    let cases = [
        ("spare = SECRANDOM(8)\n", "spare"),
        ("SEC_PUK1 = SECRANDOM(8)\nother = SEC_PUK1\n", "other"),
        ("", "SEC_PUK"),
        ("", "'x' + SEC_PIN1"),
        // A credential of the description stays one under another name.
        ("", "NewPin"),
    ];
    for (head, data) in cases {
        for mode in ["Static", "Dynamic"] {
            let text = profile(head, "", data).replace("Dynamic", mode);
            let refused = refused(&text);
            assert_eq!(refused.len(), 1, "{data}: {refused:?}");
            assert_eq!(refused[0].0, told, "{data}");
        }
        let named = format!("{head}PERSINFO_PUT_PROFILENAME({data})\nPERSINFO_ENCRYPT_SEC()\n");
        let refused = refused(&profile(&named, "", "'x'"));
        assert!(refused.iter().any(|(message, _)| message == told), "{data}");
    }
}

#[test]
fn drawn_secrets_stand_in_pins_and_in_the_record_alone() {
    let text = profile(
        "SEC_PIN3 = SECRANDOM(6)\nPERSINFO_PUT_SEC(SEC_PIN3)\nPERSINFO_ENCRYPT_SEC()\n",
        "CreatePin PIN3 value=SEC_PIN3\n",
        "PERSINFO_SEC()",
    );
    let plan = compile(DESCRIPTION, Some(&text)).unwrap();
    let mut holders = Vec::new();
    for operation in &program(&plan).operations {
        let json = serde_json::to_string(operation).unwrap();
        if json.contains("\"generated\"") {
            holders.push(operation.id.0.as_str());
        }
    }
    holders.sort_unstable();
    assert_eq!(holders, ["profile.encrypt-pins", "profile.pin.PIN3"]);
}

#[test]
fn what_has_no_public_form_is_not_made() {
    let text = profile(
        "PERSINFO_PUT_SEC(SEC_PUK)\nPERSINFO_ENCRYPT_SEC()\n",
        "",
        "PERSINFO_PUT_PUBRSA_AND_SEC()",
    );
    assert_eq!(
        refused(&text),
        [(
            "the form of these data is not public, and perso makes none of its own".to_owned(),
            "PERSINFO_PUT_PUBRSA_AND_SEC()".to_owned()
        )]
    );
}

#[test]
fn what_unblocks_a_pin_is_made_whatever_the_order() {
    let head = "SEC_PIN3 = SECRANDOM(6)\nSEC_PUK1 = SECRANDOM(8)\n";
    let pins = "CreatePin PIN3 value=SEC_PIN3 unblock=PUK1\nCreatePin PUK1 value=SEC_PUK1 ref=9\n";
    let plan = compile(DESCRIPTION, Some(&profile(head, pins, "'x'"))).unwrap();
    let by = program(&plan)
        .operations
        .iter()
        .find_map(|operation| match &operation.action {
            CardAction::CreatePin { pin, .. } if pin.reference == 3 => Some(pin.unblocked_by),
            _ => None,
        });
    assert_eq!(by, Some(Some(9)));
    let cases = [
        (
            "CreatePin PIN3 value=SEC_PIN3 unblock=PUK2\n",
            "no PUK2 is made on the card: nobody could ever unblock this PIN",
            "PUK2",
        ),
        (
            "CreatePin PIN3 value=SEC_PIN3 ref=1\n",
            "PIN3 has the reference 1, as PIN1 has",
            "1",
        ),
        (
            "CreatePin PIN3 value=SEC_PIN3 unblock=SO\n",
            "this is no credential",
            "SO",
        ),
        (
            "CreatePin PIN3 value=SEC_PIN3 scope=local\n",
            "perso makes PINs for the whole card only",
            "local",
        ),
    ];
    for (pin, message, place) in cases {
        let text = profile("SEC_PIN3 = SECRANDOM(6)\n", pin, "'x'");
        assert_eq!(
            refused(&text),
            [(message.to_owned(), place.to_owned())],
            "{pin}"
        );
    }
}
