//! Versions and the features they gate.

use proptest::prelude::*;

use super::super::{Feature, Version, features};

fn version(text: &str) -> Version {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

#[test]
fn versions_compare_number_by_number() {
    assert!(version("23.04.9") < version("23.10.0"));
    assert!(version("5.7.2") > version("5.7"));
    assert_eq!(version("22.10"), version("22.10.0"));
    assert_eq!(version("23.04"), version("23.4"));
    assert!(version("1.8.3.2").is_within(version("1.8.3")));
    assert!(!version("1.12").is_within(version("1.1")));
}

#[test]
fn what_is_no_version_is_refused() {
    for text in [
        "",
        ".",
        "1.",
        ".1",
        "1..2",
        "v1",
        "1.x",
        "1.2.3.4.5",
        "+1",
        "99999999999",
        "1 ",
    ] {
        assert!(text.parse::<Version>().is_err(), "{text}");
    }
}

#[test]
fn versions_are_shown_as_the_vendor_writes_them() {
    assert_eq!(version("23.4.6").to_string(), "23.04.6");
    assert_eq!(version("5.7.2").to_string(), "5.7.2");
    assert_eq!(version("1.8.3.2").to_string(), "1.8.3.2");
}

fn gate(name: &str) -> &'static Feature {
    features()
        .iter()
        .find(|feature| feature.name == name)
        .unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn idopte_is_missing_again_in_three_releases() {
    let idopte = gate("Idopte");
    let has = |text: &str| idopte.is_in(version(text));
    assert!(!has("23.04.8") && has("23.04.9") && has("23.04.16"));
    assert!(!has("23.10.0") && !has("23.10.2") && has("23.10.3"));
}

#[test]
fn table_d_is_complete() {
    let gates: Vec<String> = features()
        .iter()
        .map(|feature| feature.needs_identity_manager.to_string())
        .collect();
    assert_eq!(gates, ["22.10.2", "23.04.4", "23.04.9", "20.11", "22.10"]);
}

proptest! {
    #[test]
    fn a_shown_version_reads_back(parts in prop::collection::vec(0u32..10_000, 1..=4)) {
        let shown = Version::new(&parts).to_string();
        prop_assert_eq!(shown.parse::<Version>(), Ok(Version::new(&parts)));
    }

    #[test]
    fn any_text_is_read_without_panic(text in ".*") {
        let _ = text.parse::<Version>();
    }
}
