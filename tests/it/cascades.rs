//! One defect, one finding: whole files, with every error and warning that they give.

use perso::diagnostic::Severity;
use perso::rules::Page;

use crate::example::{Checked, check};

/// Rules and places, as `rule line`, of the findings that weigh at least `least`.
fn found(files: &str, least: Severity) -> Vec<String> {
    let text = format!("# Files\n\n{files}\n");
    let Checked { sources, findings } = check(&Page::new(&text).example("Files"), &[]);
    findings
        .iter()
        .filter(|finding| finding.severity >= least)
        .map(|finding| {
            let place = &finding.primary;
            let line = sources[place.source].position(place.span.start).line;
            format!("{} {line}", finding.rule)
        })
        .collect()
}

fn errors(description: &str) -> Vec<String> {
    found(&format!("```dsc\n{description}\n```"), Severity::Error)
}

fn findings(description: &str) -> Vec<String> {
    found(&format!("```dsc\n{description}\n```"), Severity::Warning)
}

const HEADER: &str = "[Encoding]\nType=1024,Chip\nDevices=8711\n";

#[test]
fn an_initialisation_with_own_serial_number_lacks_its_profile_only() {
    let text = "\
[Encoding]
Type=1024,Chip
Devices=8710

[Fields]
Units=
ChipNumber=
HolderPin=
HolderPuk=
OperatorCode=
KeyFile=
KeyFileCode=
StaffNumber=

[Description]\x20
PKCS11LibraryWindows32=D:/Tools (32)/personal.dll\x20
iccsnfield=ChipNumber
UseSelectCriteriaIccsn=false
InitToken=true
InitialPUK=HolderPuk
Operator_Pin=OperatorCode
InitialLabel=#Badge of a label with 32 letters
ChipProfile=badge_50.cpf
PIN=HolderPin
CMSCardSerialNumber=StaffNumber
ApplicationListField=Units

[Application_A]
CardSerialNumberField=StaffNumber
CertTempl=StaffSignature
ObjectCriteria=CKO_PUBLIC_KEY,CKA_LABEL,string,\"Staff key\"

[Application_B]
CardSerialNumberField=StaffNumber
CertTempl=StaffArchive
KeyArchivalRequest=true
WriteP12Data=true
Certificate=KeyFile
P12PASSWORD=KeyFileCode";
    assert_eq!(errors(text), ["unusable-companion-file 23"]);
}

#[test]
fn a_signature_pin_at_initialisation_lacks_its_profile_only() {
    let text = "\
[Encoding]
Type=1024,Chip
Devices=8711

[Fields]
PUK=
OP=
PIN=
SECOND=

[Description]
PKCS11LibraryWindows32=D:/Tools (32)/personal.dll
ChipProfile=badge_50.cpf
InitToken=true
InitialPUK=PUK
Operator_PIN=OP
PIN=PIN
SignPIN=SECOND";
    assert_eq!(errors(text), ["unusable-companion-file 13"]);
}

#[test]
fn reading_encrypted_pins_is_clean() {
    let names = ["PIN1", "PIN2", "PIN3", "PUK", "PUK1", "PUK2", "OP", "MAN"];
    let fields = names.map(|name| format!("Read_{name}=\n")).concat();
    let keys = names
        .map(|name| format!("CardPinDecryption_Output_{name}=Read_{name}\n"))
        .concat();
    let text = format!(
        "{HEADER}\n[Fields]\n{fields}\n[Description]\nPKCS11LibraryWindows32=personal.dll\n\
         # any of these may be left out\n{keys}\n# no application beside them\n"
    );
    assert_eq!(errors(&text), [""; 0]);
}

#[test]
fn a_fragment_is_told_what_it_lacks_and_nothing_else() {
    let text = "\
[Fields]
department=
building=
[Description]
InitToken=true
ChipProfile=badge_50.cpf
ProfileParameters=department, building";
    assert_eq!(
        errors(text),
        [
            "malformed-encoding-header 1",
            "missing-middleware 4",
            "missing-initial-puk 5",
            "unusable-companion-file 6",
        ]
    );
}

#[test]
fn recovered_parts_count_as_what_they_were_meant_to_be() {
    // (text behind the header, findings)
    let cases: [(&str, &[&str]); 12] = [
        // A field without `=` is declared all the same.
        (
            "[Fields]\nPuk\n[Description]\nPKCS11Library=m.dll\nInitToken=true\nInitialPUK=Puk",
            &["malformed-line 5"],
        ),
        // A header without `]` opens its section.
        (
            "[Fields\nPuk=\n[Description]\nPKCS11Library=m.dll\nInitToken=true\nInitialPUK=Puk",
            &["malformed-line 4"],
        ),
        // Text behind a header does not keep the section from opening.
        (
            "[Fields] x\nPuk=\n[Description]\nPKCS11Library=m.dll\nInitToken=true\nInitialPUK=Puk",
            &["malformed-line 4"],
        ),
        // A misspelled section or key counts as the one that it resembles.
        (
            "[Feilds]\nPuk=\n[Description]\nPKCS11Library=m.dll\nIniToken=true\nInitialPUK=Puk",
            &["unknown-section 4", "misspelled-key 8"],
        ),
        // A misplaced key is present.
        (
            "[Fields]\nPuk=\n[Description]\nPKCS11Library=m.dll\nInitToken=true\n\
             [Application_A]\nInitialPUK=Puk\nBlockCard=true",
            &["misplaced-key 10"],
        ),
        // A malformed flag is on, unless it spells off.
        (
            "[Fields]\n[Description]\nPKCS11Library=m.dll\nInitToken=yes",
            &["missing-initial-puk 7", "invalid-flag-value 7"],
        ),
        (
            "[Fields]\n[Description]\nPKCS11Library=m.dll\nInitToken=no",
            &["invalid-flag-value 7"],
        ),
        // A trailing comment is no part of the value.
        (
            "[Fields]\nPuk=\n[Description]\nPKCS11Library=m.dll\nInitToken=true # now\nInitialPUK=Puk # it",
            &["misleading-comment 8", "misleading-comment 9"],
        ),
        // Another letter case uses the field.
        (
            "[Fields]\nPuk=\n[Description]\nPKCS11Library=m.dll\nInitToken=true\nInitialPUK=PUK",
            &["field-case-mismatch 9"],
        ),
        // The field that is proposed is not unused.
        (
            "[Fields]\nHolderPuk=\n[Description]\nPKCS11Library=m.dll\nInitToken=true\nInitialPUK=HolderPuc",
            &["undeclared-field 9"],
        ),
        // A flag that is no flag is not a field either.
        (
            "[Fields]\nPuk=\nOp=\n[Description]\nPKCS11LibraryWindows32=personal.dll\n\
             OperatorPinIsSOCredential=true\nOperator_Pin=Op\nDeleteProfile=true\nClearFields=Puk",
            &["invalid-flag-value 9"],
        ),
        // What is no letter is not an application.
        (
            "[Fields]\n[Description]\nPKCS11Library=m.dll\nApplicationList=A,B\n\
             [Application_A]\nBlockCard=true\n[Application_B]\nBlockCard=true",
            &["malformed-value 7", "early-card-block 9"],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(findings(&format!("{HEADER}{text}")), expected, "{text}");
    }
}

#[test]
fn a_file_that_is_not_utf8_is_offered_no_other_fix() {
    let page = "# Files\n\n```dsc card.dsc windows-1252\n[Fields]\nStraße\n```\n";
    let checked = check(&Page::new(page).example("Files"), &[]);
    let with_fix: Vec<_> = checked
        .findings
        .iter()
        .filter(|finding| !finding.fixes.is_empty())
        .map(|finding| finding.rule)
        .collect();
    assert_eq!(with_fix, ["non-utf8-text"]);
}

#[test]
fn what_is_encrypted_is_not_missing() {
    let text = "^8F2A\n[Fields]\n[Description]\nInitToken=true\nPUK=#1\nSetPIN=true\n^77";
    assert_eq!(errors(text), [""; 0]);
}

#[test]
fn a_magnetic_stripe_has_its_own_form() {
    let text = "\
[Encoding]
Type=2,Magstripe
SubType=1
[Fields]
Track 2=\"00\" + Format(Field21,\"0000\")
[Description]
Applicationlist=2
[Application_2]
Name=ISO
DescVer=2,0,0
ADR_00000=Track 2,Track 2,X,,,S
ADR_00001=Track 2,Track 2,X,,,S";
    assert_eq!(findings(text), [""; 0]);
}

#[test]
fn long_files_of_nothing_but_defects_take_linear_time() {
    let many = 30_000;
    let names = |prefix: &str| -> String {
        (0..many)
            .map(|index| format!("{prefix}{index}\n"))
            .collect()
    };
    let fields = names("[Fields]\nF").replace("[Fields]\n", "");
    let texts = [
        format!(
            "{HEADER}[Fields]\n{fields}[Description]\n{}",
            names("PIN=G")
        ),
        format!(
            "{HEADER}[Fields]\nA=\n[Description]\n{}",
            "PIN=a\n".repeat(many)
        ),
        format!("{HEADER}{}", names("[Application_")),
        format!(
            "{HEADER}[Application_A]\n{}",
            "WriteP12Data=true\n".repeat(many)
        ),
        format!(
            "{HEADER}[Description]\nApplicationList={}\n",
            ",A".repeat(many)
        ),
        format!(
            "{HEADER}[Application_A]\nDataObject=#\nAttributesDataObject={}\n",
            "\",".repeat(many)
        ),
    ];
    for text in texts {
        assert!(!errors(&text).is_empty());
    }
}
