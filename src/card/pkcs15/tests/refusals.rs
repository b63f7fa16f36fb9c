//! What a profile or an access rule does not allow is told in words.

use super::*;

#[test]
fn a_pin_that_is_not_verified_is_named() {
    let mut card = Layout::default().card();
    card.reset();
    let mut application = open(&mut card);
    let error = application
        .add_certificate(&mut card, &certificate(&der(1, 50), None))
        .unwrap_err();
    assert_eq!(error.sw, Some(Sw::SECURITY_STATUS));
    insta("a_pin_that_is_not_verified", &error);
    let error = application
        .set_token_info(&mut card, Some("x"), None)
        .unwrap_err();
    insta("token_info_without_pin", &error);
}

#[test]
fn a_full_directory_on_a_card_that_allows_no_other() {
    let layout = Layout {
        delete: Condition::never(),
        ..Layout::tight()
    };
    let mut card = layout.card();
    let mut application = open(&mut card);
    let error = application
        .add_data(&mut card, &data(b"blob", &guard()))
        .unwrap_err();
    insta("a_full_odf", &error);
    let error = application
        .set_token_info(&mut card, Some("a label that is a good deal longer"), None)
        .unwrap_err();
    insta("a_full_token_info", &error);
    let layout = Layout {
        home_size: 1_200,
        ..Layout::tight()
    };
    let mut card = layout.card();
    let mut application = open(&mut card);
    let error = application.add_certificate(&mut card, &certificate(&der(1, 5), Some(&guard())));
    insta("a_full_cdf", &error.unwrap_err());
    let again = reopen(&mut card);
    assert_eq!(again.defects(), []);
    assert_old_certificates(&again, &mut card, &[1, 2, 3]);
}

#[test]
fn nothing_is_invented_that_the_profile_lacks() {
    let mut card = Card::new(Options::default(), ChaCha8Rng::seed_from_u64(7));
    create(&mut card, &FileControl::df(fid::APPLICATION, 0), &[]);
    let mut application = open(&mut card);
    let told: Vec<_> = application
        .defects()
        .iter()
        .map(|it| &it.file[..])
        .collect();
    let missing = [
        "EF.DIR (3F00/2F00)",
        "EF.ODF (3F00/5015/5031)",
        "EF.TokenInfo (3F00/5015/5032)",
    ];
    assert_eq!(told, missing);
    let error = application
        .add_data(&mut card, &data(b"blob", &guard()))
        .unwrap_err();
    insta("no_odf", &error);
    let error = application
        .set_token_info(&mut card, Some("x"), None)
        .unwrap_err();
    insta("no_token_info", &error);
}

#[test]
fn values_that_cannot_be_stored() {
    let mut card = Layout::default().card();
    let mut application = open(&mut card);
    let guard = guard();
    let error = application
        .add_data(&mut card, &data(b"", &guard))
        .unwrap_err();
    insta("empty_data", &error);
    let orphan = NewData {
        private: true,
        guard: None,
        ..data(b"x", &guard)
    };
    insta(
        "private_without_pin",
        &application.add_data(&mut card, &orphan).unwrap_err(),
    );
    let error = application.add_certificate(&mut card, &certificate(b"PEM?", Some(&guard)));
    insta("no_certificate", &error.unwrap_err());
    let public = PublicTemplate::Ec { point: vec![4; 57] };
    let error = application
        .add_key_pair(&mut card, &pair(&public, &guard))
        .unwrap_err();
    insta("no_known_curve", &error);
    let stranger = old_certificate(9).0;
    insta(
        "not_listed",
        &application.remove(&mut card, &stranger).unwrap_err(),
    );
}

fn insta(name: &str, error: &CardError) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../../snapshots/card/pkcs15");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!(name, error.to_string()));
}
