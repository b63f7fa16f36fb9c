//! `perso run` against a real module, SoftHSM; what it left on the token is looked at with
//! `pkcs11-tool` and `openssl`.

use std::path::{Path, PathBuf};
use std::process::Command;

use perso::operation::{
    Action, Algorithm, Capability, CertificateListMode, DialogForm, FieldEncoding, Login,
    Operation, OperationId, Origin, Part, Role, SerialForm, Slot, UndoClass, Value,
};
use perso::plan::{
    Application, ApplicationOrder, Applications, Digests, ErrorReport, FORMAT, Input, InputKind,
    Libraries, Output, Plan, PlanSource, PlanTarget, VERSION,
};

use crate::sandbox::Sandbox;
use crate::softhsm::softhsm;

pub(crate) const PIN: &str = "canary-pin-4711";
pub(crate) const PUK: &str = "canary-puk-0815";

pub(crate) const JOB: &str = "[fields]\nPIN = { env = 'CARD_PIN' }\nPUK = { file = 'puk.txt' }\n\
    [job]\nid = '2026-000417'\n[issuer]\nkind = 'dev-ca'\n";

pub(crate) fn operation(
    id: &str,
    action: Action,
    undo: UndoClass,
    requires: &[Capability],
) -> Operation {
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

pub(crate) fn field(name: &str) -> Value {
    Value::Field {
        name: name.to_owned(),
        encoding: FieldEncoding::Text,
        secret: true,
    }
}

pub(crate) fn login() -> Login {
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

pub(crate) fn initialise() -> Operation {
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
    application("A", "Key", algorithm)
}

/// A key pair, a request, a certificate: `NAME.key` … `NAME.certificate`.
pub(crate) fn application(name: &str, label: &str, algorithm: Algorithm) -> Application {
    let own = |part: &str| format!("{name}.{part}");
    let id = |part: &str| OperationId(own(part));
    let key = Action::GenerateKeyPair {
        slot: Slot::Default,
        algorithm,
        label: label.to_owned(),
        login: login(),
    };
    let request = Action::SignRequest {
        key: id("key"),
        template: "Employee".to_owned(),
        serial: None,
    };
    let obtain = Action::ObtainCertificate {
        request: id("request"),
        template: "Employee".to_owned(),
    };
    let certificate = Action::WriteCertificate {
        slot: Slot::Default,
        certificate: Value::Result {
            operation: id("obtain"),
            part: Part::Certificate,
        },
        key: Some(id("key")),
        label: label.to_owned(),
        login: login(),
    };
    let (reading, reversible) = (UndoClass::Reading, UndoClass::Reversible);
    Application {
        name: name.to_owned(),
        step: None,
        operations: vec![
            operation(
                &own("key"),
                key,
                reversible,
                &[match algorithm {
                    Algorithm::Rsa { .. } => Capability::GenerateRsa,
                    _ => Capability::GenerateEc,
                }],
            ),
            operation(&own("request"), request, reading, &[Capability::Sign]),
            operation(&own("obtain"), obtain, reading, &[]),
            operation(
                &own("certificate"),
                certificate,
                reversible,
                &[Capability::Certificates],
            ),
        ],
    }
}

pub(crate) fn plan(initialization: Vec<Operation>, list: Vec<Application>) -> Plan {
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

pub(crate) fn whole() -> Plan {
    plan(
        vec![initialise()],
        vec![key_and_certificate(Algorithm::P256)],
    )
}

/// A folder with a plan, a job, its secrets and an empty token store.
pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) module: PathBuf,
}

impl Bench {
    /// `None` where SoftHSM is not installed.
    pub(crate) fn new(plan: &Plan, job: &str) -> Option<Self> {
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

    /// Exit code, standard output and error output; no canary is in them.
    pub(crate) fn run(&self, token: &str, pin: &str, more: &[&str]) -> (i32, String, String) {
        let (code, out, err) = self.run_through(&self.module, token, pin, more, &[]);
        (code.unwrap(), out, err)
    }

    /// Runs with another module in place of the real one; a killed process has no exit code.
    pub(crate) fn run_through(
        &self,
        module: &Path,
        token: &str,
        pin: &str,
        more: &[&str],
        environment: &[(&str, &str)],
    ) -> (Option<i32>, String, String) {
        let uri = format!("pkcs11:{token}?module-path={}", module.display());
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
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(!format!("{out}{err}").contains("canary"), "{out}{err}");
        (output.status.code(), out, err)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.sandbox.path(name)).unwrap();
        assert!(!text.contains("canary"), "{text}");
        text
    }

    pub(crate) fn tool(&self, program: &str, arguments: &[&str]) -> String {
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

    pub(crate) fn pkcs11_tool(&self, arguments: &[&str]) -> String {
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
    bench.read("plan.json");

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
        err.contains("CKR_PIN_INCORRECT") && err.contains("card.dsc:7:1"),
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
    let (code, out, err) = bench.run("", PIN, &["--skip", "block-pin,generate-rsa", "--dry-run"]);
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

fn dialog(form: DialogForm, old: bool) -> Value {
    Value::Dialog {
        form,
        old,
        reader_aware: false,
    }
}

/// The PIN is asked for when the card is initialised, and logs in afterwards.
fn with_dialogs() -> Plan {
    let mut first = initialise();
    if let Action::Initialise { pin, .. } = &mut first.action {
        *pin = Some(dialog(DialogForm::NewPin, false));
    }
    first.origin.text = "PIN=!FROM_USER_DIALOG_2_FIELD".to_owned();
    let mut application = key_and_certificate(Algorithm::P256);
    for operation in &mut application.operations {
        if let Action::GenerateKeyPair { login, .. } | Action::WriteCertificate { login, .. } =
            &mut operation.action
        {
            login.credential = dialog(DialogForm::NewPin, false);
        }
    }
    let mut plan = plan(vec![first], vec![application]);
    plan.inputs.retain(|input| input.field == "PUK");
    plan.sealed().unwrap()
}

const JOB_WITHOUT_PIN: &str = "[fields]\nPUK = { file = 'puk.txt' }\n\
    [job]\nid = '2026-000417'\n[issuer]\nkind = 'dev-ca'\n";

#[test]
fn dialogs_are_answered_by_the_job() {
    let job = format!("{JOB_WITHOUT_PIN}[dialogs]\nPIN = {{ env = 'CARD_PIN' }}\n");
    let Some(bench) = Bench::new(&with_dialogs(), &job) else {
        return;
    };
    let (code, out, err) = bench.run("", PIN, &[]);
    assert_eq!(code, 0, "{out}{err}");
    bench.pkcs11_tool(&["--login", "--pin", "env:CARD_PIN", "-O"]);
}

#[test]
fn a_dialog_that_nobody_answers_is_refused_with_its_line() {
    if std::fs::File::open("/dev/tty").is_ok() {
        return;
    }
    let Some(bench) = Bench::new(&with_dialogs(), JOB_WITHOUT_PIN) else {
        return;
    };
    let (code, out, err) = bench.run("", PIN, &[]);
    assert_eq!(code, 6, "{out}{err}");
    for expected in ["line 7", "!FROM_USER_DIALOG_2_FIELD", "[dialogs] PIN = "] {
        assert!(err.contains(expected), "{expected}: {err}");
    }
}

#[test]
fn two_keys_have_certificates_that_their_issuer_signed() {
    let plan = plan(
        vec![initialise()],
        vec![
            application("A", "Rsa", Algorithm::Rsa { bits: 2048 }),
            application("B", "Ec", Algorithm::P256),
        ],
    );
    let job = format!("{JOB}certificate = 'ca.pem'\nfolder = 'ca'\n");
    // One plan, two tokens, one kept issuer.
    let mut authorities = Vec::new();
    let mut serials = Vec::new();
    let ca = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let job = job.replace("'ca'", &format!("'{}'", ca.path().join("kept").display()));
        let Some(bench) = Bench::new(&plan, &job) else {
            return;
        };
        let (code, out, err) = bench.run("", PIN, &["--report", "report.json"]);
        assert_eq!(code, 0, "{out}{err}");
        for label in ["Rsa", "Ec"] {
            bench.pkcs11_tool(&["-r", "--type", "cert", "--label", label, "-o", "c.der"]);
            let x509 = "x509 -inform der -in c.der -out c.pem";
            bench.tool("openssl", &x509.split(' ').collect::<Vec<_>>());
            bench.tool("openssl", &["verify", "-CAfile", "ca.pem", "c.pem"]);
        }
        let report: serde_json::Value = serde_json::from_str(&bench.read("report.json")).unwrap();
        serials.push(report["token"]["serial"].clone());
        authorities.push(bench.read("ca.pem"));
        bench.read("plan.json");
    }
    assert_eq!(authorities[0], authorities[1]);
    assert_ne!(serials[0], serials[1]);
}

#[test]
fn a_token_that_lacks_a_mechanism_refuses() {
    let Some(bench) = Bench::new(&whole(), JOB) else {
        return;
    };
    let path = bench.sandbox.path("softhsm2.conf");
    let text = std::fs::read_to_string(&path).unwrap();
    // SoftHSM passes over the first of the list.
    let without = "slots.mechanisms = -CKM_EC_KEY_PAIR_GEN,CKM_ECDSA\n";
    std::fs::write(&path, text + without).unwrap();
    let (code, out, err) = bench.run("", PIN, &[]);
    assert_eq!(code, 6, "{out}{err}");
    let expected = "A.key: the token cannot sign with such a key, it lacks CKM_ECDSA";
    assert!(err.contains(expected), "{err}");
}

#[test]
fn a_run_does_not_continue_another_unasked() {
    let Some(bench) = Bench::new(&whole(), JOB) else {
        return;
    };
    assert_eq!(bench.run("", PIN, &[]).0, 0);
    let again = plan(Vec::new(), vec![key_and_certificate(Algorithm::P256)]);
    std::fs::write(bench.sandbox.path("plan.json"), again.to_text().unwrap()).unwrap();
    let (code, out, err) = bench.run("token=Ada", PIN, &[]);
    assert_eq!(code, 0, "{out}{err}");
    let (code, out, err) = bench.run("token=Ada", PIN, &[]);
    assert_eq!(code, 6, "{out}{err}");
    assert!(err.contains("--resume"), "{err}");
}

#[test]
fn credentials_that_the_run_fills_need_a_file() {
    let mut plan = whole();
    plan.outputs[0].secret = true;
    let plan = plan.sealed().unwrap();
    let Some(bench) = Bench::new(&plan, JOB) else {
        return;
    };
    let (code, out, err) = bench.run("", PIN, &[]);
    assert_eq!(code, 6, "{out}{err}");
    assert!(err.contains("--secret-outputs FILE"), "{err}");
    let more = [
        "--secret-outputs",
        "secrets.json",
        "--report",
        "report.json",
    ];
    let (code, out, err) = bench.run("", PIN, &more);
    assert_eq!(code, 0, "{out}{err}");
    let secrets: serde_json::Value = serde_json::from_str(&bench.read("secrets.json")).unwrap();
    assert!(secrets["outputs"]["ICCSN"].is_string(), "{secrets:#}");
    let report: serde_json::Value = serde_json::from_str(&bench.read("report.json")).unwrap();
    assert_eq!(
        report["outputs"].as_object().unwrap().len(),
        0,
        "{report:#}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let file = std::fs::metadata(bench.sandbox.path("secrets.json")).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
}

/// A PKCS#12 with the certificate above, and a list with the same, as binary files on disk.
#[test]
fn containers_and_lists_are_written_with_what_stands_above() {
    let slot = || Slot::Default;
    let value = |name: &str, encoding, secret| Value::Field {
        name: name.to_owned(),
        encoding,
        secret,
    };
    let import = Action::ImportPkcs12 {
        slot: slot(),
        container: value("P12", FieldEncoding::Base64, true),
        password: value("PASSWORD", FieldEncoding::Text, true),
        label: "Imported".to_owned(),
        archived: false,
        login: login(),
    };
    let list = Action::WriteCertificateList {
        slot: slot(),
        list: value("LIST", FieldEncoding::Text, true),
        mode: CertificateListMode::AnyButTheFirst,
        into: Some("RESULT".to_owned()),
        login: login(),
    };
    let needs = [Capability::Certificates, Capability::ImportKey];
    let application = Application {
        name: "A".to_owned(),
        step: None,
        operations: vec![
            operation("A.pkcs12", import, UndoClass::Reversible, &needs),
            operation("A.list", list, UndoClass::Reversible, &needs),
        ],
    };
    let mut plan = plan(vec![initialise()], vec![application]);
    for (name, encoding) in [
        ("P12", FieldEncoding::Base64),
        ("PASSWORD", FieldEncoding::Text),
        ("LIST", FieldEncoding::Text),
    ] {
        plan.inputs.push(Input {
            encoding,
            ..input(name)
        });
    }
    let job = JOB.replace(
        "[job]",
        "P12 = { file = 'id.p12' }\nPASSWORD = { env = 'CARD_PIN' }\nLIST = { file = 'list' }\n[job]",
    );
    let Some(bench) = Bench::new(&plan.sealed().unwrap(), &job) else {
        return;
    };
    let openssl = |line: &str| {
        bench.tool("openssl", &line.split_whitespace().collect::<Vec<_>>());
    };
    let ec = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    openssl(&format!(
        "req -x509 {ec} -keyout ca.key -out ca.pem -subj /CN=Root -days 3"
    ));
    openssl(&format!(
        "req {ec} -keyout k.pem -out r.csr -subj /CN=Holder"
    ));
    openssl("x509 -req -in r.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out c.pem -days 3");
    openssl(
        "pkcs12 -export -inkey k.pem -in c.pem -certfile ca.pem -out id.p12 -passout env:CARD_PIN",
    );
    openssl("pkcs8 -topk8 -nocrypt -in k.pem -outform der -out k.der");
    openssl("x509 -in c.pem -outform der -out c.der");
    openssl("x509 -in ca.pem -outform der -out ca.der");
    let base64 = |name: &str| {
        use base64::Engine as _;
        let bytes = std::fs::read(bench.sandbox.path(name)).unwrap();
        base64::engine::general_purpose::STANDARD.encode(bytes)
    };
    let text = format!(
        "{},{};{};AAAA",
        base64("c.der"),
        base64("k.der"),
        base64("ca.der")
    );
    std::fs::write(bench.sandbox.path("list"), text).unwrap();
    private(&bench.sandbox.path("list"));
    private(&bench.sandbox.path("id.p12"));

    let (code, out, err) = bench.run("", PIN, &["--report", "report.json"]);
    assert_eq!(code, 0, "{out}{err}");
    let report: serde_json::Value = serde_json::from_str(&bench.read("report.json")).unwrap();
    assert_eq!(report["outputs"]["RESULT"], "ok;ok;failed", "{report:#}");
    let objects = bench.pkcs11_tool(&["--login", "--pin", "env:CARD_PIN", "-O"]);
    for (class, count) in [
        ("Private Key Object", 2),
        ("Public Key Object", 2),
        ("Certificate Object", 4),
    ] {
        assert_eq!(objects.matches(class).count(), count, "{class}: {objects}");
    }

    std::fs::write(bench.sandbox.path("list"), "AAAA").unwrap();
    std::fs::write(bench.sandbox.path("id.p12"), [0x30, 0x80, 0xff]).unwrap();
    let (code, out, err) = bench.run("token=Ada", PIN, &[]);
    assert_eq!(code, 6, "{out}{err}");
    for expected in ["A.pkcs12: ", "A.list: entry 1 of the list"] {
        assert!(err.contains(expected), "{expected}: {err}");
    }
}
