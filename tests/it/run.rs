//! `perso run` against a real module, SoftHSM; what it left on the token is looked at with
//! `pkcs11-tool` and `openssl`.

use std::path::{Path, PathBuf};
use std::process::Command;

use perso::operation::{
    Action, Algorithm, Capability, FieldEncoding, Login, Operation, OperationId, Origin, Part,
    Role, SerialForm, Slot, UndoClass, Value,
};
use perso::plan::{
    Application, ApplicationOrder, Applications, Digests, ErrorReport, FORMAT, Input, InputKind,
    Libraries, Output, Plan, PlanSource, PlanTarget, VERSION,
};

use crate::sandbox::Sandbox;
use crate::softhsm::softhsm;

const PIN: &str = "canary-pin-4711";
const PUK: &str = "canary-puk-0815";

const JOB: &str = "[fields]\nPIN = { env = 'CARD_PIN' }\nPUK = { file = 'puk.txt' }\n\
    [job]\nid = '2026-000417'\n[issuer]\nkind = 'dev-ca'\n";

fn operation(id: &str, action: Action, undo: UndoClass, requires: &[Capability]) -> Operation {
    Operation {
        id: OperationId(id.to_owned()),
        action,
        undo,
        requires: requires.to_vec(),
        origin: Origin {
            source: "card.dsc".to_owned(),
            start: 0,
            end: 9,
            line: 7,
            column: 1,
            text: "InitToken=true".to_owned(),
        },
    }
}

fn field(name: &str) -> Value {
    Value::Field {
        name: name.to_owned(),
        encoding: FieldEncoding::Text,
        secret: true,
    }
}

fn login() -> Login {
    Login {
        role: Role::User,
        credential: field("PIN"),
        officer: None,
    }
}

fn input(name: &str) -> Input {
    Input {
        field: name.to_owned(),
        kind: InputKind::Value,
        secret: true,
        encoding: FieldEncoding::Text,
        optional: false,
    }
}

fn initialise() -> Operation {
    let action = Action::Initialise {
        label: Some(Value::text("Ada")),
        puk: field("PUK"),
        pin: Some(field("PIN")),
        signature_pin: None,
        operator_pin: None,
        officer: Value::text("PUK"),
        serial: None,
        program: None,
    };
    let undo = UndoClass::Irreversible;
    operation("initialise", action, undo, &[Capability::Initialise])
}

fn key_and_certificate(algorithm: Algorithm) -> Application {
    let id = |name: &str| OperationId(name.to_owned());
    let key = Action::GenerateKeyPair {
        slot: Slot::Default,
        algorithm,
        label: "Key".to_owned(),
        login: login(),
    };
    let request = Action::SignRequest {
        key: id("A.key"),
        template: "Employee".to_owned(),
        serial: None,
    };
    let obtain = Action::ObtainCertificate {
        request: id("A.request"),
        template: "Employee".to_owned(),
    };
    let certificate = Action::WriteCertificate {
        slot: Slot::Default,
        certificate: Value::Result {
            operation: id("A.obtain"),
            part: Part::Certificate,
        },
        key: Some(id("A.key")),
        label: "Key".to_owned(),
        login: login(),
    };
    let (reading, reversible) = (UndoClass::Reading, UndoClass::Reversible);
    Application {
        name: "A".to_owned(),
        step: None,
        operations: vec![
            operation("A.key", key, reversible, &[Capability::GenerateEc]),
            operation("A.request", request, reading, &[Capability::Sign]),
            operation("A.obtain", obtain, reading, &[]),
            operation(
                "A.certificate",
                certificate,
                reversible,
                &[Capability::Certificates],
            ),
        ],
    }
}

fn plan(initialization: Vec<Operation>, list: Vec<Application>) -> Plan {
    let serial = Action::ReadSerial {
        form: SerialForm::default(),
        into: "ICCSN".to_owned(),
    };
    Plan {
        format: FORMAT.to_owned(),
        version: VERSION,
        stdlib: "0".to_owned(),
        sources: vec![PlanSource {
            name: "card.dsc".to_owned(),
            sha256: "00".repeat(32),
        }],
        target: PlanTarget::default(),
        libraries: Libraries::default(),
        requires: Vec::new(),
        inputs: vec![input("PIN"), input("PUK")],
        outputs: vec![Output {
            field: "ICCSN".to_owned(),
            secret: false,
            key: "ICCSNField".to_owned(),
        }],
        errors: ErrorReport::default(),
        initialization,
        applications: Applications {
            order: ApplicationOrder::Listed,
            list,
        },
        finalization: vec![operation("serial", serial, UndoClass::Reading, &[])],
        follow_up: Vec::new(),
        fallback_program: None,
        digests: Digests::default(),
    }
    .sealed()
    .unwrap()
}

fn whole() -> Plan {
    plan(
        vec![initialise()],
        vec![key_and_certificate(Algorithm::P256)],
    )
}

/// A folder with a plan, a job, its secrets and an empty token store.
struct Bench {
    sandbox: Sandbox,
    module: PathBuf,
}

impl Bench {
    /// `None` where SoftHSM is not installed.
    fn new(plan: &Plan, job: &str) -> Option<Self> {
        let Some(module) = softhsm() else {
            assert!(std::env::var_os("CI").is_none(), "CI needs SoftHSM");
            eprintln!("SKIPPED: SoftHSM is not installed (SOFTHSM2_MODULE names it)");
            return None;
        };
        let sandbox = Sandbox::new()
            .file("plan.json", plan.to_text().unwrap())
            .file("job.toml", job)
            .file("puk.txt", format!("{PUK}\n"))
            .file("tokens/.keep", "");
        let tokens = sandbox.path("tokens");
        let text = format!(
            "directories.tokendir = {}\nlog.level = ERROR\n",
            tokens.display()
        );
        let sandbox = sandbox.file("softhsm2.conf", text);
        private(&sandbox.path("puk.txt"));
        Some(Self { sandbox, module })
    }

    fn uri(&self, token: &str) -> String {
        format!("pkcs11:{token}?module-path={}", self.module.display())
    }

    /// Exit code, standard output and error output; no canary is in them.
    fn run(&self, token: &str, pin: &str, more: &[&str]) -> (i32, String, String) {
        let uri = self.uri(token);
        let arguments = [
            &["run", "plan.json", "--job", "job.toml", "--token", &uri],
            more,
        ]
        .concat();
        let output = self
            .sandbox
            .perso(&arguments)
            .env("SOFTHSM2_CONF", self.sandbox.path("softhsm2.conf"))
            .env("CARD_PIN", pin)
            .env("XDG_RUNTIME_DIR", self.sandbox.path("runtime"))
            .output()
            .unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(!format!("{out}{err}").contains("canary"), "{out}{err}");
        (output.status.code().unwrap(), out, err)
    }

    fn read(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.sandbox.path(name)).unwrap();
        assert!(!text.contains("canary"), "{text}");
        text
    }

    fn tool(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(self.sandbox.path(""))
            .env("SOFTHSM2_CONF", self.sandbox.path("softhsm2.conf"))
            .env("CARD_PIN", PIN)
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        let words = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {words}");
        words
    }

    fn pkcs11_tool(&self, arguments: &[&str]) -> String {
        let module = self.module.to_str().unwrap();
        let all = [&["--module", module, "--token-label", "Ada"], arguments].concat();
        self.tool("pkcs11-tool", &all)
    }
}

#[cfg(unix)]
fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
fn private(_path: &Path) {}

#[test]
fn a_card_is_made_and_other_programs_agree() {
    let Some(bench) = Bench::new(&whole(), JOB) else {
        return;
    };
    let more = ["--journal", "journal.jsonl", "--report", "report.json"];
    let (code, out, err) = bench.run("", PIN, &more);
    assert_eq!(code, 0, "{out}{err}");
    let report: serde_json::Value = serde_json::from_str(&bench.read("report.json")).unwrap();
    let steps = report["steps"].as_array().unwrap();
    assert!(
        steps.iter().all(|step| step["state"] == "done"),
        "{report:#}"
    );
    assert_eq!(report["outputs"]["ICCSN"], report["token"]["serial"]);
    let journal = bench.read("journal.jsonl");
    assert_eq!(journal.lines().count(), 6, "{journal}");

    let objects = bench.pkcs11_tool(&["--login", "--pin", "env:CARD_PIN", "-O"]);
    for class in [
        "Private Key Object",
        "Public Key Object",
        "Certificate Object",
    ] {
        assert_eq!(objects.matches(class).count(), 1, "{objects}");
    }
    assert!(objects.contains("CN=2026-000417"), "{objects}");
    let read = |class: &str, file: &str| {
        bench.pkcs11_tool(&["-r", "--type", class, "--label", "Key", "-o", file]);
    };
    read("cert", "card.der");
    read("pubkey", "key.der");
    bench.tool(
        "openssl",
        &[
            "x509", "-inform", "der", "-in", "card.der", "-pubkey", "-noout", "-out", "a.pem",
        ],
    );
    bench.tool(
        "openssl",
        &[
            "pkey", "-pubin", "-inform", "der", "-in", "key.der", "-pubout", "-out", "b.pem",
        ],
    );
    assert_eq!(bench.read("a.pem"), bench.read("b.pem"));
}

#[test]
fn a_dry_run_writes_nothing() {
    let Some(bench) = Bench::new(&whole(), JOB) else {
        return;
    };
    let (code, out, err) = bench.run("", PIN, &["--dry-run"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(
        out.contains("irreversible") && out.contains("nothing was written"),
        "{out}"
    );
    let (code, _, err) = bench.run("token=Ada", PIN, &["--dry-run"]);
    assert_eq!(code, 6, "{err}");
}

#[test]
fn a_wrong_pin_is_tried_once_and_shown_at_its_line() {
    let Some(bench) = Bench::new(&whole(), JOB) else {
        return;
    };
    assert_eq!(bench.run("", PIN, &[]).0, 0);
    let again = plan(Vec::new(), vec![key_and_certificate(Algorithm::P256)]);
    let text = again.to_text().unwrap();
    std::fs::write(bench.sandbox.path("plan.json"), text).unwrap();
    let (code, out, err) = bench.run("token=Ada", "canary-wrong", &[]);
    assert_eq!(code, 5, "{out}{err}");
    assert!(
        err.contains("CKR_PIN_INCORRECT") && err.contains("card.dsc, line 7"),
        "{err}"
    );
    assert!(out.contains("not reached"), "{out}");
}

#[test]
fn everything_is_refused_before_the_first_write() {
    let mut refused = initialise();
    refused.requires.push(Capability::BlockPin);
    let plan = plan(
        vec![refused],
        vec![key_and_certificate(Algorithm::Rsa { bits: 65520 })],
    );
    let Some(bench) = Bench::new(&plan, JOB) else {
        return;
    };
    let (code, out, err) = bench.run("", "ca", &[]);
    assert_eq!(code, 6, "{out}{err}");
    for expected in [
        "`block-pin`",
        "--skip block-pin",
        "the PIN has not",
        "not of 65520",
    ] {
        assert!(err.contains(expected), "{expected}: {err}");
    }
    let (code, out, err) = bench.run("", PIN, &["--skip", "block-pin,generate-ec", "--dry-run"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("skipped (block-pin)"), "{out}");
}

#[test]
fn a_bad_job_is_told_whole() {
    let job = "[fields]\nPiN = 'x'\nPUK = { file = 'missing.txt' }\n";
    let Some(bench) = Bench::new(&whole(), job) else {
        return;
    };
    let (code, _, err) = bench.run("", PIN, &["--field", "PIN=canary"]);
    assert_eq!(code, 2, "{err}");
    for expected in [
        "job.toml:2:7: error: the plan has no input field `PiN`",
        "did you mean `PIN`?",
        "missing.txt",
        "the field `PIN` has no value",
        "is secret and not taken from the command line",
        "4 errors",
    ] {
        assert!(err.contains(expected), "{expected}: {err}");
    }
}

#[test]
fn a_library_that_is_no_module_is_named() {
    let Some(mut bench) = Bench::new(&whole(), JOB) else {
        return;
    };
    bench.module = bench.sandbox.path("puk.txt");
    let (code, _, err) = bench.run("", PIN, &[]);
    assert_eq!(code, 6, "{err}");
    assert!(err.contains("cannot be loaded"), "{err}");
}
