//! Every record says what it means and where it comes from.

use super::super::{
    Certainty, Key, Status, access_words, attributes, cards, credentials, dialogs, encoders,
    features, forms, functions, middlewares, sections, source, sources, statements, variables,
};

/// (name, status, certainty, meaning, source) of every record of the stdlib.
fn records() -> Vec<(&'static str, Status, Certainty, &'static str, &'static str)> {
    macro_rules! all {
        ($($records:expr, $name:ident;)*) => {
            [$($records
                .iter()
                .map(|one| (one.$name, one.status, one.certainty, one.meaning, one.source))
                .collect::<Vec<_>>()),*]
            .concat()
        };
    }
    let keywords: Vec<_> = Key::ALL.iter().map(|key| key.keyword()).collect();
    all! {
        keywords, name;
        forms(), name;
        dialogs(), text;
        encoders(), id;
        features(), name;
        functions(), name;
        statements(), name;
        attributes(), name;
        variables(), name;
        credentials(), name;
        access_words(), name;
        middlewares(), id;
        cards(), id;
    }
}

#[test]
fn every_record_has_a_meaning_and_known_sources() {
    for (name, _, _, meaning, cited) in records() {
        assert!(
            meaning.len() > 10 && meaning.ends_with('.'),
            "{name}: {meaning}"
        );
        assert!(
            cited.split(", ").all(|short| source(short).is_some()),
            "{name}: {cited}"
        );
    }
    for section in sections() {
        assert!(section.meaning.ends_with('.'));
        assert!(
            section
                .source
                .split(", ")
                .all(|short| source(short).is_some())
        );
    }
}

#[test]
fn nothing_of_ours_is_sold_as_the_vendors() {
    for (name, status, certainty, _, cited) in records() {
        match status {
            Status::Documented => assert_ne!(cited, "PERSO", "{name}"),
            Status::Perso => {
                assert_eq!(certainty, Certainty::Ours, "{name}");
                assert!(cited.contains("PERSO"), "{name}");
            }
            Status::Tolerated => assert_eq!(certainty, Certainty::Hearsay, "{name}"),
        }
    }
}

#[test]
fn every_source_is_cited() {
    let cited: Vec<&str> = records()
        .iter()
        .flat_map(|record| record.4.split(", "))
        .collect();
    for page in sources() {
        assert!(cited.contains(&page.short), "{}", page.short);
    }
}
