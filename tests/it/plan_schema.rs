//! `docs/plan.schema.json` is what `perso plan schema` prints, and plans have that form.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::sandbox::Sandbox;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn schema() -> String {
    let (code, schema, err) = Sandbox::new().run(&["plan", "schema"]);
    assert_eq!(code, 0, "{err}");
    schema
}

/// The plans of all examples.
fn plans() -> Vec<(String, Json)> {
    let sandbox = Sandbox::new();
    let mut plans = Vec::new();
    for folder in std::fs::read_dir(root().join("examples"))
        .unwrap()
        .flatten()
    {
        let files = std::fs::read_dir(folder.path()).into_iter().flatten();
        for file in files.flatten().map(|file| file.path()) {
            if file.extension().is_some_and(|extension| extension == "dsc") {
                plans.push(plan(&sandbox, &file));
            }
        }
    }
    plans
}

fn plan(sandbox: &Sandbox, file: &Path) -> (String, Json) {
    let name = file.to_string_lossy().into_owned();
    let (code, plan, err) = sandbox.run(&["compile", &name]);
    assert_eq!(code, 0, "{name}: {err}");
    (name, serde_json::from_str(&plan).unwrap())
}

#[test]
fn the_file_is_what_the_command_prints() {
    let path = root().join("docs/plan.schema.json");
    let file = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        file == schema(),
        "write it anew: perso plan schema > docs/plan.schema.json"
    );
}

#[test]
fn the_plan_of_every_example_has_this_form_and_an_altered_one_has_not() {
    let schema: Json = serde_json::from_str(&schema()).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let plans = plans();
    assert_eq!(plans.len(), 8);
    let alter: [fn(&mut Json); 5] = [
        |plan| plan["version"] = json!("one"),
        |plan| plan["initialization"][0]["operation"] = json!("format-disk"),
        |plan| plan["initialization"][0]["undo"] = json!("perhaps"),
        |plan| {
            plan["initialization"][0]
                .as_object_mut()
                .unwrap()
                .remove("origin");
        },
        |plan| {
            plan.as_object_mut().unwrap().remove("digests");
        },
    ];
    for (name, plan) in plans {
        let problems: Vec<_> = validator.iter_errors(&plan).collect();
        assert!(problems.is_empty(), "{name}: {problems:?}");
        for (number, alter) in alter.iter().enumerate() {
            let mut altered = plan.clone();
            alter(&mut altered);
            assert!(!validator.is_valid(&altered), "{name}, alteration {number}");
        }
    }
}
