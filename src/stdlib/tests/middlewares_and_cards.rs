//! Recognition of middlewares, cards and encoders.

use super::super::{
    Certainty, card, card_of_model, cards, encoder, encoder_of_device, middleware, middlewares,
    recognise_library,
};

fn recognised(value: &str) -> Option<&'static str> {
    recognise_library(false, value).map(|middleware| middleware.id)
}

#[test]
fn libraries_are_recognised_by_file_name() {
    let table = [
        (
            "C:/Program Files (x86)/Personal/bin/personal.dll",
            "personal-desktop-client",
        ),
        ("C:\\Windows\\PERSONAL64.DLL", "personal-desktop-client"),
        ("Idopte", "idopte"),
        ("IDPrimePKCS1164.dll", "gemalto"),
        ("/usr/lib/libeTPkcs11.so", "gemalto"),
        ("TCOS3NetKey.dll", "tcos"),
        ("cvP11.dll", "cryptovision"),
        ("C:/CardOS API/cardos11.dll", "cardos-api"),
        ("siecap11.dll", "cardos-api"),
    ];
    for (value, id) in table {
        assert_eq!(recognised(value), Some(id), "{value}");
    }
}

#[test]
fn other_libraries_are_none_of_the_known() {
    // The folder does not count, nor a name that only holds what it must start with.
    let others = [
        "C:/Personal/bin/other.dll",
        "mycvP11.dll",
        "libidopte.so",
        "C:/idopte/idopte",
        "exampleP11.dll",
        "",
        "/",
    ];
    for value in others {
        assert_eq!(recognised(value), None, "{value}");
    }
}

#[test]
fn the_mini_driver_is_recognised_by_its_key() {
    let found = recognise_library(true, "personal.dll").map(|middleware| middleware.id);
    assert_eq!(found, Some("minidriver"));
}

#[test]
fn targets_name_middlewares() {
    let names = [
        "personal-desktop-client",
        "idopte",
        "gemalto",
        "safenet",
        "tcos",
        "cryptovision",
        "cardos-api",
        "minidriver",
        "generic-pkcs11",
    ];
    for name in names {
        assert!(
            middleware(name).is_some_and(|found| found.target_names.contains(&name)),
            "{name}"
        );
    }
    assert_eq!(middleware("SafeNet").map(|found| found.id), Some("gemalto"));
    assert!(middleware("personal").is_none());
}

#[test]
fn the_signature_slot_is_on_the_published_list() {
    let with_slot: Vec<&str> = middlewares()
        .iter()
        .filter(|middleware| middleware.signature_slot == Some(true))
        .map(|middleware| middleware.id)
        .collect();
    assert_eq!(with_slot, ["personal-desktop-client", "idopte", "gemalto"]);
    assert_eq!(
        middleware("generic-pkcs11").and_then(|other| other.signature_slot),
        None
    );
}

#[test]
fn tcos_limits_are_those_of_the_page() {
    let limits = middleware("tcos").and_then(|tcos| tcos.pin_limits.as_ref());
    assert!(limits.is_some_and(|limits| limits.pin == (6..=24) && limits.puk == (8..=24)));
    let tcos = middleware("tcos");
    let imports = |text: &str| tcos.map(|tcos| tcos.imports_keys(text.parse().ok()));
    assert_eq!(imports("1.8.3.2"), Some(false));
    assert_eq!(imports("1.12.4.0"), Some(true));
    assert_eq!(imports("no version"), Some(false));
    assert_eq!(
        middleware("gemalto").map(|other| other.imports_keys(None)),
        Some(true)
    );
}

#[test]
fn card_models_are_those_of_table_e() {
    let table = [
        ("SIEMENS50", "cardos-5.0", Certainty::Implied),
        ("Siemens44", "cardos-4.4", Certainty::Ours),
        ("siemens53", "cardos-5.3", Certainty::Ours),
        ("ISO7816", "iso7816", Certainty::Ours),
    ];
    for (model, id, certainty) in table {
        let found = card_of_model(model).unwrap_or_else(|| panic!("{model}"));
        assert_eq!((found.id, found.model_certainties), (id, &[certainty][..]));
    }
    let models: usize = cards().iter().map(|card| card.card_models.len()).sum();
    assert_eq!(models, table.len());
    assert!(
        card_of_model("cardos-5.0").is_none(),
        "an id is no model name"
    );
}

#[test]
fn puk_change_and_its_cards_agree() {
    let change = middleware("personal-desktop-client").and_then(|one| one.puk_change.as_ref());
    let listed = change
        .map(|change| change.cards.to_vec())
        .unwrap_or_default();
    let marked: Vec<&str> = cards()
        .iter()
        .filter(|card| card.puk_change)
        .map(|card| card.id)
        .collect();
    assert_eq!(listed, marked);
    assert_eq!(marked, ["cosmo-7", "cosmo-8.2"]);
}

#[test]
fn cards_carry_their_bytes() {
    let cardos = card("CardOS-5.0").unwrap_or_else(|| panic!("cardos-5.0"));
    assert_eq!(
        cardos.atr[0],
        b"\x3b\xd2\x18\x00\x81\x31\xfe\x58\xc9\x01\x14"
    );
    assert_eq!(cardos.os_version, Some(&b"\xc9\x01"[..]));
    for card in cards() {
        assert_eq!(
            card.model_certainties.len(),
            card.card_models.len(),
            "{}",
            card.id
        );
        assert!(
            card.atr.iter().all(|atr| (2..=33).contains(&atr.len())),
            "{}",
            card.id
        );
    }
}

#[test]
fn devices_stand_for_encoders() {
    assert_eq!(
        encoder_of_device(8710).map(|found| found.id),
        Some("jpki-encoder")
    );
    assert_eq!(
        encoder_of_device(8711).map(|found| found.id),
        Some("smart-id-desktop-app")
    );
    assert_eq!(
        encoder("JPKI-Encoder").map(|found| found.device),
        Some(8710)
    );
    assert!(encoder_of_device(8712).is_none());
}
