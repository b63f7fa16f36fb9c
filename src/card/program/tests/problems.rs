//! What speaks against a program, and what happens when a card says no.

use super::*;

fn problems(actions: Vec<CardAction<Known>>) -> Vec<String> {
    let problems = assemble(&program(actions), &ISO).unwrap_err();
    let shown = problems.iter();
    shown
        .map(|it| format!("{}:{} {}", it.operation, it.origin.line, it.message))
        .collect()
}

fn update(word: Access) -> AccessRules {
    AccessRules {
        update: only(word),
        ..AccessRules::default()
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let found = problems(vec![
        CardAction::SelectMasterFile,
        CardAction::CreatePin {
            pin: PinObject {
                unblocked_by: Some(9),
                ..pin_object(Access::Pin1, 1)
            },
            value: known(b"123"),
        },
        pin(Access::Pin2, 1, b"1234"),
        CardAction::CreatePin {
            pin: pin_object(Access::Pin3, 3),
            value: Known::ProtectedPath,
        },
        ef(&[0x0101], 4, update(Access::Manager)),
        write(&[0x0101], known(&[1; 5])),
        ef(&[0x0101], 4, open(false)),
        ef(&[0x5015, 0x5031], 4, update(Access::SecurityOfficer)),
        write(&[0x4444], known(&[1])),
        sized(&[0x0102], SizeOf::Content(known(&[])), open(false)),
        df(
            &[0x0103],
            AccessRules {
                append: only(Access::Always),
                ..open(true)
            },
        ),
        sized(
            &[0x0104],
            SizeOf::Content(known(&[1; 65_536])),
            update(Access::SecurityOfficer),
        ),
    ]);
    assert_eq!(
        found,
        [
            "step-2:2 the value of PIN1 is not 4 to 16 bytes long",
            "step-2:2 PIN1 is unblocked by PIN object 9, which the profile does not make: nobody could ever unblock it",
            "step-3:3 PIN2 has the reference 1, as PIN1 has",
            "step-4:4 `PIN3` gets a value that is entered at the reader and known to nobody else",
            "step-5:5 `update` of `FILE` asks for MAN, and the profile makes no such PIN: nobody could ever do it",
            "step-6:6 the content of `FILE` has 5 bytes, the file only 4",
            "step-7:7 `FILE` has the place of another file, 0101",
            "step-8:8 `FILE` lies in 5015, which is no folder of the profile",
            "step-9:9 4444 is no file that could be written",
            "step-10:10 `FILE` cannot be created: the content has 0 bytes",
            "step-11:11 `append` of `FOLDER` cannot be told to the card: ISO 7816 has no such right for this kind of file",
            "step-12:12 `update` of `FILE` asks for SO (here PUK), and the profile makes no such PIN: nobody could ever do it",
            "step-12:12 `FILE` cannot be created: the content has 65536 bytes",
        ]
    );
}

#[test]
fn a_template_longer_than_a_command_is_told() {
    let aid = "A0".repeat(16);
    let actions = vec![
        CardAction::SelectMasterFile,
        CardAction::CreateFile {
            path: path(&[0x5015]),
            name: "FOLDER".to_owned(),
            shape: FileShape::Dedicated {
                size: None,
                aid: Some(aid),
            },
            access: open(true),
        },
    ];
    let setup = Setup {
        data_field: 16,
        ..ISO
    };
    let problems = assemble(&program(actions), &setup).unwrap_err();
    assert_eq!(
        problems[0].to_string(),
        "to create FOLDER 5015, in the master file takes more than the 16 bytes that a command to the card carries"
    );
}

#[test]
fn what_is_not_known_yet_is_named() {
    let needs = || Known::Needs(vec!["CERT_FIELD".to_owned()]);
    let actions = vec![
        CardAction::SelectMasterFile,
        sized(&[0x0101], SizeOf::Content(needs()), open(false)),
        write(&[0x0101], needs()),
        ef(&[0x0102], 10, open(false)),
        write(&[0x0102], needs()),
        CardAction::CreatePin {
            pin: pin_object(Access::Pin1, 1),
            value: needs(),
        },
    ];
    let items = assemble(&program(actions), &ISO).unwrap();
    let unknown = |item: &Item| matches!(item.work, Work::Needs(_));
    let unknown: Vec<_> = items.iter().map(unknown).collect();
    assert_eq!(unknown, [false, true, true, false, true, true]);
    let mut card = card();
    let failure = execute(&items, &mut card).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "create FILE 0101, in the master file: it needs CERT_FIELD"
    );
}

#[test]
fn the_first_refusal_ends_the_execution() {
    let actions = || {
        vec![
            CardAction::SelectMasterFile,
            ef(&[0x0101], 4, open(false)),
            write(&[0x0101], known(&[1, 2])),
        ]
    };
    let mut card = card();
    run(&program(actions()), &ISO, &mut card);
    let items = assemble(&program(actions()), &ISO).unwrap();
    let failure = execute(&items, &mut card).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "create FILE 0101, 4 bytes, in the master file: the card answered 6A89 (a file with this identifier exists already)"
    );
    assert_eq!(
        (failure.operation.0.as_str(), failure.origin.line),
        ("step-2", 2)
    );
    assert_eq!(
        failure.causes[0],
        "the card carries a profile already: erase it first"
    );
}

#[test]
fn work_can_be_done_before_the_card_is_activated() {
    let actions = vec![
        CardAction::SelectMasterFile,
        ef(&[0x0101], 4, AccessRules::default()),
        CardAction::Activate,
    ];
    let items = assemble(&program(actions), &ISO).unwrap();
    let (before, after) = items.split_at(commit_point(&items));
    let mut card = card();
    let mut execution = Execution::default();
    execution.run(before, &mut card).unwrap();
    let update = Command::new(ins::UPDATE_BINARY, 0, 0).data([9]).unwrap();
    assert_eq!(card.exchange(&update).unwrap().sw, Sw::OK);
    execution.run(after, &mut card).unwrap();
    assert_eq!(card.exchange(&update).unwrap().sw, Sw::SECURITY_STATUS);
}
