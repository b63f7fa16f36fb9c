//! Round trips: what is added is found after the next power-on, with its value.

use super::*;

#[test]
fn a_card_without_the_application_has_none() {
    let mut card = Card::new(Options::default(), ChaCha8Rng::seed_from_u64(7));
    assert!(Application::open(&mut card, SHORT).unwrap().is_none());
}

#[test]
fn what_the_profile_brought_is_read() {
    let mut card = Layout::default().card();
    let application = open(&mut card);
    assert_eq!(application.defects(), []);
    let info = application.token_info().unwrap();
    assert_eq!(info.label.as_deref(), Some("Fleet card"));
    assert_old_certificates(&application, &mut card, &[1, 2, 3]);
}

#[test]
fn key_pairs_of_both_families_are_listed() {
    for public in [rsa(), ec()] {
        let mut card = Layout::default().card();
        let mut application = open(&mut card);
        application.add_pin_entry(&mut card, &pin()).unwrap();
        application
            .add_key_pair(&mut card, &pair(&public, &guard()))
            .unwrap();
        let again = reopen(&mut card);
        assert_eq!(again.defects(), []);
        let keys = again.find_keys(KeyQuery::Id(&[0x11]));
        assert_eq!(keys, again.find_keys(KeyQuery::Label("Digital Signature")));
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0].common.auth_id, Some(vec![1]));
        assert_eq!(again.guard(&[1]), Some(guard()));
        let [listed] = &again.public_keys()[..] else {
            panic!("one public key expected");
        };
        assert_eq!(again.read_public_key(&mut card, listed).unwrap(), public);
        assert_eq!(again.free_key_reference(1..=15), Some(2));
        assert_old_certificates(&again, &mut card, &[1, 2, 3]);
    }
}

#[test]
fn a_second_key_needs_another_reference_and_identifier() {
    let mut card = Layout::default().card();
    let mut application = open(&mut card);
    let (public, guard) = (rsa(), guard());
    let first = pair(&public, &guard);
    application.add_key_pair(&mut card, &first).unwrap();
    let error = application.add_key_pair(&mut card, &first).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the key pair `Digital Signature` cannot be listed: \
         `Digital Signature` has the same identifier"
    );
    let second = NewKeyPair {
        id: &[0x12],
        ..first.clone()
    };
    let error = application.add_key_pair(&mut card, &second).unwrap_err();
    assert!(
        error.to_string().ends_with("has the same reference"),
        "{error}"
    );
    let second = NewKeyPair {
        reference: 2,
        ..second
    };
    application.add_key_pair(&mut card, &second).unwrap();
    assert_eq!(reopen(&mut card).private_keys().len(), 2);
}

#[test]
fn certificates_come_go_and_are_replaced() {
    let mut card = Layout::default().card();
    let mut application = open(&mut card);
    let guard = guard();
    let (first, second) = (der(0xA1, 900), der(0xA2, 1_000));
    application
        .add_certificate(&mut card, &certificate(&first, Some(&guard)))
        .unwrap();
    let listed = application.certificate(&[0x11]).unwrap();
    assert_eq!(
        application.read_certificate(&mut card, &listed).unwrap(),
        first
    );
    let new = certificate(&second, Some(&guard));
    let removed = application
        .replace_certificate(&mut card, &listed, &new)
        .unwrap();
    assert_eq!(removed, Removed::Entirely);
    let mut application = reopen(&mut card);
    let listed = application.certificate(&[0x11]).unwrap();
    assert_eq!(
        application.read_certificate(&mut card, &listed).unwrap(),
        second
    );
    assert_eq!(application.certificates().len(), 4);
    assert_eq!(
        application.remove(&mut card, &listed).unwrap(),
        Removed::Entirely
    );
    let (middle, _) = old_certificate(2);
    application.remove(&mut card, &middle).unwrap();
    let application = reopen(&mut card);
    assert_eq!(application.defects(), []);
    assert_eq!(application.certificates().len(), 2);
    assert_old_certificates(&application, &mut card, &[1, 3]);
}

#[test]
fn data_is_found_by_label_and_application() {
    let mut card = Layout::default().card();
    let mut application = open(&mut card);
    let guard = guard();
    let value = vec![0x77; 1_500];
    application
        .add_data(&mut card, &data(&value, &guard))
        .unwrap();
    let private = NewData {
        label: "secret",
        private: true,
        ..data(b"hidden", &guard)
    };
    application.add_data(&mut card, &private).unwrap();
    let application = reopen(&mut card);
    assert!(
        application
            .data_object("Encrypted PINs", Some("other"))
            .is_none()
    );
    let listed = application
        .data_object("Encrypted PINs", Some("perso"))
        .unwrap();
    assert_eq!(*application.read_data(&mut card, &listed).unwrap(), value);
    let secret = application.data_object("secret", None).unwrap();
    assert_eq!(
        *application.read_data(&mut card, &secret).unwrap(),
        b"hidden"
    );
    card.reset();
    let error = application.read_data(&mut card, &secret).unwrap_err();
    assert_eq!(error.sw, Some(Sw::SECURITY_STATUS));
    assert!(error.to_string().contains("is read = #1"), "{error}");
}

#[test]
fn a_path_may_name_a_part_of_a_file() {
    let mut card = Layout::default().card();
    let application = open(&mut card);
    let (entry, value) = old_certificate(1);
    let part = |index, length| Path {
        index,
        length,
        ..entry.path.clone()
    };
    let read = |path: &Path, card: &mut Card| application.read_object(card, path);
    assert_eq!(
        *read(&part(Some(4), Some(10)), &mut card).unwrap(),
        value[4..14]
    );
    assert_eq!(*read(&part(Some(4), None), &mut card).unwrap(), value[4..]);
    let error = read(&part(Some(4), Some(400)), &mut card).unwrap_err();
    assert_eq!(
        error.to_string(),
        "object (3F00/5015/4541) is shorter than its entry says: \
         400 bytes from byte 4 on are announced, the file has 308"
    );
}

#[test]
fn a_large_file_is_written_and_read_behind_the_short_offsets() {
    for data_field in [SHORT, EXTENDED] {
        let mut card = Layout::default().card();
        let mut application = Application::open(&mut card, data_field).unwrap().unwrap();
        let value: Vec<u8> = (0..40_000_u32).map(|it| (it / 7) as u8).collect();
        application
            .add_data(&mut card, &data(&value, &guard()))
            .unwrap();
        let application = Application::open(&mut card, data_field).unwrap().unwrap();
        let listed = application.data_object("Encrypted PINs", None).unwrap();
        assert!(*application.read_data(&mut card, &listed).unwrap() == value);
    }
}

#[test]
fn token_info_gets_a_label_and_a_serial_number() {
    for layout in [Layout::default(), Layout::tight()] {
        let mut card = layout.card();
        let mut application = open(&mut card);
        let label = "A token with a label of a good length";
        application
            .set_token_info(&mut card, Some(label), Some(&[9; 8]))
            .unwrap();
        application
            .set_token_info(&mut card, Some("Short"), None)
            .unwrap();
        let application = reopen(&mut card);
        assert_eq!(application.defects(), []);
        let info = application.token_info().unwrap();
        assert_eq!(info.label.as_deref(), Some("Short"));
        assert_eq!(info.serial_number, Some(vec![9; 8]));
    }
}

#[test]
fn full_files_grow_without_losing_anything() {
    let mut card = Layout::tight().card();
    let mut application = open(&mut card);
    let (public, guard) = (rsa(), guard());
    let value = der(0xA1, 900);
    application.add_pin_entry(&mut card, &pin()).unwrap();
    application
        .add_key_pair(&mut card, &pair(&public, &guard))
        .unwrap();
    application
        .add_certificate(&mut card, &certificate(&value, Some(&guard)))
        .unwrap();
    application
        .add_data(&mut card, &data(b"blob", &guard))
        .unwrap();
    let application = reopen(&mut card);
    assert_eq!(application.defects(), []);
    assert_old_certificates(&application, &mut card, &[1, 2, 3]);
    let listed = application.certificate(&[0x11]).unwrap();
    assert_eq!(
        application.read_certificate(&mut card, &listed).unwrap(),
        value
    );
    let counts = (
        application.pins().len(),
        application.private_keys().len(),
        application.public_keys().len(),
        application.data_objects().len(),
    );
    assert_eq!(counts, (1, 1, 1, 1));
}

#[test]
fn a_certificate_for_ever_cannot_be_changed() {
    let mut card = Layout {
        delete: Condition::never(),
        ..Layout::default()
    }
    .card();
    let mut application = open(&mut card);
    let value = der(0xA1, 900);
    application
        .add_certificate(&mut card, &certificate(&value, None))
        .unwrap();
    let mut application = reopen(&mut card);
    let listed = application.certificate(&[0x11]).unwrap();
    assert_eq!(
        application.read_certificate(&mut card, &listed).unwrap(),
        value
    );
    let Removed::EntryOnly(error) = application.remove(&mut card, &listed).unwrap() else {
        panic!("the file should have stayed");
    };
    assert!(error.to_string().contains("is delete = never"), "{error}");
    assert_eq!(reopen(&mut card).certificates().len(), 3);
}

#[test]
fn before_activation_no_pin_is_needed() {
    let mut card = Layout::tight().card_before_activation();
    let mut application = open(&mut card);
    let (public, guard, value) = (ec(), guard(), der(0xA1, 300));
    application
        .add_key_pair(&mut card, &pair(&public, &guard))
        .unwrap();
    application
        .add_certificate(&mut card, &certificate(&value, None))
        .unwrap();
    send(&mut card, ins::ACTIVATE, 0, &MASTER_FILE.to_be_bytes());
    let application = reopen(&mut card);
    assert_eq!(application.defects(), []);
    assert_eq!(application.certificates().len(), 4);
    assert_old_certificates(&application, &mut card, &[1, 2, 3]);
}

/// Replaces the content of a file of a card that is not activated yet.
fn write(card: &mut Card, id: u16, content: &[u8]) {
    let path = [fid::APPLICATION.to_be_bytes(), id.to_be_bytes()].concat();
    send(card, ins::SELECT, 0x0800, &path);
    send(card, ins::UPDATE_BINARY, 0, content);
}

#[test]
fn padding_of_ff_ends_a_list_and_is_written_over() {
    let mut card = Layout::default().card_before_activation();
    let mut content = encode_all(&[1, 2].map(|it| old_certificate(it).0));
    content.resize(200, 0xFF);
    write(&mut card, 0x4441, &content);
    let mut application = open(&mut card);
    assert_eq!(application.certificates().len(), 2);
    let value = der(0xA1, 300);
    application
        .add_certificate(&mut card, &certificate(&value, None))
        .unwrap();
    let application = open(&mut card);
    assert_eq!(application.defects(), []);
    assert_eq!(application.certificates().len(), 3);
}

#[test]
fn a_kind_may_have_several_directories() {
    let mut card = Layout::default().card_before_activation();
    create(&mut card, &ef(0x4442, 256), &old_certificate(4).0.encode());
    let odf = [0x4441, 0x4442, 0x4442, 0x4443].map(|id| DirectoryEntry {
        kind: ObjectKind::Certificates,
        path: Path::of(&[HOME[0], HOME[1], id]),
    });
    write(&mut card, fid::ODF, &encode_all(&odf));
    let application = open(&mut card);
    assert_eq!(application.certificates().len(), 4);
    let mut application = open(&mut card);
    let fourth = application.certificate(&[4]).unwrap();
    application.remove(&mut card, &fourth).unwrap();
    assert_eq!(open(&mut card).certificates().len(), 3);
}

#[test]
fn nothing_is_added_behind_a_broken_frame() {
    let mut card = Layout::default().card_before_activation();
    let mut content = encode_all(&[1, 2, 3].map(|it| old_certificate(it).0));
    let last = content.len() - old_certificate(3).0.encode().len();
    content[last + 1..last + 3].copy_from_slice(&[0x82, 0x7F]);
    write(&mut card, 0x4441, &content);
    let mut application = open(&mut card);
    assert_eq!(application.certificates().len(), 2);
    let [defect] = application.defects() else {
        panic!("one defect expected: {:?}", application.defects());
    };
    assert_eq!(defect.file, "CDF (3F00/5015/4441)");
    let value = der(0xA1, 300);
    let error = application.add_certificate(&mut card, &certificate(&value, None));
    assert_eq!(
        error.unwrap_err().to_string(),
        "CDF (3F00/5015/4441) cannot be extended: \
         one of its entries is broken, none can be added behind it"
    );
}

#[test]
fn the_application_is_found_by_its_identifier_alone() {
    let mut card = Card::new(Options::default(), ChaCha8Rng::seed_from_u64(7));
    let announcement = Announcement {
        aid: AID.to_vec(),
        ..Announcement::default()
    };
    create(
        &mut card,
        &FileControl::ef(fid::DIR, 64),
        &announcement.encode(),
    );
    let home = FileControl {
        name: Some(AID.to_vec()),
        ..FileControl::df(0x5016, 0)
    };
    create(&mut card, &home, &[]);
    create(&mut card, &ef(fid::ODF, 64), &[]);
    let mut application = open(&mut card);
    application
        .add_data(&mut card, &data(b"blob", &guard()))
        .unwrap();
    let listed = open(&mut card).data_object("Encrypted PINs", None).unwrap();
    assert_eq!(listed.path.ids().unwrap(), [MASTER_FILE, 0x5016, 0x7000]);
}
