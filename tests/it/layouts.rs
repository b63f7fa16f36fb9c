//! Card layouts of stdlib and of the examples: their directories say what the plan really makes.

use std::collections::BTreeSet;
use std::path::Path;

use perso::der::pkcs15::{
    Application, DirectoryEntry, ObjectKind, Pin, PrivateKey, PublicKey, TokenInfo, decode_all,
};
use serde_json::Value as Json;

use crate::sandbox::Sandbox;

/// The operations that the profile of a description became.
struct Program(Vec<Json>);

impl Program {
    fn of(sandbox: &Sandbox, description: &str) -> Self {
        let (code, plan, err) = sandbox.run(&["compile", description]);
        assert_eq!(code, 0, "{err}");
        let plan: Json = serde_json::from_str(&plan).unwrap();
        let operations = plan["initialization"].as_array().unwrap();
        let initialise = operations.iter().find(|it| it["id"] == "initialise");
        let program = &initialise.expect("it initialises")["program"]["operations"];
        Self(program.as_array().expect("a program").clone())
    }

    fn of_kind<'p>(&'p self, kind: &'p str) -> impl Iterator<Item = &'p Json> {
        self.0.iter().filter(move |it| it["operation"] == kind)
    }

    /// The bytes that are written to a path such as `5015/4401`.
    fn file(&self, path: &str) -> Vec<u8> {
        let written = self
            .of_kind("write-file")
            .find(|it| joined(&it["path"]) == path);
        let hex = written.map_or("", |it| it["content"]["hex"].as_str().unwrap());
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    }

    fn created(&self) -> BTreeSet<String> {
        self.of_kind("create-file")
            .map(|it| joined(&it["path"]))
            .collect()
    }
}

fn joined(path: &Json) -> String {
    let ids = path.as_array().expect("a path").iter();
    let ids: Vec<_> = ids.map(|id| id.as_str().unwrap()).collect();
    ids.join("/")
}

/// A path of PKCS#15 as [`joined`] has it.
fn below_master_file(path: &perso::der::pkcs15::Path) -> String {
    let ids = path.ids().expect("whole identifiers");
    assert_eq!(ids.first(), Some(&0x3F00));
    let ids: Vec<_> = ids[1..].iter().map(|id| format!("{id:04X}")).collect();
    ids.join("/")
}

/// What software would find on the card is there.
fn look_at(program: &Program) -> Vec<ObjectKind> {
    let created = program.created();
    let applications: Vec<Application> = decode_all(&program.file("2F00")).unwrap();
    assert_eq!(applications.len(), 1);
    let info = TokenInfo::decode(&program.file("5015/5032")).unwrap();
    assert!(info.label.is_some_and(|label| !label.is_empty()));
    let directories: Vec<DirectoryEntry> = decode_all(&program.file("5015/5031")).unwrap();
    for directory in &directories {
        let path = below_master_file(&directory.path);
        assert!(created.contains(&path), "{path}");
    }
    look_at_pins(program);
    look_at_keys(program, &created);
    directories.iter().map(|directory| directory.kind).collect()
}

fn look_at_pins(program: &Program) {
    let pins: Vec<Pin> = decode_all(&program.file("5015/4401")).unwrap();
    assert!(!pins.is_empty());
    for pin in &pins {
        let made = program
            .of_kind("create-pin")
            .map(|it| &it["pin"])
            .find(|made| made["reference"] == pin.reference);
        let made = made.unwrap_or_else(|| panic!("{}", pin.common.label));
        assert!(made["min-length"].as_u64().unwrap() <= pin.min_length);
        assert!(made["max-length"].as_u64().unwrap() >= pin.max_length.unwrap());
        if let Some(by) = &pin.common.auth_id {
            let by = pins.iter().find(|other| other.auth_id == *by).unwrap();
            assert_eq!(made["unblocked-by"], by.reference);
        }
    }
}

fn look_at_keys(program: &Program, created: &BTreeSet<String>) {
    let private: Vec<PrivateKey> = decode_all(&program.file("5015/4402")).unwrap();
    let public: Vec<PublicKey> = decode_all(&program.file("5015/4403")).unwrap();
    assert_eq!(private.len(), program.of_kind("create-key").count());
    assert_eq!(private.len(), public.len());
    for (private, public) in private.iter().zip(&public) {
        let reference = private.key.reference.expect("a reference");
        let made = program
            .of_kind("create-key")
            .find(|it| it["key"]["reference"] == reference)
            .expect("the key");
        assert_eq!(private.common.label, public.common.label);
        assert_eq!(private.key.id, public.key.id);
        assert!(created.contains(&below_master_file(&private.path)));
        assert_eq!(below_master_file(&public.path), joined(&made["public"]));
    }
}

fn example(name: &str) -> String {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    examples.join(name).to_string_lossy().into_owned()
}

#[test]
fn the_employee_card_has_the_key_that_its_description_looks_for() {
    let program = Program::of(&Sandbox::new(), &example("employee-card/employee.dsc"));
    look_at(&program);
    let keys: Vec<PublicKey> = decode_all(&program.file("5015/4403")).unwrap();
    assert_eq!(keys[0].common.label, "Login");
}

#[test]
fn the_signature_card_has_a_pin_for_each_slot() {
    let program = Program::of(&Sandbox::new(), &example("signature-slot/qualified.dsc"));
    assert_eq!(look_at(&program), [ObjectKind::AuthenticationObjects]);
    let pins: Vec<Pin> = decode_all(&program.file("5015/4401")).unwrap();
    let references: Vec<_> = pins.iter().map(|pin| pin.reference).collect();
    assert_eq!(references, [1, 2, 4]);
}

#[test]
fn the_stdlib_profile_is_named_in_angle_brackets() {
    let sandbox = Sandbox::new().file(
        "card.dsc",
        "[Encoding]\nType=1024,Chip\nDevices=8711\n[Fields]\nUserPin=\nUserPuk=\n[Description]\n\
         PKCS11LibraryWindows32=C:/Program Files (x86)/Personal/bin/personal.dll\n\
         InitToken=true\nChipProfile=<pkcs15.cpf>\nInitialPUK=UserPuk\nPIN=UserPin\n\
         ClearFields=UserPin,UserPuk\n",
    );
    let (code, out, err) = sandbox.run(&["check", "--deny-warnings", "card.dsc"]);
    assert_eq!(code, 0, "{out}{err}");
    let program = Program::of(&sandbox, "card.dsc");
    assert_eq!(look_at(&program).len(), 5);
    let (_, plan, _) = sandbox.run(&["compile", "card.dsc"]);
    let plan: Json = serde_json::from_str(&plan).unwrap();
    assert_eq!(plan["sources"][1]["name"], "<pkcs15.cpf>");
    let origin = &program.0.last().unwrap()["origin"];
    assert_eq!(origin["source"], "<pkcs15.cpf>");
    assert_eq!(origin["text"], "BurnFuse()");
}

#[test]
fn stdlib_profiles_are_clean_under_every_rule() {
    let profiles = Path::new(env!("CARGO_MANIFEST_DIR")).join("stdlib/profiles");
    let profiles = profiles.to_string_lossy().into_owned();
    // They are written for perso, with what it adds to the language.
    let names: Vec<_> = perso::rules::all()
        .map(|rule| rule.name)
        .filter(|name| *name != "language-extension")
        .collect();
    let names = names.join(",");
    let (code, out, err) = Sandbox::new().run(&["check", "--error", &names, &profiles]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.starts_with("no findings in "), "{out}");
}
