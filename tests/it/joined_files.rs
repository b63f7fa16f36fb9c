//! Findings on whole files, with every rule at work: one defect, one finding, at its place.

use perso::diagnostic::{Applicability, Finding, Severity};
use perso::rules::Page;
use perso::source::Sources;

use crate::example::{Checked, check};

/// A profile with a place for each credential and none of them filled in.
const SKETCH: &str = "\
MakeCardEraseable()
CardModel 'SIEMENS50'
PROFILENAME = 'Badge'
PERSINFO_PUT_PROFILENAME(PROFILENAME)

SEC_PIN1 = ... ; the holder's
PERSINFO_PUT_SEC(SEC_PIN1)
SEC_PIN2 = ...
PERSINFO_PUT_SEC(SEC_PIN2)
SEC_PIN3 = ...
PERSINFO_PUT_SEC(SEC_PIN3)
SEC_PUK = ...
PERSINFO_PUT_SEC(SEC_PUK)
SEC_PUK1 = ...
PERSINFO_PUT_SEC(SEC_PUK1)
SEC_PUK2 = ...
PERSINFO_PUT_SEC(SEC_PUK2)
SEC_OP = ...
PERSINFO_PUT_SEC(SEC_OP)
SEC_MAN = ...
PERSINFO_PUT_SEC(SEC_MAN)
PERSINFO_ENCRYPT_SEC()

MasterFile
CreateDf DFBADGE id=0x5015 maxsize=9000 update=always create=always \\
   aid=0x{A0 00 00 00 63 50 4B 43 53 2D 31 35}
CreateEf EFLIST id=0x5031 maxsize=auto read=always update=always
CreateEf EFPINS id=0x4501 maxsize=4000 read=always update=always
EndDF
Endfile

File Static EFLIST
data= 0x{
A7 0A 30 08 04 06 ; data objects
   3F 00 50 15 45 01
}
Endfile
File Dynamic EFPINS
data = PERSINFO_SEC()
Endfile
CreateFiles()
";

const CARD: &str = "\
[Encoding]
Type=1024,Chip
Devices=8710
[Fields]
UserPuk=
unit=
SEC_PUK=
[Description]
PKCS11LibraryWindows32=personal.dll
InitToken=true
InitialLabel=#Badge
InitialPUK=UserPuk
ChipProfile=profile.cpf
ProfileParameters=@
ClearFields=UserPuk
";

const PROFILE: &str = "\
CardModel 'SIEMENS50'
@
MasterFile
CreateEf EFUNIT id=0x4401 maxsize=200 read=always update=PUK
Endfile
File Static EFUNIT
data = unit
Endfile
CreateFiles()
";

/// Checks files that are given by name and text.
fn check_files(files: &[(&str, &str)]) -> Checked {
    let mut page = String::from("# Files\n");
    for (name, text) in files {
        page += &format!("```text {name}\n{text}```\n");
    }
    check(&Page::new(&page).example("Files"), &[])
}

fn errors(checked: &Checked) -> Vec<&Finding> {
    let findings = checked.findings.iter();
    findings
        .filter(|finding| finding.severity == Severity::Error)
        .collect()
}

fn place(sources: &Sources, finding: &Finding) -> String {
    let file = &sources[finding.primary.source];
    let position = file.position(finding.primary.span.start);
    let text = finding.primary.span.of(file.text());
    format!("{}:{} {text}", file.name(), position.line)
}

fn places_behind(sources: &Sources, finding: &Finding) -> Vec<String> {
    finding
        .secondary
        .iter()
        .map(|label| {
            let file = &sources[label.source];
            let position = file.position(label.span.start);
            format!(
                "{}:{} {}",
                file.name(),
                position.line,
                label.span.of(file.text())
            )
        })
        .collect()
}

#[test]
fn a_sketch_has_one_error_for_each_placeholder() {
    let checked = check_files(&[("sketch.cpf", SKETCH)]);
    let errors = errors(&checked);
    let lines: Vec<_> = SKETCH
        .lines()
        .zip(1..)
        .filter(|(line, _)| line.contains("..."))
        .map(|(_, number)| format!("sketch.cpf:{number} ..."))
        .collect();
    let found: Vec<_> = errors
        .iter()
        .map(|error| place(&checked.sources, error))
        .collect();
    assert_eq!(lines.len(), 8);
    assert_eq!(found, lines);
    assert!(
        errors
            .iter()
            .all(|error| error.rule == "unresolved-placeholder")
    );
}

#[test]
fn a_parameter_that_the_profile_assigns_is_one_error_across_both_files() {
    let card = CARD.replace('@', "unit");
    let profile = PROFILE.replace('@', "unit = 'Sales'");
    let checked = check_files(&[("card.dsc", &card), ("profile.cpf", &profile)]);
    let [error] = errors(&checked)[..] else {
        panic!("{:#?}", checked.findings);
    };
    assert_eq!(error.rule, "variable-assigned-twice");
    assert_eq!(place(&checked.sources, error), "card.dsc:14 unit");
    assert_eq!(
        places_behind(&checked.sources, error),
        ["profile.cpf:2 unit"]
    );
}

#[test]
fn a_second_assignment_is_one_error_at_the_second() {
    let profile = PROFILE.replace('@', "unit = 'Sales'\nunit = 'Store'");
    let checked = check_files(&[("profile.cpf", &profile)]);
    let [error] = errors(&checked)[..] else {
        panic!("{:#?}", checked.findings);
    };
    assert_eq!(error.rule, "variable-assigned-twice");
    assert_eq!(place(&checked.sources, error), "profile.cpf:3 unit");
    assert_eq!(
        places_behind(&checked.sources, error),
        ["profile.cpf:2 unit"]
    );
}

#[test]
fn a_reserved_parameter_is_one_error_whatever_the_profile_does_with_it() {
    let card = CARD.replace('@', "unit, SEC_PUK");
    for use_of_it in [
        "; nothing",
        "PERSINFO_PUT_SEC(SEC_PUK)\nPERSINFO_ENCRYPT_SEC()",
    ] {
        let profile = PROFILE.replace('@', use_of_it);
        let checked = check_files(&[("card.dsc", &card), ("profile.cpf", &profile)]);
        let [error] = errors(&checked)[..] else {
            panic!("{:#?}", checked.findings);
        };
        assert_eq!(error.rule, "reserved-profile-variable");
        assert_eq!(place(&checked.sources, error), "card.dsc:14 SEC_PUK");
    }
}

#[test]
fn a_64_bit_library_is_one_error_with_a_safe_fix() {
    let library = "[Description]\nPKCS11LibraryWindows64=personal64.dll\n";
    let card = CARD
        .replace('@', "unit")
        .replace("[Description]\n", library);
    let profile = PROFILE.replace('@', "");
    let checked = check_files(&[("card.dsc", &card), ("profile.cpf", &profile)]);
    let [error] = errors(&checked)[..] else {
        panic!("{:#?}", checked.findings);
    };
    assert_eq!(error.rule, "wrong-personal-library");
    let key = "card.dsc:9 PKCS11LibraryWindows64";
    assert_eq!(place(&checked.sources, error), key);
    let [fix] = &error.fixes[..] else {
        panic!("{error:#?}");
    };
    assert_eq!(fix.applicability, Applicability::Safe);
}

#[test]
fn what_is_well_made_has_no_error() {
    let card = CARD.replace('@', "unit");
    let profile = PROFILE.replace('@', "");
    let checked = check_files(&[("card.dsc", &card), ("profile.cpf", &profile)]);
    assert!(errors(&checked).is_empty(), "{:#?}", checked.findings);
}

/// `[mapping]` speaks of all descriptions of the project, also when one alone is checked.
#[test]
fn fields_of_descriptions_that_nobody_asked_for_are_declared() {
    let text = |field: &str| {
        format!(
            "[Encoding]\nType=1024,Chip\nDevices=8711\n[Fields]\n{field}=\n[Description]\n\
             PKCS11Library=module.dll\niccsnfield={field}\n"
        )
    };
    let here = crate::sandbox::Sandbox::new()
        .file("a.dsc", text("First"))
        .file("sub/b.dsc", text("Second"))
        .file(
            "perso.toml",
            "[mapping]\nFirst = { to = \"${Card_A}\", read = true }\n\
             Second = { to = \"${Card_B}\", read = true }\n\
             Third = { to = \"${Card_C}\" }\n",
        );
    for path in [".", "a.dsc", "sub/b.dsc"] {
        let (_, report) = here.report(&[path]);
        let findings = report["diagnostics"].as_array().unwrap();
        let found: Vec<_> = findings.iter().map(|one| &one["rule"]).collect();
        assert_eq!(found, ["mapping-of-undeclared-field"], "{path}");
    }
}
