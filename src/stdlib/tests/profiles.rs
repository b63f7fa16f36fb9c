//! The vocabulary of card profiles.

use super::super::{
    AccessWord, DeclarationKind, Key, ParameterKind, Placement, ResultKind, access_word,
    access_words, attribute, attributes, credential, credential_of_variable, credentials, function,
    functions, profile, profiles, statement, statements, variable,
};

#[test]
fn every_function_of_the_reference_is_known_with_its_form() {
    let forms = [
        (
            "MakeCardEraseable",
            0..=0,
            ResultKind::None,
            Placement::First,
        ),
        ("BurnFuse", 0..=0, ResultKind::None, Placement::Last),
        ("CreateFiles", 0..=0, ResultKind::None, Placement::Anywhere),
        ("SECRANDOM", 1..=2, ResultKind::Secret, Placement::Anywhere),
        (
            "PERSINFO_PUT_PROFILENAME",
            1..=1,
            ResultKind::None,
            Placement::Anywhere,
        ),
        (
            "PERSINFO_PUT_SEC",
            1..=1,
            ResultKind::None,
            Placement::Anywhere,
        ),
        (
            "PERSINFO_ENCRYPT_SEC",
            0..=0,
            ResultKind::None,
            Placement::Anywhere,
        ),
        (
            "PERSINFO_SEC",
            0..=0,
            ResultKind::Bytes,
            Placement::Anywhere,
        ),
        (
            "PERSINFO_PUT_PUBRSA_AND_SEC",
            0..=0,
            ResultKind::Bytes,
            Placement::Anywhere,
        ),
    ];
    assert_eq!(functions().len(), forms.len());
    for (name, arity, result, placement) in forms {
        let found = function(&name.to_ascii_lowercase()).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(found.name, name);
        assert_eq!(found.arity(), arity, "{name}");
        assert_eq!(found.result, result, "{name}");
        assert_eq!(found.placement, placement, "{name}");
    }
}

#[test]
fn optional_parameters_come_last() {
    for function in functions() {
        assert!(
            function
                .parameters
                .is_sorted_by_key(|parameter| parameter.optional)
        );
    }
    let secret = function("PERSINFO_PUT_SEC").map(|found| found.parameters[0].kind);
    assert_eq!(secret, Some(ParameterKind::SecretVariable));
}

#[test]
fn statements_close_with_statements() {
    let names: Vec<&str> = statements()
        .iter()
        .map(|statement| statement.name)
        .collect();
    let expected = [
        "CardModel",
        "MasterFile",
        "CreateDf",
        "EndDF",
        "CreateEf",
        "CreatePin",
        "CreateKey",
        "File",
        "data",
        "Endfile",
    ];
    assert_eq!(names, expected);
    assert_eq!(
        statement("createdf").and_then(|found| found.closed_by),
        Some("EndDF")
    );
    assert_eq!(
        statement("MASTERFILE").and_then(|found| found.closed_by),
        Some("Endfile")
    );
    assert!(
        statement("CreateFiles").is_none(),
        "a call, not a statement word"
    );
}

#[test]
fn attributes_know_their_declarations() {
    let on = |name: &str, kind| attribute(name).is_some_and(|found| found.is_on(kind));
    assert!(on("ID", DeclarationKind::Ef) && on("id", DeclarationKind::Df));
    assert!(!on("id", DeclarationKind::MasterFile) && !on("aid", DeclarationKind::Ef));
    assert!(on("create", DeclarationKind::MasterFile) && !on("read", DeclarationKind::Df));
    assert!(on("unblock", DeclarationKind::Pin) && on("public", DeclarationKind::Key));
    assert_eq!(attributes().len(), 24);
}

#[test]
fn only_the_attributes_of_the_example_are_the_vendors() {
    let ours = |name: &str, kind| attribute(name).is_some_and(|found| found.is_extension_on(kind));
    for name in ["id", "maxsize", "update", "read"] {
        assert!(!ours(name, DeclarationKind::Ef), "{name}");
    }
    assert!(ours("maxsize", DeclarationKind::MasterFile));
    assert!(ours("delete", DeclarationKind::Ef) && ours("retries", DeclarationKind::Pin));
}

#[test]
fn credentials_join_variables_keys_and_outputs() {
    let names: Vec<&str> = credentials().iter().map(|one| one.name).collect();
    assert_eq!(
        names,
        ["PIN1", "PIN2", "PIN3", "PUK", "PUK1", "PUK2", "OP", "MAN"]
    );
    for one in credentials() {
        assert_eq!(one.variable, format!("SEC_{}", one.name));
        assert!(
            one.read_by
                .is_some_and(|key| key.name().ends_with(&format!("_{}", one.name)))
        );
        assert!(credential(one.name).is_some_and(|found| found.name == one.name));
        assert!(one.fed_by.iter().all(|key| key.keyword().credential));
    }
    let feeding = |variable| credential_of_variable(variable).map(|one| one.fed_by);
    assert_eq!(feeding("sec_pin1"), Some(&[Key::PIN][..]));
    assert_eq!(feeding("SEC_PIN2"), Some(&[Key::SignPIN][..]));
    assert_eq!(feeding("SEC_PUK"), Some(&[Key::InitialPUK][..]));
    assert_eq!(feeding("SEC_OP"), Some(&[Key::OperatorPin][..]));
    assert_eq!(feeding("SEC_MAN"), Some(&[][..]));
    assert!(credential_of_variable("SEC_PIN4").is_none());
    let reserved = credentials().iter().filter(|one| one.reserved).count();
    assert_eq!(reserved, 4);
}

#[test]
fn access_words_are_found_in_any_letter_case() {
    assert!(matches!(access_word("ALWAYS"), Some(AccessWord::Always)));
    assert!(matches!(access_word("Never"), Some(AccessWord::Never)));
    assert!(matches!(
        access_word("so"),
        Some(AccessWord::SecurityOfficer)
    ));
    let puk = access_word("puk2");
    assert!(matches!(puk, Some(AccessWord::Credential(found)) if found.variable == "SEC_PUK2"));
    assert!(access_word("PIN4").is_none() && access_word("SEC_PIN1").is_none());
    assert_eq!(access_words().len(), 3 + credentials().len());
}

#[test]
fn conventional_variables_are_known() {
    assert!(variable("profilename").is_some());
    assert!(variable("SEC_PIN1").is_none(), "that is a credential");
}

#[test]
fn profiles_are_found_by_file_name() {
    for shipped in profiles() {
        assert_eq!(profile(shipped.name), Some(shipped.text));
    }
    assert!(profile("no-such.cpf").is_none());
}
