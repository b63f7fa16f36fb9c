//! `--skip`: what is left out, that it is told, and that nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use getrandom::SysRng;
use perso::issuer::DevCa;
use perso::operation::{Action, Capability, Operation, OperationId};
use perso::pki::{UnixTime, Validity};
use perso::plan::{ApplicationOrder, Plan};
use perso::run::{Answers, Foreseen, NoJournal, Omission, Run, WriterLock};
use perso::secret::Secret;
use perso::token::card::{CardToken, SimulatedCard, SimulatorUri};

use crate::run::Bench;
use crate::sandbox::Sandbox;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a run of `plan` with `skip` would do, whatever else speaks against it.
fn foreseen(plan: &Plan, skip: &BTreeSet<Capability>) -> Vec<Foreseen> {
    let folder = tempfile::tempdir().unwrap();
    let uri = SimulatorUri {
        image: None,
        model: None,
    };
    let mut token = CardToken::new(Box::new(SimulatedCard::open(&uri, "a test").unwrap()));
    let validity = Validity::days_from(UnixTime::from_seconds(1_800_000_000), 30);
    let mut issuer = DevCa::new(&mut SysRng, validity, 30).unwrap();
    let mut lock = WriterLock::new(folder.path(), "skip");
    let mut fields = BTreeMap::new();
    if let ApplicationOrder::FromField { field } = &plan.applications.order {
        let all = plan.applications.list.iter().map(|one| one.name.as_str());
        fields.insert(field.clone(), Secret::from(all.collect::<String>()));
    }
    let mut run = Run {
        plan,
        job: "skip",
        serial: None,
        fields: &fields,
        answers: &Answers::default(),
        skip,
        token: &mut token,
        issuer: Some(&mut issuer),
        encrypt_pins: None,
        decrypt_pins: None,
        takes_secret_outputs: true,
        irreversible: true,
        resume: None,
        pin_state: None,
        lock: &mut lock,
        random: &mut |buffer| getrandom::fill(buffer).map_err(std::io::Error::other),
        now: &|| UnixTime::from_seconds(1_800_000_100),
        journal: &mut NoJournal,
        progress: &mut |_, _, _| {},
    };
    run.preflight().unwrap().operations
}

/// The plans of the examples, and of descriptions with the operations that no example has.
fn plans() -> Vec<(String, Plan)> {
    let here = Sandbox::new()
        .file(
            "script.dsc",
            "[Encoding]\nType=1024,Chip\nDevices=8711\n[Fields]\nAnswers=\n[Description]\n\
             PKCS11Library=cardos11.dll\nApplicationList=S\n[Application_S]\nApduFile=script.apdu\n\
             ApduResponseCodesField=Answers\n",
        )
        .file("script.apdu", "00 A4 00 00 02 3F 00\n")
        .file(
            "list.dsc",
            "[Encoding]\nType=1024,Chip\nDevices=8711\n[Fields]\nCards=\n[Description]\n\
             PKCS11Library=cardos11.dll\nRetrieveAllTokens=true\nAllTokensIccsnsField=Cards\n",
        );
    let mut sources: Vec<PathBuf> = ["help-desk.dsc", "generic.dsc"]
        .map(|name| root().join("src/lower/tests").join(name))
        .to_vec();
    sources.extend([here.path("script.dsc"), here.path("list.dsc")]);
    for example in std::fs::read_dir(root().join("examples"))
        .unwrap()
        .flatten()
    {
        let Ok(files) = std::fs::read_dir(example.path()) else {
            continue;
        };
        let files = files.flatten().map(|file| file.path());
        sources.extend(files.filter(|file| file.extension().is_some_and(|end| end == "dsc")));
    }
    let compiled = sources.into_iter().map(|source| {
        let name = source.display().to_string();
        let (code, out, err) = here.run(&["compile", &name]);
        assert_eq!(code, 0, "{name}: {err}");
        (name, Plan::from_text(&out).unwrap())
    });
    compiled.collect()
}

/// The names of operations that stand in the arguments of another one.
fn mentions(operation: &Operation, id: &OperationId) -> bool {
    // The program of a profile has results of its own.
    if matches!(operation.action, Action::Initialise { .. }) {
        return false;
    }
    let text = serde_json::to_string(&operation.action).unwrap();
    text.contains(&format!("\"{id}\""))
}

#[test]
fn every_capability_leaves_out_the_operations_that_need_it_and_no_other() {
    const PARTS: [Capability; 3] = [
        Capability::CardProfile,
        Capability::SerialNumber,
        Capability::SignatureSlot,
    ];
    let mut met = BTreeSet::new();
    for (name, plan) in plans() {
        for capability in Capability::ALL {
            let mut expected: BTreeSet<&OperationId> = BTreeSet::new();
            for operation in plan.operations() {
                let initialises = matches!(operation.action, Action::Initialise { .. });
                let needs = operation.requires.contains(&capability);
                if needs {
                    met.insert(capability);
                }
                // A key of the profile is looked for: it will not be there.
                let of_profile = capability == Capability::CardProfile
                    && plan.requires.contains(&capability)
                    && matches!(operation.action, Action::FindKeyPair { .. });
                let takes = expected.iter().any(|id| mentions(operation, id));
                let whole = needs && !(initialises && PARTS.contains(&capability));
                if whole || takes || of_profile {
                    expected.insert(&operation.id);
                }
            }
            let foreseen = foreseen(&plan, &BTreeSet::from([capability]));
            assert_eq!(foreseen.len(), plan.operations().count(), "{name}");
            let skipped: BTreeSet<&OperationId> = foreseen
                .iter()
                .filter(|one| one.left_out == Some(capability))
                .map(|one| &one.operation)
                .collect();
            assert_eq!(skipped, expected, "{name}, --skip {}", capability.word());
            let without = foreseen.iter().flat_map(|one| &one.without);
            let parts = without.copied().any(|part| match part {
                Omission::CardProfile | Omission::OperatorPin => {
                    capability != Capability::CardProfile
                }
                Omission::SerialNumber => capability != Capability::SerialNumber,
                Omission::SignaturePin => capability != Capability::SignatureSlot,
            });
            assert!(!parts, "{name}, --skip {}", capability.word());
        }
        let none = foreseen(&plan, &BTreeSet::new());
        assert!(
            none.iter()
                .all(|one| one.left_out.is_none() && one.without.is_empty()),
            "{name}"
        );
    }
    assert_eq!(met, BTreeSet::from(Capability::ALL));
}

#[test]
fn an_unknown_capability_is_told_with_the_list() {
    let here = Sandbox::new();
    let example = root().join("examples/employee-card/employee.plan.json");
    let (code, _, err) = here.run(&["run", example.to_str().unwrap(), "--skip", "card-profil"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("`--skip card-profil`"), "{err}");
    for capability in Capability::ALL {
        assert!(err.contains(capability.word()), "{err}");
    }
}

/// The example has the structure of the vendor's main one: initialisation with a profile, a serial
/// number, a certificate for a key of the profile, and a PKCS#12.
#[test]
fn a_description_for_a_card_runs_on_a_token_without_profile_and_serial_number() {
    let example = root().join("examples/employee-card");
    let plan = std::fs::read_to_string(example.join("employee.plan.json")).unwrap();
    let plan = Plan::from_text(&plan).unwrap();
    let Some(bench) = Bench::new(&plan, "") else {
        return;
    };
    let uri = format!("pkcs11:?module-path={}", bench.module.display());
    let run = |skip: &str, more: &[&str]| {
        let description = example.join("employee.dsc");
        let job = example.join("employee.job.toml");
        let arguments = [
            "run",
            description.to_str().unwrap(),
            "--job",
            job.to_str().unwrap(),
            "--token",
            &uri,
            "--skip",
            skip,
        ];
        let output = bench
            .sandbox
            .perso(&[&arguments[..], more].concat())
            .env("SOFTHSM2_CONF", bench.sandbox.path("softhsm2.conf"))
            .env("XDG_RUNTIME_DIR", bench.sandbox.path("runtime"))
            .envs([
                ("USER_PIN", "246810"),
                ("USER_PUK", "13579135"),
                ("OPERATOR_PIN", "97531975"),
                ("ENCRYPTION_PASSWORD", "archive-4711"),
            ])
            .output()
            .unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    // The serial number alone is not all that this token lacks.
    let (code, _, err) = run("serial-number", &[]);
    assert_eq!(code, 6, "{err}");
    assert!(err.contains("--skip card-profile"), "{err}");

    let (code, out, err) = run("card-profile,serial-number", &["--dry-run"]);
    assert_eq!(code, 0, "{err}");
    let without = ", without card profile, serial number, operator PIN";
    assert!(out.contains(&format!("irreversible{without}")), "{out}");

    let more = ["--report", "report.json"];
    let (code, out, err) = run("card-profile,serial-number", &more);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains(&format!("done{without}")), "{out}");
    assert_eq!(out.matches("skipped (card-profile)").count(), 4, "{out}");
    let report: serde_json::Value = serde_json::from_str(&bench.read("report.json")).unwrap();
    let steps: BTreeMap<&str, &serde_json::Value> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["operation"].as_str().unwrap(), step))
        .collect();
    assert_eq!(
        steps["initialise"]["without"],
        serde_json::json!(["card-profile", "serial-number", "operator-pin"])
    );
    assert_eq!(steps["L.key"]["state"], "skipped");
    assert_eq!(steps["L.certificate"]["capability"], "card-profile");
    assert_eq!(steps["E.pkcs12"]["state"], "done");
    assert!(steps["E.pkcs12"].get("without").is_none());
    let objects = bench.tool(
        "pkcs11-tool",
        &[
            "--module",
            bench.module.to_str().unwrap(),
            "--token-label",
            "Employee card",
            "-O",
        ],
    );
    // That of the key and the one above it.
    assert_eq!(
        objects.matches("Certificate Object").count(),
        2,
        "{objects}"
    );
}
