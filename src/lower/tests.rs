//! Descriptions and profiles from end to end.

mod profile;
mod secrets;

use std::collections::HashMap;

use proptest::prelude::*;

use super::lower;
use crate::diagnostic::Finding;
use crate::model::{Companion, CompanionKind, Encoding, Profile, Project, ProjectFiles, Target};
use crate::plan::{Plan, PlanError, diff, show};
use crate::source::{SourceFile, Sources};
use crate::syntax::{cpf, dsc};

const GENERIC: &str = include_str!("tests/generic.dsc");
const PERSONAL: &str = include_str!("tests/personal.dsc");
const PROFILE: &str = include_str!("tests/lab.cpf");
const READ_PINS: &str = include_str!("tests/read-pins.dsc");
const HELP_DESK: &str = include_str!("tests/help-desk.dsc");

fn compile_in(
    folder: &str,
    description: &str,
    profile: Option<&str>,
) -> Result<Plan, Vec<Finding>> {
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::from_text(
        format!("{folder}card.dsc"),
        description,
    ));
    let profile_id =
        profile.map(|text| sources.add(SourceFile::from_text(format!("{folder}lab.cpf"), text)));
    let tree = dsc::parse(sources[id].text());
    let profile_tree = profile_id.map(|id| cpf::parse(sources[id].text()));
    let encoding = Encoding::new(id, sources[id].text(), &tree);
    let mut companions: ProjectFiles = HashMap::new();
    let mut profiles = Vec::new();
    if let (Some(profile), Some(tree)) = (profile_id, &profile_tree) {
        companions.insert((id, CompanionKind::Profile), Companion::Found(profile));
        profiles.push(Profile::new(profile, sources[profile].text(), tree));
    }
    let project = Project::new(vec![encoding], profiles, companions, Target::default());
    lower(&project, &project.encodings[0], &sources)
}

fn compile(description: &str, profile: Option<&str>) -> Result<Plan, Vec<Finding>> {
    compile_in("", description, profile)
}

fn refusals(description: &str, profile: Option<&str>) -> Vec<String> {
    compile(description, profile)
        .expect_err("it has no meaning")
        .into_iter()
        .map(|finding| finding.message)
        .collect()
}

#[test]
fn plans_as_tables() {
    let examples = [
        ("generic", GENERIC, None),
        ("personal", PERSONAL, Some(PROFILE)),
        ("read-pins", READ_PINS, None),
        ("help-desk", HELP_DESK, None),
    ];
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/plan");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, description, profile) in examples {
            let plan = compile(description, profile)
                .unwrap_or_else(|findings| panic!("{name}: {findings:#?}"));
            let table = show(&plan).unwrap();
            let profile = profile.map_or(String::new(), |text| format!("---- lab.cpf\n{text}"));
            insta::assert_snapshot!(
                name,
                format!("---- card.dsc\n{description}{profile}---- plan\n{table}")
            );
        }
    });
}

#[test]
fn plans_are_the_same_in_every_folder() {
    let here = compile(PERSONAL, Some(PROFILE)).unwrap().to_text().unwrap();
    let again = compile(PERSONAL, Some(PROFILE)).unwrap().to_text().unwrap();
    let there = compile_in("../far/away.dsz!", PERSONAL, Some(PROFILE)).unwrap();
    assert_eq!(here, again);
    assert_eq!(here, there.to_text().unwrap());
}

#[test]
fn a_plan_comes_back_from_its_text_and_tells_changes() {
    let plan = compile(PERSONAL, Some(PROFILE)).unwrap();
    let text = plan.to_text().unwrap();
    assert_eq!(Plan::from_text(&text).unwrap(), plan);
    let changed = text.replace("\"5015\"", "\"5016\"");
    assert!(matches!(
        Plan::from_text(&changed),
        Err(PlanError::Changed { .. })
    ));
    let newer = text.replacen("\"version\": 1", "\"version\": 2", 1);
    assert!(matches!(
        Plan::from_text(&newer),
        Err(PlanError::Newer { found: 2 })
    ));
    assert!(matches!(Plan::from_text("{}"), Err(PlanError::OtherFormat)));
    assert!(matches!(
        Plan::from_text("{"),
        Err(PlanError::NotJson { .. })
    ));
}

#[test]
fn a_changed_profile_is_another_plan() {
    let before = compile(PERSONAL, Some(PROFILE)).unwrap();
    let other = PROFILE.replace("read=always", "read=PIN1");
    let after = compile(PERSONAL, Some(&other)).unwrap();
    assert_ne!(before.digests.content, after.digests.content);
    let differences = diff(&before, &after).unwrap();
    let told = differences
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n");
    assert!(told.contains("profile.create.EFODF access read"), "{told}");
    assert!(told.contains("sources lab.cpf sha256"), "{told}");
}

#[test]
fn a_written_credential_is_neither_shown_nor_published() {
    let with = |pin: &str| GENERIC.replace("PIN=StartPin", &format!("PIN=#{pin}"));
    let (one, other) = (
        compile(&with("483920"), None).unwrap(),
        compile(&with("774411"), None).unwrap(),
    );
    assert!(one.to_text().unwrap().contains("483920"));
    assert!(!show(&one).unwrap().contains("483920"));
    assert!(!one.masked().unwrap().to_text().unwrap().contains("483920"));
    assert!(
        one.operations()
            .all(|operation| !operation.origin.text.contains("483920"))
    );
    assert_eq!(one.digests.content, other.digests.content);
    assert_ne!(one.digests.document, other.digests.document);
    let told = diff(&one, &other).unwrap();
    assert!(
        told.iter()
            .all(|difference| !difference.to_string().contains("4839")),
        "{told:?}"
    );
    assert!(!told.is_empty());
}

#[test]
fn what_has_no_meaning_is_refused_at_its_place() {
    let head = "[Encoding]\nType=1024,Chip\n[Fields]\nF=\n[Description]\n";
    let cases = [
        (
            "InitToken=true\n",
            "the token is to be initialised without a PUK",
        ),
        ("SetPIN=true\n", "`SetPIN` has nothing to set"),
        ("SetPIN=true\nPIN=F\n", "nothing says who may set this PIN"),
        (
            "PIN=G\nInitialPUK=F\nSetPIN=true\n",
            "the field `G` is not declared",
        ),
        (
            "ApplicationList=A\n",
            "there is no section `[Application_A]`",
        ),
        (
            "RetrieveAllTokens=true\n",
            "nothing says which field receives the list of cards",
        ),
        (
            "PIN=F\nApplicationList=A\n[Application_A]\nKeySize=77\n",
            "this is no size of an RSA key",
        ),
        (
            "InitToken=true\nInitialPUK=F\nChipProfile=x.cpf\n",
            "the card profile is not there or cannot be read",
        ),
        (
            "InitToken=true\nInitialPUK=F\nOperatorPinIsSOCredential=#true\n",
            "the operator PIN is to log in, and `Operator_Pin` is missing",
        ),
    ];
    for (body, message) in cases {
        let refused = refusals(&format!("{head}{body}"), None);
        assert!(
            refused.iter().any(|one| one == message),
            "{body}: {refused:?}"
        );
    }
}

#[test]
fn a_sketch_is_refused_once_for_each_missing_value() {
    let sketch = PROFILE.replace("SEC_PIN3 = SECRANDOM(6)", "SEC_PIN3 = ...");
    let refused = refusals(PERSONAL, Some(&sketch));
    assert_eq!(refused, ["`...` stands for a value that is still missing"]);
}

#[test]
fn doubling_values_end() {
    let mut profile = String::from("a0 = SECRANDOM(4)\n");
    for n in 1..60 {
        profile.push_str(&format!("a{n} = a{0} + a{0}\n", n - 1));
    }
    profile.push_str("PERSINFO_PUT_PROFILENAME(a59)\nPERSINFO_ENCRYPT_SEC()\nMasterFile\nEndfile\nCreateFiles()\n");
    let refused = refusals(PERSONAL, Some(&profile));
    assert!(
        refused.iter().any(|one| one.contains("too many parts")),
        "{refused:?}"
    );
}

proptest! {
    #[test]
    fn lowering_never_panics(lines in proptest::collection::vec(any_line(), 0..40), profile in proptest::collection::vec(any_statement(), 0..30)) {
        let text = lines.join("\n");
        let profile = profile.join("\n");
        let _ = compile(&text, None);
        if let Ok(plan) = compile(&text, Some(&profile)) {
            prop_assert_eq!(Plan::from_text(&plan.to_text().unwrap()).unwrap(), plan);
        }
        let known = PERSONAL.replace("[Description]", &format!("[Description]\n{text}\n[Description]"));
        let _ = compile(&known, Some(&profile));
    }

    #[test]
    fn lowering_takes_any_text(text: String, profile: String) {
        let _ = compile(&text, None);
        let _ = compile(PERSONAL, Some(&profile));
    }
}

fn any_line() -> impl Strategy<Value = String> {
    let keys: Vec<&'static str> = crate::stdlib::Key::ALL
        .iter()
        .map(|key| key.name())
        .collect();
    let values = prop_oneof![
        Just("true".to_owned()),
        Just("#true".to_owned()),
        Just("F".to_owned()),
        Just("G".to_owned()),
        Just("#1234".to_owned()),
        Just("AB".to_owned()),
        Just("2048".to_owned()),
        Just("lab.cpf".to_owned()),
        Just("!FROM_USER_DIALOG_3_FIELD".to_owned()),
        Just("!{F} x !{".to_owned()),
        Just("CKO_PUBLIC_KEY,CKA_LABEL,string,\"x\"".to_owned()),
        ".{0,12}",
    ];
    prop_oneof![
        6 => (proptest::sample::select(keys), values).prop_map(|(key, value)| format!("{key}={value}")),
        1 => proptest::sample::select(vec!["[Fields]", "F=", "G=", "[Description]", "[Application_A]", "[Application_B]", "[Encoding]", "Type=1024,Chip"]).prop_map(str::to_owned),
    ]
}

fn any_statement() -> impl Strategy<Value = String> {
    proptest::sample::select(vec![
        "MasterFile update=SO|PIN1",
        "CreateDf D id=0x5015 maxsize=auto",
        "CreateEf E id=0x5031 maxsize=auto read=PIN1&SO",
        "CreateEf E2 id=1 maxsize=99999",
        "EndDF",
        "Endfile",
        "File Static E",
        "File Dynamic E",
        "data = 0x{01 02}",
        "data = PERSINFO_SEC()",
        "data = a + 'x'",
        "a = SECRANDOM(4, 'AB')",
        "SEC_PIN3 = a",
        "a = b",
        "b = a",
        "SEC_PIN1 = ...",
        "PERSINFO_PUT_SEC(SEC_PIN3)",
        "PERSINFO_ENCRYPT_SEC()",
        "CreateFiles()",
        "BurnFuse()",
        "CreatePin PIN3 value=SEC_PIN3 ref=3 unblock=PUK",
        "CardModel 'SIEMENS50'",
        "MakeCardEraseable()",
        "CreateKey K ref=1",
        "CreateKey L ref=2 type=rsa2048 use=sign pin=PIN1 public=E",
        "0x{",
        "PERSINFO_PUT_PROFILENAME(a)",
    ])
    .prop_map(str::to_owned)
}
