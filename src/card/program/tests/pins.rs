//! PIN objects, the rules that name them, and who erases the card.

use super::*;
use crate::card::access::CredentialNumber;

fn verify(card: &mut Card, number: u8, value: &[u8]) -> Sw {
    let command = Command::new(ins::VERIFY, 0, number).data(value).unwrap();
    card.exchange(&command).unwrap().sw
}

fn update(card: &mut Card) -> Sw {
    let select = super::super::place::select(&path(&[0x0101])).unwrap();
    card.exchange(&select).unwrap();
    let command = Command::new(ins::UPDATE_BINARY, 0, 0).data([1]).unwrap();
    card.exchange(&command).unwrap().sw
}

/// A card with PUK 4, OP 7 and PIN1 1, and one file that is updated under `rule`.
fn guarded(rule: AccessRule, officer: Access) -> Card {
    let access = AccessRules {
        update: Some(rule),
        ..AccessRules::default()
    };
    let program = program(vec![
        CardAction::SelectMasterFile,
        pin(Access::Puk, 4, b"87654321"),
        pin(Access::Operator, 7, b"00001111"),
        pin(Access::Pin1, 1, b"123456"),
        ef(&[0x0101], 4, access),
        CardAction::Activate,
    ]);
    let mut card = card();
    run(&program, &Setup { officer, ..ISO }, &mut card);
    card
}

#[test]
fn one_credential_opens_what_it_guards() {
    let mut card = guarded(AccessRule::Only(Access::Pin1), Access::Puk);
    assert_eq!(update(&mut card), Sw::SECURITY_STATUS);
    assert_eq!(verify(&mut card, 1, b"123456"), Sw::OK);
    assert_eq!(update(&mut card), Sw::OK);
}

#[test]
fn all_means_all_and_any_means_any() {
    let both = vec![Access::Pin1, Access::Operator];
    let mut card = guarded(AccessRule::All(both.clone()), Access::Puk);
    verify(&mut card, 1, b"123456");
    assert_eq!(update(&mut card), Sw::SECURITY_STATUS);
    verify(&mut card, 7, b"00001111");
    assert_eq!(update(&mut card), Sw::OK);
    let mut card = guarded(AccessRule::Any(both), Access::Puk);
    verify(&mut card, 7, b"00001111");
    assert_eq!(update(&mut card), Sw::OK);
}

#[test]
fn the_officer_is_whom_the_setup_says() {
    let rule = || AccessRule::Only(Access::SecurityOfficer);
    let mut card = guarded(rule(), Access::Puk);
    verify(&mut card, 4, b"87654321");
    assert_eq!(update(&mut card), Sw::OK);
    let mut card = guarded(rule(), Access::Operator);
    verify(&mut card, 4, b"87654321");
    assert_eq!(update(&mut card), Sw::SECURITY_STATUS);
    verify(&mut card, 7, b"00001111");
    assert_eq!(update(&mut card), Sw::OK);
}

#[test]
fn the_operator_erases_and_says_so_first() {
    let actions = vec![
        CardAction::SelectMasterFile,
        pin(Access::Operator, 7, b"00001111"),
        CardAction::Activate,
    ];
    let mut card = card();
    let items = run(&program(actions), &ISO, &mut card);
    assert_eq!(hex(&items[0]), "00DA01F306800100830107");
    assert_eq!(items[0].meaning, "let OP, PIN object 7, erase the card");
    assert_eq!(card.options().erased_by, CredentialNumber::new(7));
    let erase = || Command::new(0x06, 0, 0).class(0x80);
    assert_eq!(card.exchange(&erase()).unwrap().sw, Sw::SECURITY_STATUS);
    verify(&mut card, 7, b"00001111");
    assert_eq!(card.exchange(&erase()).unwrap().sw, Sw::OK);
}

#[test]
fn a_pin_keeps_its_limits_and_its_puk() {
    let object = PinObject {
        unblocked_by: Some(4),
        retries: 2,
        ..pin_object(Access::Pin1, 1)
    };
    let actions = vec![
        CardAction::SelectMasterFile,
        pin(Access::Puk, 4, b"87654321"),
        CardAction::CreatePin {
            pin: object,
            value: known(b"123456"),
        },
        CardAction::Activate,
    ];
    let mut card = card();
    let items = run(&program(actions), &ISO, &mut card);
    assert!(items[1].secret && items[2].secret && !items[0].secret);
    assert!(!format!("{items:?}").contains("123456"));
    assert_eq!(verify(&mut card, 1, b"000000"), Sw::WRONG_PIN);
    assert_eq!(verify(&mut card, 1, b"000000"), Sw::WRONG_PIN);
    let unblock = Command::new(ins::RESET_RETRY_COUNTER, 0, 1)
        .data(*b"87654321654321")
        .unwrap();
    assert_eq!(card.exchange(&unblock).unwrap().sw, Sw::OK);
    assert_eq!(verify(&mut card, 1, b"654321"), Sw::OK);
}

#[test]
fn the_master_file_gets_rules_of_its_own() {
    let actions = vec![
        df(&[], open(true)),
        ef(&[0x0101], 4, open(false)),
        CardAction::Activate,
    ];
    let mut card = card();
    let items = run(&program(actions), &ISO, &mut card);
    assert_eq!(items.len(), 3);
    assert_eq!(commit_point(&items), 2);
    let again = program(vec![
        CardAction::SelectMasterFile,
        ef(&[0x0102], 4, open(false)),
    ]);
    run(&again, &ISO, &mut card);
}

#[test]
fn a_folder_is_deleted_by_whoever_creates_beside_it() {
    let creating = AccessRules {
        create: only(Access::Pin1),
        ..AccessRules::default()
    };
    let actions = vec![
        CardAction::SelectMasterFile,
        pin(Access::Pin1, 1, b"123456"),
        df(&[0x5015], creating),
        df(&[0x5015, 0x0101], AccessRules::default()),
        CardAction::Activate,
    ];
    let mut card = card();
    run(&program(actions), &ISO, &mut card);
    let delete = |card: &mut Card| {
        let select = super::super::place::select(&path(&[0x5015, 0x0101])).unwrap();
        card.exchange(&select).unwrap();
        card.exchange(&Command::new(ins::DELETE, 0, 0)).unwrap().sw
    };
    assert_eq!(delete(&mut card), Sw::SECURITY_STATUS);
    verify(&mut card, 1, b"123456");
    assert_eq!(delete(&mut card), Sw::OK);
}
