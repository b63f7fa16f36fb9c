//! The keywords against the list of the reference, and their look-up.

use std::collections::BTreeSet;

use super::super::Direction::{In, None as No, Out};
use super::super::ValueKind::{
    Attributes, Devices, Enum, Field, FieldList, FileName, Filter, Flag, FlagReference, Integer,
    Letters, LibraryPath, Raw, Reference, Text, TypePair, Unknown,
};
use super::super::{
    Condition, Direction, Key, Keyword, SectionKind as Section, Status, ValueKind as Kind, dialog,
    dialogs,
};

type Row = (&'static str, Kind, Direction);

/// Every keyword of the reference with its form and direction, section by section.
const DOCUMENTED: &[(Section, &[Row])] = &[
    (
        Section::Encoding,
        &[
            ("Type", TypePair, No),
            ("Devices", Devices, No),
            ("Subtype", Integer, No),
            ("SkipEject", Flag, No),
            ("MessagingServerField", Reference, In),
        ],
    ),
    (
        Section::Description,
        &[
            ("PKCS11Library", LibraryPath, No),
            ("PKCS11LibraryWindows32", LibraryPath, No),
            ("PKCS11LibraryWindows64", LibraryPath, No),
            ("MiniDriverLibrary", LibraryPath, No),
            ("InitToken", Flag, No),
            ("InitialPUK", Reference, In),
            ("InitialLabel", Reference, In),
            ("SetPIN", Flag, No),
            ("PIN", Reference, In),
            ("PUK", Reference, In),
            ("ClearFields", FieldList, In),
            ("CardManagerKey", Reference, In),
            ("Operator_Pin", Reference, In),
            ("OperatorPinIsSOCredential", FlagReference, In),
            ("SignPIN", Reference, In),
            ("SignPUK", Reference, In),
            ("ChipProfile", FileName, No),
            ("ProfileParameters", FieldList, In),
            ("DeleteProfile", Flag, No),
            ("RetrieveAllTokens", Flag, No),
            ("AllTokensIccsnsField", Field, Out),
            ("UseICCSNwithATR", Flag, No),
            ("UseSelectCriteriaIccsn", Flag, No),
            ("SelectCriteriaIccsn", Field, In),
            ("iccsnfield", Field, Out),
            ("CMSCardSerialNumber", Field, In),
            ("UseChipSerialAsIccsn", Flag, No),
            ("ApplicationList", Letters, No),
            ("ApplicationListField", Field, In),
            (
                "ExtendedErrorMode",
                Enum(&["APPLY_ON_ALL_ERRORS", "APPLY_ON_APP_ERRORS_ONLY"]),
                No,
            ),
            ("ResponseStatusIdField", Field, Out),
            ("ResponseStatusTextField", Field, Out),
            ("EncodingStepsAllField", Field, Out),
            ("EncodingStepsDoneField", Field, Out),
            ("CardPinDecryption_Output_PIN1", Field, Out),
            ("CardPinDecryption_Output_PIN2", Field, Out),
            ("CardPinDecryption_Output_PIN3", Field, Out),
            ("CardPinDecryption_Output_PUK", Field, Out),
            ("CardPinDecryption_Output_PUK1", Field, Out),
            ("CardPinDecryption_Output_PUK2", Field, Out),
            ("CardPinDecryption_Output_OP", Field, Out),
            ("CardPinDecryption_Output_MAN", Field, Out),
        ],
    ),
    (
        Section::Application,
        &[
            ("Location", Reference, In),
            ("CertTempl", Raw, No),
            ("KeySize", Integer, No),
            ("ObjectCriteria", Filter, No),
            ("CardSerialNumberField", Field, In),
            ("KeyArchivalRequest", Flag, No),
            ("WriteP12Data", Flag, No),
            ("Certificate", Field, In),
            ("P12PASSWORD", Field, In),
            ("WriteCertificate", Flag, No),
            ("WriteCertKeyList", Flag, No),
            ("CertKeyList", Field, In),
            ("CertKeyListReturnField", Field, Out),
            (
                "CertKeyListMode",
                Enum(&["WRITE_ANY_BUT_MANDATORILY_THE_FIRST"]),
                No,
            ),
            ("BlockCard", Flag, No),
            ("DataObject", Field, In),
            ("LabelExpressionDataObject", Text, No),
            ("AttributesDataObject", Attributes, No),
            ("EncodingStep", Raw, No),
            ("ApduFile", FileName, No),
            ("ApduResponseCodesField", Field, Out),
        ],
    ),
    (
        Section::Magstripe,
        &[
            ("Name", Raw, No),
            ("DescVer", Raw, No),
            ("Format", Raw, No),
            ("Coerc", Raw, No),
            ("Track", Raw, No),
            ("ADR_00000", Raw, No),
        ],
    ),
    (
        Section::Application,
        &[
            ("KeyType", Enum(&["RSA", "EC"]), No),
            ("ReadCertificate", Unknown, No),
            ("SubjectKeyIdentifier", Unknown, No),
            ("DeleteObjects", Unknown, No),
        ],
    ),
];

fn documented() -> impl Iterator<Item = (&'static str, Section, Kind, Direction)> {
    DOCUMENTED.iter().flat_map(|&(section, rows)| {
        rows.iter()
            .map(move |&(name, kind, direction)| (name, section, kind, direction))
    })
}

#[test]
fn every_keyword_of_the_reference_is_known_with_its_form() {
    for (name, section, kind, direction) in documented() {
        let key = Key::find(name).unwrap_or_else(|| panic!("{name} is unknown"));
        let keyword = key.keyword();
        assert_eq!(keyword.section, section, "{name}");
        assert_eq!(keyword.kind, kind, "{name}");
        assert_eq!(keyword.direction, direction, "{name}");
    }
}

#[test]
fn nothing_else_is_called_documented() {
    let listed: BTreeSet<Key> = documented().filter_map(|row| Key::find(row.0)).collect();
    let renamed = |key: Key| key.keyword().replaced_by.is_some();
    for &key in Key::ALL
        .iter()
        .filter(|key| !listed.contains(key) && !renamed(**key))
    {
        assert_eq!(key.keyword().status, Status::Perso, "{}", key.name());
    }
}

#[test]
fn keys_index_their_keywords() {
    assert_eq!(Key::ALL.len(), Key::COUNT);
    for (at, &key) in Key::ALL.iter().enumerate() {
        assert_eq!(key as usize, at);
        assert_eq!(key.keyword().key, key);
        if key.keyword().pattern.is_none() {
            assert_eq!(Key::find(key.name()), Some(key));
        }
    }
}

#[test]
fn letter_case_does_not_matter() {
    for &key in Key::ALL
        .iter()
        .filter(|key| key.keyword().pattern.is_none())
    {
        assert_eq!(Key::find(&key.name().to_ascii_uppercase()), Some(key));
        assert_eq!(Key::find(&key.name().to_ascii_lowercase()), Some(key));
    }
    assert_eq!(Key::find("Operator_PIN"), Some(Key::OperatorPin));
    assert_eq!(
        Key::find("useChipSerialAsIccsn"),
        Some(Key::UseChipSerialAsIccsn)
    );
    assert_eq!(Key::find("Applicationlist"), Some(Key::ApplicationList));
}

#[test]
fn aliases_lead_to_their_key_and_say_what_they_are() {
    assert_eq!(Key::find("PIN2"), Some(Key::SignPIN));
    assert_eq!(Key::find("ICCSN"), Some(Key::Iccsnfield));
    let misprint =
        Key::find("useChipSerialAslccsn").and_then(|key| key.alias("useChipSerialAslccsn"));
    assert!(misprint.is_some_and(|alias| alias.misprint));
    assert!(
        Key::SignPIN
            .alias("pin2")
            .is_some_and(|alias| !alias.misprint && !alias.obsolete)
    );
    assert!(Key::SignPIN.alias("SignPIN").is_none());
}

#[test]
fn renamed_keys_are_known_and_tell_their_present_name() {
    assert_eq!(
        Key::find("CardOSApduFile").map(Key::current),
        Some(Key::ApduFile)
    );
    assert_eq!(
        Key::find("CardOSApduResponseCodesField").map(Key::current),
        Some(Key::ApduResponseCodesField)
    );
    assert_eq!(Key::PIN.current(), Key::PIN);
}

#[test]
fn families_of_names_are_recognised() {
    assert_eq!(Key::find("adr_00017"), Some(Key::ADR));
    assert_eq!(
        Key::find("PKCS11LibraryLinux64"),
        Some(Key::PKCS11LibraryOther)
    );
    assert_eq!(Key::find("PKCS11Library"), Some(Key::PKCS11Library));
    assert_eq!(
        Key::find("pkcs11librarywindows32"),
        Some(Key::PKCS11LibraryWindows32)
    );
    for name in [
        "ADR_",
        "ADR_1x",
        "ADR",
        "PKCS11Library*",
        "PKCS11Library é",
        "ADR_nnnnn",
    ] {
        assert_eq!(Key::find(name), None, "{name}");
    }
}

#[test]
fn unknown_names_of_every_kind_are_none() {
    let endless = "A".repeat(100_000);
    for name in [
        "",
        " ",
        "PI",
        "PINS",
        "\0",
        "ÄÖ",
        "PKCS11Librarä",
        endless.as_str(),
    ] {
        assert_eq!(Key::find(name), None);
    }
}

fn those(test: impl Fn(&Keyword) -> bool) -> Vec<&'static str> {
    Key::ALL
        .iter()
        .filter(|key| test(key.keyword()))
        .map(|key| key.name())
        .collect()
}

#[test]
fn credential_keys_are_those_of_the_rules() {
    let credentials = those(|keyword| keyword.credential);
    let expected = [
        "InitialPUK",
        "PIN",
        "PUK",
        "CardManagerKey",
        "Operator_Pin",
        "SignPIN",
        "SignPUK",
        "P12PASSWORD",
    ];
    assert_eq!(credentials, expected);
}

#[test]
fn commands_are_those_of_the_rules() {
    let expected = [
        "CertTempl",
        "WriteP12Data",
        "WriteCertificate",
        "WriteCertKeyList",
        "BlockCard",
        "DataObject",
        "ApduFile",
        "CardOSApduFile",
    ];
    assert_eq!(those(|keyword| keyword.command), expected);
}

#[test]
fn personal_keys_are_those_of_the_rules() {
    let personal = those(Keyword::is_personal_only);
    let (outputs, keys): (Vec<&str>, Vec<&str>) = personal
        .into_iter()
        .partition(|name| name.starts_with("CardPinDecryption_Output_"));
    assert_eq!(outputs.len(), 8);
    let expected = [
        "Operator_Pin",
        "OperatorPinIsSOCredential",
        "ChipProfile",
        "ProfileParameters",
        "DeleteProfile",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn tolerated_keys_have_no_known_form() {
    let tolerated = those(|keyword| keyword.status == Status::Tolerated);
    assert_eq!(
        tolerated,
        ["ReadCertificate", "SubjectKeyIdentifier", "DeleteObjects"]
    );
    assert_eq!(those(|keyword| keyword.kind == Kind::Unknown), tolerated);
}

#[test]
fn requirements_read_like_tables_a_and_b() {
    let any_of = |keyword: &Keyword| -> Vec<Vec<Condition>> {
        keyword
            .requires
            .iter()
            .map(|one| one.any_of.to_vec())
            .collect()
    };
    assert_eq!(
        any_of(Key::SetPIN.keyword()),
        [[
            Condition::Present(Key::PIN),
            Condition::Present(Key::PUK),
            Condition::Present(Key::SignPUK),
        ]]
    );
    assert_eq!(
        any_of(Key::WriteP12Data.keyword()),
        [
            [Condition::Present(Key::Certificate)],
            [Condition::Present(Key::P12PASSWORD)]
        ]
    );
    let table_a = [
        "SetPIN",
        "OperatorPinIsSOCredential",
        "RetrieveAllTokens",
        "UseSelectCriteriaIccsn",
        "WriteP12Data",
        "WriteCertificate",
        "WriteCertKeyList",
    ];
    assert_eq!(those(|keyword| !keyword.requires.is_empty()), table_a);

    let signature_pin = Key::SignPIN.keyword().effective_with;
    assert_eq!(
        signature_pin[0].any_of,
        [
            Condition::On(Key::InitToken),
            Condition::On(Key::SetPIN),
            Condition::SignatureApplication,
            Condition::LocationFromField,
        ]
    );
    let table_b = [
        "InitialLabel",
        "SignPIN",
        "ChipProfile",
        "ProfileParameters",
        "AllTokensIccsnsField",
        "UseICCSNwithATR",
        "SelectCriteriaIccsn",
        "UseChipSerialAsIccsn",
        "ResponseStatusIdField",
        "ResponseStatusTextField",
        "EncodingStepsAllField",
        "EncodingStepsDoneField",
        "KeySize",
        "ObjectCriteria",
        "KeyArchivalRequest",
        "Certificate",
        "P12PASSWORD",
        "CertKeyList",
        "CertKeyListReturnField",
        "CertKeyListMode",
        "LabelExpressionDataObject",
        "AttributesDataObject",
        "ApduResponseCodesField",
    ];
    assert_eq!(those(|keyword| !keyword.effective_with.is_empty()), table_b);
}

#[test]
fn dialogs_are_the_seven_of_the_reference() {
    assert_eq!(dialogs().len(), 7);
    for number in 1..=3 {
        let plain = format!("!FROM_USER_DIALOG_{number}_FIELD");
        assert!(dialog(&plain).is_some_and(|dialog| !dialog.auto));
        assert!(dialog(&format!("{plain}_AUTO")).is_some_and(|dialog| dialog.auto));
    }
    assert!(dialog("!FROM_PROTECTED_AUTHENTICATION_PATH").is_some());
    assert!(dialog("!FROM_USER_DIALOG_4_FIELD").is_none());
}
